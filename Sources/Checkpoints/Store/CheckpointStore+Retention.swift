import Schemas

/// What goes when a newer checkpoint counts.
extension CheckpointStore {
  /// Keeps the newest `keep` checkpoints of the line that ends in `committed`, and every part they
  /// need; removes all others, abandoned ones too. `committed` is known to count, and is never
  /// removed; what this incarnation writes behind it is left alone.
  ///
  /// A manifest goes before its parts, so that none is ever without. Returns what was kept, newest
  /// first.
  @discardableResult
  package func retain(
    _ keep: Int, upTo committed: CheckpointID, as incarnation: Incarnation
  ) throws(CheckpointError) -> [CheckpointID] {
    try incarnation.verify()
    let present = try manifests()
    let kept = try line(endingIn: committed, count: max(keep, 1), present: Set(present))
    let ids = Set(kept.map(\.id))
    for id in present where !ids.contains(id) && !isAhead(id, of: committed, incarnation) {
      try remove(StateLayout.manifest(id), as: incarnation)
    }
    let needed = Set(kept.flatMap { $0.parts.map(\.path) })
    for name in try list(StateLayout.parts) {
      let path = "\(StateLayout.parts)/\(name)"
      let id = StateLayout.checkpoint(inName: name, ending: StateLayout.partEnding)
      guard let id, !needed.contains(path), !isAhead(id, of: committed, incarnation) else {
        continue
      }
      try remove(path, as: incarnation)
    }
    for name in try list(StateLayout.settled) {
      // One that is half written may be about to get its name.
      guard let id = StateLayout.checkpoint(inName: name, ending: ""), !ids.contains(id),
        !isAhead(id, of: committed, incarnation)
      else { continue }
      try remove("\(StateLayout.settled)/\(name)", as: incarnation)
    }
    try removeLeftovers(oldest: kept.map(\.id.incarnation).min() ?? 0, as: incarnation)
    return kept.map(\.id)
  }

  /// The checkpoints that lead to `last`, newest first, at most `count`.
  package func line(
    endingIn last: CheckpointID, count: Int, present: Set<CheckpointID>
  ) throws(CheckpointError) -> [Manifest] {
    var line: [Manifest] = []
    var next: CheckpointID? = last
    while let id = next, line.count < count, present.contains(id) {
      let manifest = try manifest(id).manifest
      line.append(manifest)
      // A predecessor is always older; anything else is no line.
      next = manifest.predecessor.flatMap { $0.epoch < id.epoch ? $0 : nil }
    }
    return line
  }

  private func isAhead(
    _ id: CheckpointID, of committed: CheckpointID, _ incarnation: Incarnation
  ) -> Bool {
    id.incarnation == incarnation.number && id.epoch > committed.epoch
  }

  /// Half-written files, and records of incarnations that nothing refers to any more.
  private func removeLeftovers(
    oldest: UInt64, as incarnation: Incarnation
  ) throws(CheckpointError) {
    let endings = [
      StateLayout.checkpoints: StateLayout.manifestEnding, StateLayout.incarnations: "",
      StateLayout.settled: "",
    ]
    for (directory, ending) in endings {
      for name in try list(directory) where name.hasSuffix(StateLayout.temporaryEnding) {
        let id = StateLayout.checkpoint(
          inName: name, ending: ending + StateLayout.temporaryEnding)
        if id?.incarnation == incarnation.number { continue }
        try remove("\(directory)/\(name)", as: incarnation)
      }
    }
    for number in try Incarnation.numbers(files)
    where number < oldest && number < incarnation.number {
      try remove(StateLayout.incarnation(number), as: incarnation)
    }
  }
}
