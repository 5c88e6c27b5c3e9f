/// The way from what a clock shows to the moments when it shows it, for windows that follow a clock
/// over the days when it is put forward or back. All in microseconds.
extension TimeZoneRules {
  private static let second: Int64 = 1_000_000
  private static let day: Int64 = 86_400

  /// The least that a clock here shows at a moment or later: before it is put back it is that.
  package func leastLocal(from moment: Int64) -> Int64 {
    let now = local(moment)
    let seconds = CivilCalendar.quotient(moment, Self.second)
    let after = offset(at: seconds &+ Self.day)
    guard after < offset(at: seconds) else { return now }
    let change = transition(after: seconds, by: seconds &+ Self.day, to: after)
    return min(now, (change &+ after) &* Self.second)
  }

  /// The first moment when a clock here shows `local` or more.
  package func firstMoment(ofLocal local: Int64) -> Int64 {
    moment(of: local, isLast: false)
  }

  /// The first moment from which on a clock here never shows less than `local`.
  package func lastMoment(ofLocal local: Int64) -> Int64 {
    moment(of: local, isLast: true)
  }

  private func moment(of local: Int64, isLast: Bool) -> Int64 {
    let seconds = CivilCalendar.quotient(local, Self.second)
    let before = offset(at: seconds &- Self.day)
    let after = offset(at: seconds &+ Self.day)
    guard before != after else { return local &- before &* Self.second }
    let change = transition(after: seconds &- Self.day, by: seconds &+ Self.day, to: after)
    let (old, new) = (local &- before &* Self.second, local &- after &* Self.second)
    if after > before {
      // Put forward: what no clock shows is passed at the change.
      return max(min(old, change &* Self.second), new)
    }
    // Put back: shown twice between the new and the old time of the change.
    let isBefore = old < change &* Self.second
    if isLast { return new > change &* Self.second ? new : old }
    return isBefore ? old : new
  }

  /// The second from which on `offset` holds: there is one change between the two, or the last of
  /// several is found. O(log).
  private func transition(after start: Int64, by end: Int64, to offset: Int64) -> Int64 {
    var (low, high) = (start, end)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if self.offset(at: middle) == offset { high = middle } else { low = middle }
    }
    return high
  }
}
