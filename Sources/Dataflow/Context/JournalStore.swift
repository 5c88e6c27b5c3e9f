import Operators
import Platform
import Schemas

/// The journals of a job in a directory: files `journal/OPERATOR/ATTEMPT-EPOCH-WORKER`, each with
/// the entries that one worker appended between two barriers.
///
/// An entry counts from the checkpoint before it until a later one is committed; so the files of an
/// epoch go when a later epoch counts.
struct JournalStore: Sendable {
  let files: any FileStore

  struct Name: Hashable, Comparable {
    var attempt: Int
    var epoch: Epoch
    var worker: Int

    init(attempt: Int, epoch: Epoch, worker: Int) {
      self.attempt = attempt
      self.epoch = epoch
      self.worker = worker
    }

    init?(_ text: String) {
      let parts = text.split(separator: "-")
      guard parts.count == 3, let attempt = Int(parts[0]), let epoch = UInt64(parts[1]),
        let worker = Int(parts[2])
      else { return nil }
      self.init(attempt: attempt, epoch: Epoch(epoch), worker: worker)
    }

    var text: String { "\(attempt)-\(epoch)-\(worker)" }

    static func < (a: Name, b: Name) -> Bool {
      (a.attempt, a.epoch, a.worker) < (b.attempt, b.epoch, b.worker)
    }
  }

  static func directory(_ id: OperatorID) -> String { "journal/\(id)" }

  func path(_ id: OperatorID, _ name: Name) -> String { "\(Self.directory(id))/\(name.text)" }

  func names(_ id: OperatorID) throws(FileError) -> [Name] {
    try files.list(Self.directory(id)).compactMap { Name($0) }.sorted()
  }

  /// The entries behind a checkpoint that come to `worker`, in order: its own, and of a worker that
  /// this run has not, its share.
  func entries(
    of id: OperatorID, after epoch: Epoch, worker: Int, of workers: Int
  ) throws(FileError) -> [[UInt8]] {
    var entries: [[UInt8]] = []
    for name in try names(id) where name.epoch >= epoch && name.worker % workers == worker {
      entries += JournalFile.entries(in: try files.read(path(id, name)))
    }
    return entries
  }

  /// The number of the next attempt, above that of every file.
  func nextAttempt(_ id: OperatorID) throws(FileError) -> Int {
    try files.createDirectory(Self.directory(id))
    return (try names(id).last?.attempt ?? 0) + 1
  }

  /// Removes what a committed checkpoint has made unnecessary.
  func cut(_ id: OperatorID, before epoch: Epoch) throws(FileError) {
    for name in try names(id) where name.epoch < epoch { try files.remove(path(id, name)) }
  }
}
