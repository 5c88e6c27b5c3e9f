import Columns
import Schemas

/// A part of a date or of a point in time as a zone's clocks show it.
struct TimePart: ValueFunction {
  enum Part: String {
    case year, quarter, month, week, day, dayofyear, dayofweek, isodow, hour, minute, second
  }

  private let part: Part
  /// nil: the values are dates.
  private let zone: TimeZoneRules?
  private let isUTC: Bool
  private var values: UnsafePointer<Int64>?

  init(_ part: Part, zone: TimeZoneRules?) {
    self.part = part
    self.zone = zone
    isUTC = zone === TimeZoneRules.utc
  }

  mutating func prepare(_ arguments: [Column]) { values = UnsafePointer(arguments[0].ints) }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let values else { return nil }
    guard let zone else { return value(days: values[row], time: 0) }
    let local = isUTC ? values[row] : zone.local(values[row])
    return value(
      days: CivilCalendar.quotient(local, CivilCalendar.microsecondsPerDay),
      time: CivilCalendar.remainder(local, CivilCalendar.microsecondsPerDay))
  }

  private func value(days: Int64, time: Int64) -> Int64 {
    switch part {
    case .year: CivilCalendar.date(days: days).year
    case .quarter: (CivilCalendar.date(days: days).month + 2) / 3
    case .month: CivilCalendar.date(days: days).month
    case .week: CivilCalendar.week(days: days).week
    case .day: CivilCalendar.date(days: days).day
    case .dayofyear: CivilCalendar.dayOfYear(days: days)
    case .dayofweek: CivilCalendar.weekday(days: days) % 7 + 1
    case .isodow: CivilCalendar.weekday(days: days)
    case .hour: time / 3_600_000_000
    case .minute: time / 60_000_000 % 60
    case .second: time / 1_000_000 % 60
    }
  }
}

/// `date_trunc`: the start of the unit that holds a point in time.
struct DateTrunc: ValueFunction {
  private let unit: TimeUnit
  private let zone: TimeZoneRules
  private var values: UnsafePointer<Int64>?

  init(_ unit: TimeUnit, zone: TimeZoneRules) {
    self.unit = unit
    self.zone = zone
  }

  mutating func prepare(_ arguments: [Column]) { values = UnsafePointer(arguments[1].ints) }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let values else { return nil }
    let value = values[row]
    // What begins before the first timestamp begins, as far as timestamps tell, with it.
    if zone === TimeZoneRules.utc { return unit.start(of: value) ?? .min }
    let local = zone.local(value)
    guard let start = unit.start(of: local) else { return .min }
    if unit.microseconds.map({ $0 <= 3_600_000_000 }) ?? false {
      // Not through the clock's time, which is told twice when clocks go back.
      return value &- (local &- start)
    }
    return zone.moment(ofLocal: start) ?? .min
  }
}

/// Numbers since 1970 from points in time, and durations in larger units.
struct EpochPart: ValueFunction {
  enum Rounding { case down, towardsZero }

  private let unit: Int64
  private let rounding: Rounding
  private var values: UnsafePointer<Int64>?

  init(unit: Int64, _ rounding: Rounding) {
    self.unit = unit
    self.rounding = rounding
  }

  mutating func prepare(_ arguments: [Column]) { values = UnsafePointer(arguments[0].ints) }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let values else { return nil }
    return rounding == .down ? CivilCalendar.quotient(values[row], unit) : values[row] / unit
  }
}

/// `to_timestamp_ltz`: a number since 1970 as a point in time.
struct TimestampFromNumber: ValueFunction {
  private let unit: Int64
  private var values: UnsafePointer<Int64>?

  init(unit: Int64) { self.unit = unit }

  mutating func prepare(_ arguments: [Column]) { values = UnsafePointer(arguments[0].ints) }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let values else { return nil }
    let (micros, over) = values[row].multipliedReportingOverflow(by: unit)
    guard !over else {
      frame.fail(row, .overflow(operation: "to_timestamp_ltz", type: .timestamp))
      return nil
    }
    return micros
  }
}
