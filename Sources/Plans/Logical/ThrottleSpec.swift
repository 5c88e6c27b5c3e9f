/// How fast rows may leave `throttle`, over all workers together.
public struct ThrottleSpec: Hashable, Sendable, Codable {
  /// Rows a second, above zero.
  public var rate: Double

  public init(rate: Double) { self.rate = rate }

  /// Rows that may leave at once after a time without any: a tenth of a second's worth.
  public var burst: Int { bounded(rate / 10, most: 1 << 30) }

  /// Rows that leave in one piece where many wait: a hundredth of a second's worth.
  public var piece: Int { bounded(rate / 100, most: 1 << 30) }

  /// Rows that may wait on a worker before its sources are told to read no more: a second's worth.
  public var capacity: Int { bounded(rate, most: 65_536) }

  private func bounded(_ rows: Double, most: Int) -> Int {
    rows < Double(most) ? max(1, Int(rows)) : most
  }

  /// `throttle 500/s`, in the first unit that makes it a whole number.
  var text: String {
    for (unit, seconds) in [("s", 1.0), ("m", 60), ("h", 3_600), ("d", 86_400)] {
      let count = rate * seconds
      if count >= 1, count < 1e15, abs(count - count.rounded()) < count * 1e-12 {
        return "throttle \(Int(count.rounded()))/\(unit)"
      }
    }
    return "throttle \(rate)/s"
  }
}
