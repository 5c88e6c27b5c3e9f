/// When a checkpoint must hold everything anew, and which earlier parts it still needs otherwise.
package enum DeltaPolicy {
  /// Deltas behind one base.
  package static let longestChain = 10

  /// Whether the next checkpoint after one with these parts must be full: after ten deltas, or when
  /// the deltas have grown as large as their base.
  package static func needsFull(after parts: [PartReference]) -> Bool {
    let epochs = Set(parts.map(\.id.epoch))
    guard let first = epochs.min() else { return false }
    let base = parts.filter { $0.id.epoch == first }.reduce(0) { $0 + $1.size }
    let all = parts.reduce(0) { $0 + $1.size }
    return epochs.count > longestChain || (epochs.count > 1 && all >= 2 * base)
  }

  /// Of the earlier parts those that new ones do not replace, then the new ones. A part is replaced
  /// when each of its operators has a newer full snapshot from the same worker.
  package static func chain(
    _ earlier: [PartReference], _ new: [PartReference]
  ) -> [PartReference] {
    let kept = earlier.enumerated().filter { index, part in
      let later = (earlier[(index + 1)...] + new).filter { $0.worker == part.worker }
      return part.operators.contains { entry in
        !later.contains { $0.operators.contains { $0.id == entry.id && !$0.isDelta } }
      }
    }
    return kept.map(\.element) + new
  }
}
