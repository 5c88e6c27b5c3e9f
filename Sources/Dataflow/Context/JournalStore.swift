import Checkpoints
import Operators
import Platform
import Schemas

/// The journals of a job in a directory: files `journal/OPERATOR/INCARNATION-EPOCH-WORKER`, each
/// with the entries that one worker appended behind a barrier and before the next.
///
/// An entry counts from the checkpoint before it until a later one is committed: then the state
/// holds what it said. An incarnation replays what counts before it appends anything, so its own
/// checkpoints hold all entries of earlier ones, whatever their epochs.
struct JournalStore: Sendable {
  let files: any FileStore

  struct Name: Hashable, Comparable {
    var incarnation: UInt64
    var epoch: Epoch
    var worker: Int

    init(incarnation: UInt64, epoch: Epoch, worker: Int) {
      self.incarnation = incarnation
      self.epoch = epoch
      self.worker = worker
    }

    init?(_ text: String) {
      let parts = text.split(separator: "-")
      guard parts.count == 3, let incarnation = UInt64(parts[0]), let epoch = UInt64(parts[1]),
        let worker = Int(parts[2])
      else { return nil }
      self.init(incarnation: incarnation, epoch: Epoch(epoch), worker: worker)
    }

    var text: String { "\(incarnation)-\(epoch)-\(worker)" }

    /// Whether its entries are behind a checkpoint, so that its state does not hold them.
    func isBehind(_ checkpoint: CheckpointID) -> Bool {
      incarnation > checkpoint.incarnation
        || (incarnation == checkpoint.incarnation && epoch >= checkpoint.epoch)
    }

    static func < (a: Name, b: Name) -> Bool {
      (a.incarnation, a.epoch, a.worker) < (b.incarnation, b.epoch, b.worker)
    }
  }

  static func directory(_ id: OperatorID) -> String { "journal/\(PathName.encoded(id.name))" }

  func path(_ id: OperatorID, _ name: Name) -> String { "\(Self.directory(id))/\(name.text)" }

  func names(_ id: OperatorID) throws(FileError) -> [Name] {
    try files.list(Self.directory(id)).compactMap { Name($0) }.sorted()
  }

  func prepare(_ id: OperatorID) throws(FileError) {
    try files.createDirectory(Self.directory(id))
  }

  /// The entries behind a checkpoint that earlier incarnations left to `worker`, in order: those of
  /// the keys that it owns, and without a key those of the writers whose number comes to it. So
  /// entries of one key, and those of one writer without a key, keep their order among themselves.
  func entries(
    of id: OperatorID, behind checkpoint: CheckpointID, before incarnation: UInt64, worker: Int,
    of workers: Int
  ) throws(OperatorError) -> [[UInt8]] {
    var mine: [[UInt8]] = []
    for (name, bytes) in try contents(of: id, behind: checkpoint, before: incarnation) {
      for stored in JournalFile.entries(in: bytes) {
        guard let entry = JournalEntry(decoding: stored) else {
          throw OperatorError(
            stage: id,
            reason: "\(path(id, name)) holds an entry that this program does not know: "
              + "it was written by a newer raudal, go on with that one")
        }
        let owner = entry.keyGroup?.worker(of: workers) ?? (name.worker % workers)
        if owner == worker { mine.append(entry.bytes) }
      }
    }
    return mine
  }

  private func contents(
    of id: OperatorID, behind checkpoint: CheckpointID, before incarnation: UInt64
  ) throws(OperatorError) -> [(Name, [UInt8])] {
    do throws(FileError) {
      var contents: [(Name, [UInt8])] = []
      for name in try names(id)
      where name.isBehind(checkpoint) && name.incarnation < incarnation {
        contents.append((name, try files.read(path(id, name))))
        // The operators act on what was read, so it must not be lost, though its writer never
        // reported it.
        try files.synchronize(path(id, name))
      }
      return contents
    } catch {
      throw OperatorError(
        stage: id,
        reason: "the journal can't be read: \(error.operation) \(error.path): \(error.kind)",
        isRetriable: true)
    }
  }

  /// Removes what a committed checkpoint has made unnecessary.
  func cut(_ id: OperatorID, upTo checkpoint: CheckpointID) throws(FileError) {
    for name in try names(id) where !name.isBehind(checkpoint) {
      try files.remove(path(id, name))
    }
  }
}

/// An entry as it stands in the file: its form (1), the group of its key (2, little-endian; all
/// ones: no key), the operator's bytes.
struct JournalEntry: Hashable {
  private static let form: UInt8 = 1
  private static let noKey = UInt16.max

  var keyGroup: KeyGroup?
  var bytes: [UInt8]

  init(keyGroup: KeyGroup?, bytes: [UInt8]) {
    self.keyGroup = keyGroup
    self.bytes = bytes
  }

  /// nil if a newer program wrote it.
  init?(decoding stored: [UInt8]) {
    guard stored.count >= 3, stored[0] == Self.form else { return nil }
    let group = UInt16(stored[1]) | UInt16(stored[2]) << 8
    keyGroup = group == Self.noKey ? nil : KeyGroup(group)
    bytes = Array(stored.dropFirst(3))
  }

  /// What stands in front of the operator's bytes.
  static func head(_ keyGroup: KeyGroup?) -> [UInt8] {
    let group = keyGroup?.number ?? noKey
    return [form, UInt8(truncatingIfNeeded: group), UInt8(group >> 8)]
  }
}
