import Checkpoints
import Platform

/// What a user can do about a damaged checkpoint: where it is, and which other one is whole.
struct DamageAdvice {
  private let store: CheckpointStore

  init(_ store: CheckpointStore) { self.store = store }

  /// O(bytes of checkpoints) for damage; all else comes back as it is. Blocks.
  func explained(_ error: any Error) -> any Error {
    guard var error = error as? CheckpointError else { return error }
    if let file = error.file, !file.hasPrefix("/"), let files = store.files as? LinuxFileStore {
      error.file = "\(files.root)/\(file)"
    }
    // With it nothing is left to be said of damage in general.
    return error.kind == .damaged ? RunFailure(.final, "\(error). \(advice)") : error
  }

  private var advice: String {
    let ids = ((try? store.manifests()) ?? []).sorted { $0.epoch < $1.epoch }
    for id in ids.reversed() {
      guard let contents = try? CheckpointContents(id, in: store),
        (try? contents.verify()) != nil
      else { continue }
      return "Bring the file back from a copy, or: `--from \(id.epoch)` goes on from checkpoint"
        + " \(id.epoch), the newest that is whole, and output committed since is written again;"
        + " `--fresh` begins anew"
    }
    return "No other checkpoint is whole: bring the file back from a copy, or begin anew with"
      + " `--fresh`, which repeats all output"
  }
}
