import Columns
package import Schemas

/// How often and for how long windows tell results that later rows change.
package struct WindowRefreshRule: Sendable {
  /// Microseconds of event time between results of windows that are open; nil: there are none
  /// before a window closes.
  package let period: Int64?
  /// Microseconds for which a window that has closed takes rows.
  package let allowance: Int64

  /// Neither early nor late results.
  package init(period: Int64? = nil, allowance: Int64 = 0) {
    self.period = period.map { max($0, 1) }
    self.allowance = max(allowance, 0)
  }

  /// Whether results are told while windows are open.
  package var isEarly: Bool { period != nil }

  /// What gives the state of windows another meaning. How often results are told does not.
  var text: String {
    (isEarly ? ", told early" : "") + (allowance > 0 ? ", kept for \(allowance)" : "")
  }

  /// Whether time passes a moment at which open windows tell their results: a multiple of the
  /// period, shifted as the windows are, by the clock that they follow.
  package func passesMoment(_ before: Timestamp, _ after: Timestamp, offset: Int64) -> Bool {
    guard let period else { return false }
    return Self.number(before, period, offset) < Self.number(after, period, offset)
  }

  /// The last moment at or before a time.
  func lastMoment(_ time: Timestamp, offset: Int64) -> Timestamp {
    guard let period else { return time }
    let number = Self.number(time, period, offset)
    return Timestamp(microseconds: number &* period &+ offset % period)
  }

  private static func number(_ time: Timestamp, _ period: Int64, _ offset: Int64) -> Int64 {
    let distance = min(max(time.microseconds, .min / 2), .max / 2) &- offset % period
    return distance / period - (distance % period < 0 ? 1 : 0)
  }
}

extension WindowStore {
  /// Whether a watermark behind another one passes a moment at which open windows tell their
  /// results.
  package func passesMoment(_ before: Timestamp, _ after: Timestamp) -> Bool {
    configuration.refresh.passesMoment(
      grid.clockTime(before), grid.clockTime(after), offset: grid.offset)
  }

  /// The last such moment when a watermark has come, by the grid's clock.
  func lastMoment(_ watermark: Timestamp) -> Timestamp {
    configuration.refresh.lastMoment(grid.clockTime(watermark), offset: grid.offset)
  }
}
