/// A part of each day, by the clock of a place: from one minute until before another, which may be
/// one of the next day.
///
/// A moment is within it if what the clock shows then is: so what is skipped where clocks are put
/// forward is no part of it, and what they show twice is one twice.
package struct DailyHours: Hashable, Sendable {
  /// Minutes of the day.
  private let from: Int64
  private let until: Int64

  private static let second: Int64 = 1_000_000
  private static let minute: Int64 = 60
  private static let day: Int64 = 86_400

  /// The two are not the same time of a day, or are its beginning and its end.
  package init(from: Int, until: Int) {
    self.from = Int64(from) * Self.minute
    let end = Int64(until) * Self.minute
    self.until = from == 0 ? end : end % Self.day
  }

  /// Whether a moment, in microseconds, is within the hours.
  package func contain(_ moment: Int64, in zone: TimeZoneRules) -> Bool {
    let seconds = CivilCalendar.quotient(moment, Self.second)
    return contain(local: seconds &+ zone.offset(at: seconds))
  }

  private func contain(local: Int64) -> Bool {
    let time = Self.ofDay(local)
    return from < until ? from <= time && time < until : from <= time || time < until
  }

  private static func ofDay(_ seconds: Int64) -> Int64 { (seconds % day + day) % day }

  /// The first moment behind this one at which they begin or end. O(log) for each change of the
  /// zone's offset on the way.
  package func nextChange(after moment: Int64, in zone: TimeZoneRules) -> Int64 {
    let isWithin = contain(moment, in: zone)
    var seconds = CivilCalendar.quotient(moment, Self.second)
    while true {
      let offset = zone.offset(at: seconds)
      let next = seconds &+ Self.distance(from: seconds &+ offset, to: isWithin ? until : from)
      guard let change = Self.firstChange(of: zone, after: seconds, by: next) else {
        return next &* Self.second
      }
      if contain(local: change &+ zone.offset(at: change)) != isWithin {
        return change &* Self.second
      }
      seconds = change
    }
  }

  /// Seconds until a clock that goes on as it does shows a time of the day.
  private static func distance(from local: Int64, to time: Int64) -> Int64 {
    let distance = ofDay(time &- ofDay(local))
    return distance == 0 ? day : distance
  }

  /// The first second behind one, up to another a day later at most, at which a zone's offset is
  /// another; there is one at most.
  private static func firstChange(
    of zone: TimeZoneRules, after start: Int64, by end: Int64
  ) -> Int64? {
    let offset = zone.offset(at: start)
    guard zone.offset(at: end) != offset else { return nil }
    var (low, high) = (start, end)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if zone.offset(at: middle) == offset { low = middle } else { high = middle }
    }
    return high
  }
}
