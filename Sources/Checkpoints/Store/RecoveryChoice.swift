package import Schemas

/// From which checkpoint a run goes on, decided from what the state directory and the sink's
/// cluster say. A pure function: whoever asks has read both, the cluster after fencing earlier
/// producers.
package struct RecoveryChoice: Hashable, Sendable {
  /// What the user asked for.
  package enum Request: Hashable, Sendable {
    case resume
    /// Forget all state.
    case fresh
    /// Go on from an older checkpoint.
    case from(Epoch)
  }

  /// What the state directory holds of checkpoints.
  package struct Stored: Hashable, Sendable {
    package var id: CheckpointID
    package var lineage: String
    package var digest: String
    package var predecessor: CheckpointID?
    /// A transaction's marker says whether it counts; else it does by existing.
    package var isDecidedByTransaction: Bool
    /// Written down as counting, with all its output visible.
    package var isSettled: Bool

    package init(
      id: CheckpointID, lineage: String, digest: String, predecessor: CheckpointID?,
      isDecidedByTransaction: Bool, isSettled: Bool = false
    ) {
      self.id = id
      self.lineage = lineage
      self.digest = digest
      self.predecessor = predecessor
      self.isDecidedByTransaction = isDecidedByTransaction
      self.isSettled = isSettled
    }
  }

  /// nil: from the start.
  package var base: CheckpointID?
  /// nil: a new one begins.
  package var lineage: String?

  package init(base: CheckpointID?, lineage: String?) {
    self.base = base
    self.lineage = lineage
  }
}

extension RecoveryChoice {
  /// - Parameters:
  ///   - marker: what the cluster says; nil if it says nothing.
  ///   - hasTransaction: whether a cluster was asked: one whose marker is this pipeline's commit
  ///     point, or was before the definition changed.
  package static func make(
    _ request: Request, records: [IncarnationRecord], stored: [Stored], marker: MarkerView?,
    hasTransaction: Bool
  ) throws(CheckpointError) -> RecoveryChoice {
    switch request {
    case .fresh:
      return RecoveryChoice(base: nil, lineage: nil)
    case .from(let epoch):
      // One epoch has one manifest, unless a frozen process woke up: then the newer one is meant.
      guard let chosen = stored.last(where: { $0.id.epoch == epoch }) else {
        let known = stored.map { "\($0.id.epoch)" }.joined(separator: ", ")
        throw CheckpointError(
          .missing, "there is no checkpoint \(epoch); there are: \(known.isEmpty ? "none" : known)")
      }
      return RecoveryChoice(base: chosen.id, lineage: nil)
    case .resume:
      let directory = inDirectory(records, stored)
      if hasTransaction, !directory.rules(over: marker) {
        return try byMarker(records, stored, marker, directory)
      }
      if !hasTransaction, let undecided = directory.undecided { throw noCluster(undecided) }
      return RecoveryChoice(base: directory.newest, lineage: directory.lineage)
    }
  }

  /// The checkpoint of which only a marker can say whether it counts, where the newest is one.
  package static func undecided(_ records: [IncarnationRecord], _ stored: [Stored]) -> Stored? {
    inDirectory(records, stored).undecided
  }

  /// The newest of the line that counts, as far as the directory alone can tell.
  package static func newest(
    _ records: [IncarnationRecord], _ stored: [Stored]
  ) -> CheckpointID? { inDirectory(records, stored).newest }

  private struct Directory {
    var newest: CheckpointID?
    /// The same, where the directory still holds it.
    var last: Stored?
    /// The newest of the incarnation that counts; nil if it has made none.
    var own: Stored?
    var lineage: String?
    /// Whether the incarnation that counts has surely committed something.
    var hasCommitted = false
    var isEmpty: Bool { newest == nil }

    /// What an incarnation began from was decided then; of its own only the newest can be open,
    /// for each is made when the one before it is known to count.
    var undecided: Stored? {
      own.flatMap { $0.isDecidedByTransaction && !$0.isSettled ? $0 : nil }
    }

    /// Whether the newest counts by existing, so that the marker is one of an earlier time, when
    /// transactions decided.
    func rules(over marker: MarkerView?) -> Bool {
      guard let last, !last.isDecidedByTransaction else { return false }
      return marker.map { $0.epoch < last.id.epoch.number } ?? true
    }
  }

