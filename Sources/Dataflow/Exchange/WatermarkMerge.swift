import Schemas

/// The least watermark of several inputs: what an operator, or an exchange's receiver, may rely on.
///
/// An idle input does not hold the others; when it comes back it joins where they are, so the
/// result never goes back. If all are idle, or have ended beside idle ones, the watermark stays.
///
/// The senders of an exchange are copies of one stage, and its sources say the same on all workers:
/// they fall idle together. So an idle copy does hold the others, for the little while until they
/// are idle too; or else rows that it sends when it comes back could meet a watermark past them,
/// while the word that it is back is still on its way.
struct WatermarkMerge {
  private var times: [Timestamp]
  private var idle: [Bool]
  private(set) var time = Timestamp.beginning
  private(set) var isIdle = false
  private let areCopies: Bool

  init(inputs: Int, areCopies: Bool = false) {
    self.areCopies = areCopies
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
    var areIdle = true
    for input in times.indices where times[input] < .endOfTime {
      areIdle = areIdle && idle[input]
      if areCopies || !idle[input] { least = min(least ?? times[input], times[input]) }
    }
    let haveEnded = times.allSatisfy { $0 == .endOfTime }
    if haveEnded { least = .endOfTime }
    if (areIdle && !haveEnded) != isIdle {
      isIdle.toggle()
      change.isIdle = isIdle
    }
    if let least, least > time {
      time = least
      change.watermark = least
    }
    return change
  }
}
