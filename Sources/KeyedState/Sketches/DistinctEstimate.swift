/// The improved estimate of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
/// (arXiv:1702.01284), algorithm 6: without bias over the whole range, and without tables.
enum DistinctEstimate {
  /// `counts[k]`: how many registers have the rank k; the last is the greatest rank.
  static func value(_ counts: [Double]) -> Double {
    let registers = counts.reduce(0, +)
    guard let full = counts.last, counts[0] < registers else { return 0 }
    var z = registers * tau(1 - full / registers)
    for count in counts.dropFirst().dropLast().reversed() { z = 0.5 * (z + count) }
    z += registers * sigma(counts[0] / registers)
    return registers * registers / (2 * 0.693_147_180_559_945_3 * z)
  }

  private static func sigma(_ share: Double) -> Double {
    var (x, y, z) = (share, 1.0, share)
    while true {
      x *= x
      let before = z
      z += x * y
      y += y
      if z == before { return z }
    }
  }

  private static func tau(_ share: Double) -> Double {
    guard share > 0, share < 1 else { return 0 }
    var (x, y, z) = (share, 1.0, 1 - share)
    while true {
      x = x.squareRoot()
      let before = z
      y *= 0.5
      z -= (1 - x) * (1 - x) * y
      if z == before { return z / 3 }
    }
  }
}
