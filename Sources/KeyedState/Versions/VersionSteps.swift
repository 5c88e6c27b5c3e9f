import Columns

/// The rows of a batch in steps: versions that may be taken in together, and the look-ups that see
/// them and none that come later. Of each key they alternate in the order of the batch.
///
/// So where a key's versions and look-ups take turns a batch makes many steps, and mostly one.
struct VersionSteps {
  struct Step {
    var versions: [UInt32] = []
    var lookups: [UInt32] = []
  }

  private(set) var steps: [Step] = []

  /// `keys` has a number for each row, or `GroupTable.missing`, and `turns` a zero for each key,
  /// before and behind it. O(rows).
  init(
    _ keys: UnsafePointer<UInt32>, count: Int, turns: inout [UInt32],
    isVersion: (Int) -> Bool
  ) {
    for row in 0..<count {
      let number = UInt32(truncatingIfNeeded: row)
      guard keys[row] != GroupTable.missing else {
        if !isVersion(row) { self[0].lookups.append(number) }
        continue
      }
      let key = Int(keys[row])
      // The key's step, and a bit that says that it was looked up in it.
      let turn = turns[key]
      if isVersion(row) {
        let step = Int((turn + 1) >> 1)
        turns[key] = UInt32(step) << 1
        self[step].versions.append(number)
      } else {
        turns[key] = turn | 1
        self[Int(turn >> 1)].lookups.append(number)
      }
    }
    for row in 0..<count where keys[row] != GroupTable.missing { turns[Int(keys[row])] = 0 }
  }

  private subscript(step: Int) -> Step {
    get { steps[step] }
    _modify {
      if steps.count == step { steps.append(Step()) }
      yield &steps[step]
    }
  }
}
