import Checkpoints
import Schemas

/// What a start has read of its state directory before it decides.
struct DirectoryKnowledge {
  private var stored: [RecoveryChoice.Stored] = []
  private var damaged: [(id: CheckpointID, error: CheckpointError)] = []
  private var records: [IncarnationRecord] = []

  /// Damage is fatal only where it could have decided: what the user has chosen stands without.
  init(_ store: CheckpointStore, _ request: RecoveryChoice.Request) throws(CheckpointError) {
    for id in try store.manifests() {
      do {
        let (manifest, digest) = try store.manifest(id)
        stored.append(
          RecoveryChoice.Stored(manifest, digest: digest, isSettled: store.isSettled(id)))
      } catch {
        if error.kind == .foreign { throw error }
        damaged.append((id, error))
      }
    }
    if request == .resume { records = try store.records() }
  }

  /// The newest checkpoint, if only a marker can say whether it counts.
  var undecided: RecoveryChoice.Stored? { RecoveryChoice.undecided(records, stored) }

  /// Decides what counts. A damaged manifest stops a start that it could have decided.
  func choose(
    _ request: RecoveryChoice.Request, _ marker: MarkerView?, hasTransaction: Bool
  ) throws(CheckpointError) -> RecoveryChoice {
    do throws(CheckpointError) {
      let choice = try RecoveryChoice.make(
        request, records: records, stored: stored, marker: marker, hasTransaction: hasTransaction)
      guard request == .resume, !hasTransaction || marker == nil else { return choice }
      let newer = damaged.last {
        $0.id.epoch > choice.base?.epoch ?? Epoch(0) || choice.base == nil
      }
      if let newer { throw newer.error }
      return choice
    } catch {
      if request == .resume, let first = damaged.last { throw first.error }
      throw error
    }
  }
}
