package import Platform
import Synchronization

/// The disk of a simulated machine: what is durable, what is only written, and the faults of both.
///
/// On a crash every byte that was not synced is lost, kept or torn at a seeded place, and so is
/// every file whose name was not synced. Used on the simulation's one thread.
package final class Disk: @unchecked Sendable {
  /// How unreliable it is, in permille of operations.
  package struct Faults: Sendable {
    package var error = 0
    package var full = 0

    package init(error: Int = 0, full: Int = 0) {
      self.error = error
      self.full = full
    }
  }

  final class Entry {
    var bytes: [UInt8] = []
    /// How many of the bytes survive a crash for sure.
    var durable = 0
    var isNameDurable = false
    /// While a move is not durable: what it was called, and what the move replaced.
    var former: (path: String, replaced: Entry?)?
  }

  package var faults = Faults()
  /// How often operations have failed, and crashes have left a part of what was written.
  package private(set) var errors = 0
  package private(set) var timesFull = 0
  package private(set) var tornWrites = 0
  /// Asked before every operation that changes something.
  package var removed: (String) -> Void = { _ in }
  var files: [String: Entry] = [:]
  /// Who holds which lock.
  var locks: [String: Int] = [:]
  private var generator: SeededGenerator

  package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  package var paths: [String] { files.keys.sorted() }

  package func bytes(_ path: String) -> [UInt8]? { files[path]?.bytes }

  /// Takes a file away, as an accident would.
  package func lose(_ path: String) { files[path] = nil }

  /// Changes a byte behind everyone's back.
  package func flip(_ path: String, at index: Int) { files[path]?.bytes[index] ^= 1 }

  /// What a power failure leaves.
  package func crash() {
    for (path, entry) in files.sorted(by: { $0.key < $1.key }) {
      if !entry.isNameDurable && Bool.random(using: &generator) {
        files[path] = entry.former?.replaced
        guard let former = entry.former else { continue }
        files[former.path] = entry
      }
      entry.former = nil
      let kept = Int.random(in: entry.durable...entry.bytes.count, using: &generator)
      if kept > entry.durable && kept < entry.bytes.count { tornWrites += 1 }
      entry.bytes = Array(entry.bytes.prefix(kept))
      if kept > entry.durable && Bool.random(using: &generator) {
        entry.bytes[kept - 1] ^= 0x40
      }
      entry.durable = entry.bytes.count
      entry.isNameDurable = true
    }
  }

  func fails() -> Bool {
    let fails = chance(faults.error)
    if fails { errors += 1 }
    return fails
  }

  func isFull() -> Bool {
    let isFull = chance(faults.full)
    if isFull { timesFull += 1 }
    return isFull
  }

  private func chance(_ permille: Int) -> Bool {
    permille > 0 && Int.random(in: 0..<1000, using: &generator) < permille
  }
}

/// A process's view of a disk. Every operation that makes something durable is a numbered step at
/// which the process can be made to die, before or after the deed.
package final class FaultyFileStore: FileStore, @unchecked Sendable {
  private let disk: Disk
  private let process: SimulatedProcess

  package init(_ disk: Disk, of process: SimulatedProcess) {
    self.disk = disk
    self.process = process
  }

  package func write(_ path: String, _ bytes: [UInt8]) throws(FileError) {
    try change("write", path) { disk in
      let entry = Disk.Entry()
      entry.bytes = bytes
      disk.files[path] = entry
    }
    try synchronize(path)
  }

  package func create(_ path: String) throws(FileError) -> any AppendableFile {
    var isNew = false
    try change("create", path) { disk in
      isNew = disk.files[path] == nil
      if isNew { disk.files[path] = Disk.Entry() }
    }
    guard isNew else { throw FileError(.exists, path: path, operation: "create") }
    return FaultyFile(path: path, store: self)
  }

  package func read(_ path: String) throws(FileError) -> [UInt8] {
    try alive(path)
    guard let entry = disk.files[path] else {
      throw FileError(.notFound, path: path, operation: "read")
    }
    return entry.bytes
  }

  package func read(
    _ path: String, at offset: Int, count: Int
  ) throws(FileError) -> [UInt8] {
    Array(try read(path).dropFirst(offset).prefix(count))
  }

  package func size(of path: String) throws(FileError) -> Int { try read(path).count }

  package func exists(_ path: String) -> Bool { disk.files[path] != nil }

  package func rename(_ path: String, to newPath: String) throws(FileError) {
    _ = try read(path)
    try change("rename", path) { disk in
      let entry = disk.files.removeValue(forKey: path)
      entry?.former = (path, disk.files[newPath])
      entry?.isNameDurable = false
      disk.files[newPath] = entry
    }
    // Who dies before here leaves a name that a loss of power can take back.
    disk.files[newPath]?.isNameDurable = true
    disk.files[newPath]?.former = nil
  }

  package func remove(_ path: String) throws(FileError) {
    _ = try read(path)
    try change("remove", path) { disk in
      disk.files[path] = nil
      disk.removed(path)
    }
  }

  package func list(_ directory: String) throws(FileError) -> [String] {
    try alive(directory)
    return disk.paths.filter { $0.hasPrefix(directory + "/") }
      .map { String($0.dropFirst(directory.count + 1)) }
      .filter { !$0.contains("/") }
  }

  package func createDirectory(_ path: String) throws(FileError) { try alive(path) }

  package func lock(_ path: String) throws(FileError) {
    try alive(path)
    if let holder = disk.locks[path], holder != process.number, process.isAlive(holder) {
      throw FileError(.locked, path: path, operation: "lock")
    }
    disk.locks[path] = process.number
  }

  fileprivate func append(_ path: String, _ bytes: [UInt8]) throws(FileError) {
    try alive(path)
    if disk.isFull() {
      // A full disk takes what fits.
      disk.files[path]?.bytes += bytes.prefix(bytes.count / 2)
      throw FileError(.full, path: path, operation: "write")
    }
    disk.files[path]?.bytes += bytes
  }

  package func synchronize(_ path: String) throws(FileError) {
    try change("sync", path) { disk in
      guard let entry = disk.files[path] else { return }
      entry.durable = entry.bytes.count
      entry.isNameDurable = true
      entry.former = nil
    }
  }

  private func change(
    _ operation: String, _ path: String, _ body: (Disk) -> Void
  ) throws(FileError) {
    try alive(path)
    if disk.fails() {
      throw FileError(.other(code: 5), path: path, operation: operation)
    }
    if disk.isFull() {
      throw FileError(.full, path: path, operation: operation)
    }
    process.willMakeDurable("\(operation) \(path)")
    try alive(path)
    body(disk)
    process.didMakeDurable("\(operation) \(path)")
    try alive(path)
  }

  private func alive(_ path: String) throws(FileError) {
    if process.executor.hasCrashed {
      throw FileError(.other(code: 9), path: path, operation: "survive at")
    }
  }
}

private final class FaultyFile: AppendableFile {
  private let path: String
  private let store: FaultyFileStore

  init(path: String, store: FaultyFileStore) {
    self.path = path
    self.store = store
  }

  func append(_ bytes: [UInt8]) throws(FileError) { try store.append(path, bytes) }
  func synchronize() throws(FileError) { try store.synchronize(path) }
  func close() throws(FileError) {}
}
