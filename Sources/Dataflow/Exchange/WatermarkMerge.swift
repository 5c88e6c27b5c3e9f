import Schemas

/// The least watermark of several inputs: what an operator, or an exchange's receiver, may rely on.
///
/// An idle input does not hold the others; when it comes back it joins where they are, so the
/// result never goes back. If all are idle the watermark stays.
struct WatermarkMerge {
  private var times: [Timestamp]
  private var idle: [Bool]
  private(set) var time = Timestamp.beginning
  private(set) var isIdle = false

  init(inputs: Int) {
    times = Array(repeating: .beginning, count: inputs)
    idle = Array(repeating: false, count: inputs)
  }

  /// What an update changed for whoever listens.
  struct Change {
    var watermark: Timestamp?
    var isIdle: Bool?
  }

  mutating func update(_ input: Int, watermark: Timestamp) -> Change {
    times[input] = max(times[input], watermark)
    return recompute()
  }

  mutating func update(_ input: Int, isIdle: Bool) -> Change {
    idle[input] = isIdle
    return recompute()
  }

  private mutating func recompute() -> Change {
    var change = Change()
    var least: Timestamp?
    for input in times.indices where !idle[input] {
      least = min(least ?? times[input], times[input])
    }
    if (least == nil) != isIdle {
      isIdle = least == nil
      change.isIdle = isIdle
    }
    if let least, least > time {
      time = least
      change.watermark = least
    }
    return change
  }
}
