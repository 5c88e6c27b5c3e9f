package import Platform
import Synchronization

/// Files in memory, where each byte can be reached.
package final class MemoryFiles: FileStore {

  private let held = Mutex<[String: [UInt8]]>([:])
  private let locks = Mutex<Set<String>>([])

  package init() {}

  package subscript(path: String) -> [UInt8]? {
    get { held.withLock { $0[path] } }
    set { held.withLock { $0[path] = newValue } }
  }

  package var paths: [String] { held.withLock { $0.keys.sorted() } }

  package func write(_ path: String, _ bytes: [UInt8]) throws(FileError) { self[path] = bytes }

  package func synchronize(_ path: String) throws(FileError) {}

  package func create(_ path: String) throws(FileError) -> any AppendableFile {
    guard self[path] == nil else { throw FileError(.exists, path: path, operation: "create") }
    self[path] = []
    return MemoryFile(path: path, files: self)
  }

  package func read(_ path: String) throws(FileError) -> [UInt8] {
    guard let bytes = self[path] else {
      throw FileError(.notFound, path: path, operation: "read")
    }
    return bytes
  }

  package func read(_ path: String, at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    Array(try read(path).dropFirst(offset).prefix(count))
  }

  package func size(of path: String) throws(FileError) -> Int { try read(path).count }

  package func exists(_ path: String) -> Bool { self[path] != nil }

  package func rename(_ path: String, to newPath: String) throws(FileError) {
    self[newPath] = try read(path)
    self[path] = nil
  }

  package func remove(_ path: String) throws(FileError) {
    _ = try read(path)
    self[path] = nil
  }

  package func list(_ directory: String) throws(FileError) -> [String] {
    paths.filter { $0.hasPrefix(directory + "/") }.map { String($0.dropFirst(directory.count + 1)) }
  }

  package func createDirectory(_ path: String) throws(FileError) {}

  package func lock(_ path: String) throws(FileError) {
    guard locks.withLock({ $0.insert(path).inserted }) else {
      throw FileError(.locked, path: path, operation: "lock")
    }
  }
}

private final class MemoryFile: AppendableFile {
  private let path: String
  private let files: MemoryFiles

  init(path: String, files: MemoryFiles) {
    self.path = path
    self.files = files
  }

  func append(_ bytes: [UInt8]) throws(FileError) { files[path]?.append(contentsOf: bytes) }
  func synchronize() throws(FileError) {}
  func close() throws(FileError) {}
}
