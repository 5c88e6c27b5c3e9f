import Connectors
import Foundation
import Platform
import Synchronization
import Testing

/// Parts of a file sink that others take away or lose before their checkpoint is settled.
struct TakenPartTests {
  /// A process that dies once so many parts of `pending` have their names.
  private func die(_ scratch: Scratch, after count: Int, of pending: [PendingOutput]) throws {
    let store = StoppingStore(scratch.path, movesLeft: count)
    let dying = try FileSinkRun(scratch, files: store)
    try dying.sink.discardUncommitted(keeping: pending)
    do { try dying.sink.commit(pending) } catch { #expect(count < 4) }
  }

  private func takeAll(_ scratch: Scratch) throws -> [String] {
    try scratch.names.flatMap { name in
      defer { try? FileManager.default.removeItem(atPath: "\(scratch.path)/\(name)") }
      return try scratch.read(name).split(separator: "\n").map { "\($0)" }
    }
  }

  @Test(arguments: 0...4)
  func `parts that were taken away before their checkpoint was settled are not missed`(
    _ count: Int
  ) throws {
    let scratch = Scratch()
    let first = try FileSinkRun(scratch, extra: ["part_size": .int(1)])
    try first.write(["a", "b", "c", "d"])
    let pending = [try first.prepare(1)]
    var taken: [String] = []
    // Died once in the middle, and once more in the middle of what was left.
    for moves in [count, 1] {
      try die(scratch, after: moves, of: pending)
      taken += try takeAll(scratch)
    }
    let last = try FileSinkRun(scratch)
    try last.sink.discardUncommitted(keeping: pending)
    try last.sink.commit(pending)
    taken += try takeAll(scratch)
    #expect(taken == ["a", "b", "c", "d"].map { "{\"v\":\"\($0)\"}" })
    try last.sink.settle()
    #expect(scratch.hiddenNames == [])
  }

  @Test(arguments: [0, 1, 2])
  func `a part that went away long before its turn to move is missed until it may be lost`(
    _ count: Int
  ) throws {
    let scratch = Scratch()
    let first = try FileSinkRun(scratch, extra: ["part_size": .int(1)])
    try first.write(["a", "b", "c", "d"])
    let pending = [try first.prepare(1)]
    if count > 0 { try die(scratch, after: count, of: pending) }
    var taken = try takeAll(scratch)
    let waiting = try #require(scratch.hiddenNames.last { !$0.contains("-commit-") })
    try FileManager.default.removeItem(atPath: "\(scratch.path)/\(waiting)")
    for _ in 0..<2 {
      let next = try FileSinkRun(scratch)
      try next.sink.discardUncommitted(keeping: pending)
      let error = #expect(throws: ConnectorError.self) { try next.sink.commit(pending) }
      #expect(error?.kind == .gap)
    }
    taken += try takeAll(scratch)
    // What still waited is there, for whoever allows the loss.
    #expect(taken.count == 3)
  }
}

/// A folder in which no part gets its name any more once so many have: the process is as good as
/// dead.
private final class StoppingStore: FileStore, Sendable {
  private let files: LinuxFileStore
  private let movesLeft: Mutex<Int>

  init(_ path: String, movesLeft: Int) {
    files = LinuxFileStore(root: path)
    self.movesLeft = Mutex(movesLeft)
  }

  func write(_ path: String, _ bytes: [UInt8]) throws(FileError) { try files.write(path, bytes) }
  func create(_ path: String) throws(FileError) -> any AppendableFile { try files.create(path) }
  func read(_ path: String) throws(FileError) -> [UInt8] { try files.read(path) }
  func read(_ path: String, at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    try files.read(path, at: offset, count: count)
  }
  func size(of path: String) throws(FileError) -> Int { try files.size(of: path) }
  func exists(_ path: String) -> Bool { files.exists(path) }
  func rename(_ path: String, to newPath: String) throws(FileError) {
    try files.rename(path, to: newPath)
  }
  func move(_ path: String, to newPath: String) throws(FileError) {
    let isDead = movesLeft.withLock { left in
      left -= 1
      return left < 0
    }
    if isDead { throw FileError(.other(code: 5), path: newPath, operation: "move to") }
    try files.move(path, to: newPath)
  }
  func synchronize(_ path: String) throws(FileError) { try files.synchronize(path) }
  func remove(_ path: String) throws(FileError) { try files.remove(path) }
  func list(_ directory: String) throws(FileError) -> [String] { try files.list(directory) }
  func createDirectory(_ path: String) throws(FileError) { try files.createDirectory(path) }
  func lock(_ path: String) throws(FileError) { try files.lock(path) }
}
