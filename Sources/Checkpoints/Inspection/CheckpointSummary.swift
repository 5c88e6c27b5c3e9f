package import Schemas

/// A line of `raudal checkpoint list`.
package struct CheckpointSummary: Hashable, Sendable {
  package enum Status: Hashable, Sendable {
    /// It counts.
    case committed
    /// The newest: whether it counts, the marker on the sink's cluster says.
    case decidedByTransaction
    /// It counts, and there is nothing to go on with.
    case finished
    /// A later start went on from an earlier checkpoint: it does not count.
    case abandoned
    /// It cannot be read.
    case damaged(reason: String)
  }

  package var id: CheckpointID
  /// nil where it cannot be read.
  package var manifest: Manifest?
  package var status: Status

  /// Bytes that it wrote itself; the parts of earlier checkpoints it needs are not counted.
  package var ownSize: Int {
    manifest?.parts.filter { $0.id == id }.reduce(0) { $0 + $1.size } ?? 0
  }
}

extension CheckpointStore {
  /// All checkpoints of the directory, oldest first. Does not touch the lock, and changes nothing.
  package func summaries() throws(CheckpointError) -> [CheckpointSummary] {
    var manifests: [CheckpointID: Manifest] = [:]
    var reasons: [CheckpointID: String] = [:]
    var stored: [RecoveryChoice.Stored] = []
    let present = try self.manifests()
    for id in present {
      do {
        let (manifest, digest) = try manifest(id)
        manifests[id] = manifest
        stored.append(
          RecoveryChoice.Stored(manifest, digest: digest, isSettled: isSettled(id)))
      } catch { reasons[id] = "\(error)" }
    }
    // Without a damaged record the line is a guess, and better than no list.
    let newest = RecoveryChoice.newest((try? records()) ?? [], stored)
    let line = Self.line(endingIn: newest, manifests)
    return present.sorted { $0.epoch < $1.epoch }.map { id in
      let manifest = manifests[id]
      let status: CheckpointSummary.Status =
        if let reason = reasons[id] {
          .damaged(reason: reason)
        } else if !line.contains(id) {
          .abandoned
        } else if id == newest, manifest?.isDecidedByTransaction == true, !isSettled(id) {
          .decidedByTransaction
        } else {
          manifest?.isFinished == true ? .finished : .committed
        }
      return CheckpointSummary(id: id, manifest: manifest, status: status)
    }
  }

  /// Opens the checkpoint of that epoch, the newest where there are several.
  package func contents(of epoch: Epoch) throws(CheckpointError) -> CheckpointContents {
    guard let id = try manifests().last(where: { $0.epoch == epoch }) else {
      throw CheckpointError(.missing, "there is no checkpoint \(epoch) of pipeline `\(pipeline)`")
    }
    return try CheckpointContents(id, in: self)
  }

  private static func line(
    endingIn newest: CheckpointID?, _ manifests: [CheckpointID: Manifest]
  ) -> Set<CheckpointID> {
    var line: Set<CheckpointID> = []
    var next = newest
    while let id = next, line.insert(id).inserted {
      next = manifests[id]?.predecessor
    }
    return line
  }
}
