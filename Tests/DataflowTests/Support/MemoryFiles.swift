import Platform
import Synchronization

/// Files in memory; what was not synchronised is lost at a crash.
final class MemoryFiles: FileStore {
  private struct Contents {
    var files: [String: [UInt8]] = [:]
    var synchronized: [String: Int] = [:]
  }

  private let contents = Mutex(Contents())

  /// Forgets what was not made durable.
  func crash() {
    contents.withLock { contents in
      for (path, bytes) in contents.files {
        contents.files[path] = Array(bytes.prefix(contents.synchronized[path] ?? 0))
      }
    }
  }

  var paths: [String] { contents.withLock { $0.files.keys.sorted() } }

  func write(_ path: String, _ bytes: [UInt8]) throws(FileError) {
    contents.withLock {
      $0.files[path] = bytes
      $0.synchronized[path] = bytes.count
    }
  }

  func create(_ path: String) throws(FileError) -> any AppendableFile {
    let isNew = contents.withLock { $0.files.updateValue([], forKey: path) == nil }
    guard isNew else { throw FileError(.exists, path: path, operation: "create") }
    return File(store: self, path: path)
  }

  func read(_ path: String) throws(FileError) -> [UInt8] {
    guard let bytes = contents.withLock({ $0.files[path] }) else {
      throw FileError(.notFound, path: path, operation: "read")
    }
    return bytes
  }

  func read(_ path: String, at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    Array(try read(path).dropFirst(offset).prefix(count))
  }

  func size(of path: String) throws(FileError) -> Int { try read(path).count }

  func exists(_ path: String) -> Bool { contents.withLock { $0.files[path] != nil } }

  func synchronize(_ path: String) throws(FileError) {
    contents.withLock { $0.synchronized[path] = $0.files[path]?.count }
  }

  func rename(_ path: String, to newPath: String) throws(FileError) {
    contents.withLock { $0.files[newPath] = $0.files.removeValue(forKey: path) }
  }

  func remove(_ path: String) throws(FileError) {
    contents.withLock { $0.files[path] = nil }
  }

  func list(_ directory: String) throws(FileError) -> [String] {
    contents.withLock { contents in
      contents.files.keys.filter { $0.hasPrefix(directory + "/") }
        .map { String($0.dropFirst(directory.count + 1)) }.sorted()
    }
  }

  func createDirectory(_ path: String) throws(FileError) {}
  func lock(_ path: String) throws(FileError) {}

  private final class File: AppendableFile {
    let store: MemoryFiles
    let path: String

    init(store: MemoryFiles, path: String) {
      self.store = store
      self.path = path
    }

    func append(_ bytes: [UInt8]) throws(FileError) {
      store.contents.withLock { $0.files[path, default: []] += bytes }
    }

    func synchronize() throws(FileError) {
      store.contents.withLock { $0.synchronized[path] = $0.files[path]?.count ?? 0 }
    }

    func close() throws(FileError) {}
  }
}
