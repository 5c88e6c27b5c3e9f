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

    package init(id: CheckpointID, lineage: String, digest: String, predecessor: CheckpointID?) {
      self.id = id
      self.lineage = lineage
      self.digest = digest
      self.predecessor = predecessor
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
  ///   - hasTransaction: whether a cluster's marker is this pipeline's commit point.
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
      guard hasTransaction else {
        return RecoveryChoice(base: directory.newest, lineage: directory.lineage)
      }
      return try byMarker(records, stored, marker, directory)
    }
  }

  private struct Directory {
    var newest: CheckpointID?
    var lineage: String?
    /// Whether the incarnation that counts has surely committed something.
    var hasCommitted = false
    var isEmpty: Bool { newest == nil }
  }

  /// The newest incarnation that wrote down its base rules: its own newest checkpoint counts, or
  /// else that base. What earlier ones wrote behind the base (a frozen process) does not.
  private static func inDirectory(_ records: [IncarnationRecord], _ stored: [Stored]) -> Directory {
    guard let ruling = records.last else {
      return Directory(newest: stored.last?.id, lineage: stored.last?.lineage)
    }
    let own = stored.filter { $0.id.incarnation == ruling.number }
    let committed = own.contains { $0.predecessor?.incarnation == ruling.number }
    return Directory(
      newest: own.last?.id ?? ruling.base, lineage: ruling.lineage, hasCommitted: committed)
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
    return CheckpointError(
      .disagreement,
      "the sink's cluster says that checkpoint \(marker.epoch) is committed (lineage "
        + "\(marker.lineage), digest \(marker.digest)), but \(found). Bring the state directory "
        + "back, or: \(older)`--fresh` starts over and repeats all output")
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