  /// The newest incarnation that wrote down its base rules: its own newest checkpoint counts, or
  /// else that base. What earlier ones wrote behind the base (a frozen process) does not.
  private static func inDirectory(_ records: [IncarnationRecord], _ stored: [Stored]) -> Directory {
    guard let ruling = records.last else {
      return Directory(
        newest: stored.last?.id, last: stored.last, own: stored.last, lineage: stored.last?.lineage)
    }
    let own = stored.filter { $0.id.incarnation == ruling.number }
    let committed = own.contains { $0.predecessor?.incarnation == ruling.number }
    return Directory(
      newest: own.last?.id ?? ruling.base,
      last: own.last ?? stored.last { $0.id == ruling.base }, own: own.last,
      lineage: ruling.lineage, hasCommitted: committed)
  }

  private static func byMarker(
    _ records: [IncarnationRecord], _ stored: [Stored], _ marker: MarkerView?,
    _ directory: Directory
  ) throws(CheckpointError) -> RecoveryChoice {
    if let ruling = records.last, ruling.marker == marker, !directory.hasCommitted {
      // Nothing has committed since that incarnation began: its beginning stands, whether it was a
      // first start, a recovery or the user's own choice.
      return RecoveryChoice(base: ruling.base, lineage: ruling.lineage)
    }
    guard let marker else {
      guard directory.isEmpty else { throw noMarker(directory) }
      return RecoveryChoice(base: nil, lineage: directory.lineage)
    }
    let named = stored.last { $0.id.epoch.number == marker.epoch && $0.digest == marker.digest }
    guard let named else { throw noManifest(marker, stored) }
    guard named.lineage == marker.lineage, directory.lineage ?? named.lineage == marker.lineage
    else { throw otherLineage(marker, directory) }
    return RecoveryChoice(base: named.id, lineage: named.lineage)
  }

  private static func noCluster(_ undecided: Stored) -> CheckpointError {
    let before =
      undecided.predecessor.map {
        "`--from \($0)` goes on from the checkpoint before it, and if its output was committed "
          + "that is written again; "
      } ?? ""
    return CheckpointError(
      .disagreement,
      "whether checkpoint \(undecided.id) counts is for a transaction's marker to say, and the "
        + "definition no longer names the cluster that holds it. Bring the exactly-once sink back "
        + "for one start, or: \(before)`--from \(undecided.id)` goes on from it, and if its output "
        + "was not committed that is lost; `--fresh` starts over and repeats all output")
  }

  private static func noMarker(_ directory: Directory) -> CheckpointError {
    let newest = directory.newest.map { "\($0)" } ?? "none"
    return CheckpointError(
      .disagreement,
      "the state directory holds checkpoint \(newest), but the sink's cluster knows no commit of "
        + "this pipeline: it is another cluster, or the group's offsets have expired. "
        + "`--from \(newest)` goes on from there: output that was committed after it on another "
        + "cluster is written again; `--fresh` starts over and repeats all output")
  }

  private static func noManifest(_ marker: MarkerView, _ stored: [Stored]) -> CheckpointError {
    let same = stored.last { $0.id.epoch.number == marker.epoch }
    let newest = stored.map(\.id.epoch).max()
    let found =
      if let same {
        "the state directory holds another checkpoint \(marker.epoch) (digest \(same.digest))"
      } else if let newest {
        "the state directory does not hold it; its newest is \(newest)"
      } else {
        "the state directory holds no checkpoint"
      }
    let older =
      newest.map {
        "`--from \($0)` goes on from checkpoint \($0), and output committed since is "
          + "written again; "
      } ?? ""
    let twin =
      (newest?.number ?? 0) < marker.epoch
      ? "If another instance of this pipeline runs with another state directory, end one of the "
        + "two. Else bring the state directory back, or: "
      : "Bring the state directory back, or: "
    return CheckpointError(
      .disagreement,
      "the sink's cluster says that checkpoint \(marker.epoch) is committed (lineage "
        + "\(marker.lineage), digest \(marker.digest)), but \(found). \(twin)\(older)`--fresh` "
        + "starts over and repeats all output")
  }

  private static func otherLineage(
    _ marker: MarkerView, _ directory: Directory
  ) -> CheckpointError {
    CheckpointError(
      .disagreement,
      "the sink's cluster says that checkpoint \(marker.epoch) of lineage \(marker.lineage) is "
        + "committed, but the state directory goes on with lineage \(directory.lineage ?? "none"): "
        + "two runs of this pipeline used different state directories. `--from \(marker.epoch)` "
        + "goes on from what is committed; `--fresh` starts over and repeats all output")
  }
}

extension RecoveryChoice.Stored {
  package init(_ manifest: Manifest, digest: String, isSettled: Bool) {
    self.init(
      id: manifest.id, lineage: manifest.lineage, digest: digest,
      predecessor: manifest.predecessor,
      isDecidedByTransaction: manifest.isDecidedByTransaction, isSettled: isSettled)
  }
}
