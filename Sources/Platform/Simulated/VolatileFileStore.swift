import Synchronization

/// Files in memory, gone with the process: for runs whose state nobody will ask for again.
///
/// It has one user at a time, so a lock is always granted.
package final class VolatileFileStore: FileStore {
  private let files = Mutex<[String: [UInt8]]>([:])

  package init() {}

  package func write(_ path: String, _ bytes: [UInt8]) throws(FileError) {
    files.withLock { $0[path] = bytes }
  }

  package func synchronize(_ path: String) throws(FileError) {}

  package func create(_ path: String) throws(FileError) -> any AppendableFile {
    let isNew = files.withLock { files in
      guard files[path] == nil else { return false }
      files[path] = []
      return true
    }
    guard isNew else { throw FileError(.exists, path: path, operation: "create") }
    return VolatileFile { bytes in self.files.withLock { $0[path]?.append(contentsOf: bytes) } }
  }

  package func read(_ path: String) throws(FileError) -> [UInt8] {
    guard let bytes = files.withLock({ $0[path] }) else {
      throw FileError(.notFound, path: path, operation: "read")
    }
    return bytes
  }

  package func read(_ path: String, at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    Array(try read(path).dropFirst(offset).prefix(count))
  }

  package func size(of path: String) throws(FileError) -> Int { try read(path).count }

  package func exists(_ path: String) -> Bool { files.withLock { $0[path] != nil } }

  package func rename(_ path: String, to newPath: String) throws(FileError) {
    let isDone = files.withLock { files in
      guard let bytes = files.removeValue(forKey: path) else { return false }
      files[newPath] = bytes
      return true
    }
    guard isDone else { throw FileError(.notFound, path: path, operation: "rename") }
  }

  package func remove(_ path: String) throws(FileError) {
    guard files.withLock({ $0.removeValue(forKey: path) }) != nil else {
      throw FileError(.notFound, path: path, operation: "remove")
    }
  }

  package func list(_ directory: String) throws(FileError) -> [String] {
    let start = directory.isEmpty ? "" : directory + "/"
    let names = files.withLock { files in
      files.keys.filter { $0.hasPrefix(start) }
        .compactMap { $0.dropFirst(start.count).split(separator: "/").first.map(String.init) }
    }
    return Set(names).sorted()
  }

  package func createDirectory(_ path: String) throws(FileError) {}

  package func lock(_ path: String) throws(FileError) {}
}

private final class VolatileFile: AppendableFile {
  private let add: @Sendable ([UInt8]) -> Void

  init(_ add: @escaping @Sendable ([UInt8]) -> Void) { self.add = add }

  func append(_ bytes: [UInt8]) throws(FileError) { add(bytes) }
  func synchronize() throws(FileError) {}
  func close() throws(FileError) {}
}
