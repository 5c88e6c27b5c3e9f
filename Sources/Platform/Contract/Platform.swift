package import Schemas

/// The clocks.
package protocol Clock: Sendable {
  /// Wall time.
  func now() -> Timestamp
  /// Nanoseconds that only grow, from an arbitrary zero.
  func monotonic() -> UInt64
  /// The same as of the system's last tick, some milliseconds ago at most, for a third of the cost:
  /// to find out by sampling where time goes.
  func tick() -> UInt64
}

extension Clock {
  package func tick() -> UInt64 { monotonic() }
}

/// Threads that may wait, apart from the workers. Jobs of one lane run one after the other, in
/// order; lanes run beside each other.
package protocol BackgroundLanes: AnyObject, Sendable {
  func submit(_ lane: LaneName, _ job: @escaping @Sendable () -> Void)
}

package struct LaneName: Hashable, Sendable {
  package enum Kind: Hashable, Sendable, CaseIterable {
    /// Starts, checkpoints, commits, output: its jobs end, and nothing goes on without them.
    case control
    /// Waits for input, perhaps for ever. However many such lanes there are, those of `control`
    /// don't wait behind them.
    case input
  }

  package var name: String
  package var kind: Kind

  package init(_ name: String, _ kind: Kind = .control) {
    self.name = name
    self.kind = kind
  }
}

/// Rings a sleeping worker. Any thread may call it; it never waits.
package protocol Wake: AnyObject, Sendable {
  func wake()
}

/// Files below one directory, by relative path. All calls block, and so belong on a lane.
package protocol FileStore: AnyObject, Sendable {
  /// Creates or replaces a file with these bytes and makes them durable. Not atomic: write under
  /// another name and `rename`.
  func write(_ path: String, _ bytes: [UInt8]) throws(FileError)
  /// Opens a new file for appending. Fails if it exists.
  func create(_ path: String) throws(FileError) -> any AppendableFile
  func read(_ path: String) throws(FileError) -> [UInt8]
  /// At most `count` bytes from byte `offset` on; fewer only at the end of the file.
  func read(_ path: String, at offset: Int, count: Int) throws(FileError) -> [UInt8]
  /// Bytes in the file.
  func size(of path: String) throws(FileError) -> Int
  func exists(_ path: String) -> Bool
  /// Moves atomically within the store, replacing, and makes the move durable.
  func rename(_ path: String, to newPath: String) throws(FileError)
  /// The same, but fails with `exists` if the new path names something.
  func move(_ path: String, to newPath: String) throws(FileError)
  /// Makes durable what a file and its name are now, whoever wrote them: before something rests on
  /// the work of a process that may have died before it could.
  func synchronize(_ path: String) throws(FileError)
  func remove(_ path: String) throws(FileError)
  /// Names in a directory, sorted; empty if it does not exist.
  func list(_ directory: String) throws(FileError) -> [String]
  func createDirectory(_ path: String) throws(FileError)
  /// Takes the store for this process alone until the process ends; fails if another has it.
  func lock(_ path: String) throws(FileError)
}

extension FileStore {
  /// Where nobody else writes.
  package func move(_ path: String, to newPath: String) throws(FileError) {
    if exists(newPath) { throw FileError(.exists, path: newPath, operation: "move to") }
    try rename(path, to: newPath)
  }
}

package protocol AppendableFile: AnyObject, Sendable {
  func append(_ bytes: [UInt8]) throws(FileError)
  /// Makes all that was appended durable, and the file's name with it. Another thread may append
  /// meanwhile; a file that nobody holds is closed.
  func synchronize() throws(FileError)
  func close() throws(FileError)
}

/// What a file operation ran into.
package struct FileError: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case notFound, exists, full, denied, locked
    /// A file stands where a directory is needed.
    case notDirectory
    case other(code: Int32)
  }

  package var kind: Kind
  /// Of a real file system the absolute path.
  package var path: String
  package var operation: String

  package init(_ kind: Kind, path: String, operation: String) {
    self.kind = kind
    self.path = path
    self.operation = operation
  }
}
