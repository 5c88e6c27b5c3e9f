import Checkpoints

extension Manifest {
  /// What answers under each version's name, with those of earlier runs: a name that rows have been
  /// given stays that of what answered them, so that no other model speaks under it unseen.
  static func models(
    _ now: [String: String], behind base: Manifest?
  ) throws(RunFailure) -> [String: String] {
    let before = base?.models ?? [:]
    let changed = now.keys.sorted().filter { before[$0] != nil && before[$0] != now[$0] }
    guard changed.isEmpty else {
      let lines = changed.map { name in
        "the model's version \(name) is \(now[name] ?? ""), and answers under this name are of"
          + " \(before[name] ?? "")"
      }
      throw RunFailure(
        .final,
        lines.joined(separator: "; ")
          + ": give what is new a version's name of its own, or put back what was there")
    }
    return before.merging(now) { _, now in now }
  }
}
