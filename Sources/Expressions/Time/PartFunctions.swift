import Columns
import Schemas

/// A part of a date or of a point in time as a zone's clocks show it: `extract`, and the functions
/// that are named after a part.
struct TimePart: ValueFunction {
  enum Part: String {
    case microsecond, millisecond, second, minute, hour, day, week, month, quarter, year, isoyear
    case dow, isodow, doy, epoch, decade, century, millennium
  }

  private let part: Part
  /// Which argument holds the values.
  private let argument: Int
  /// nil: the values are dates.
  private let zone: TimeZoneRules?
  private let isUTC: Bool
  /// Added to each part: `dayofweek` counts from 1 where `dow` does from 0.
  private let base: Int64
  private var values: UnsafePointer<Int64>?

  init(_ part: Part, argument: Int, zone: TimeZoneRules?, base: Int64 = 0) {
    self.part = part
    self.argument = argument
    self.zone = zone
    isUTC = zone === TimeZoneRules.utc
    self.base = base
  }

  mutating func prepare(_ arguments: [Column]) {
    values = UnsafePointer(arguments[argument].ints)
  }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let values else { return nil }
    let value = values[row]
    guard let zone else {
      return part == .epoch ? value * 86_400 : base + ofClock(days: value, time: 0)
    }
    if part == .epoch { return CivilCalendar.quotient(value, 1_000_000) }
    let local = isUTC ? value : zone.local(value)
    return base
      + ofClock(
        days: CivilCalendar.quotient(local, CivilCalendar.microsecondsPerDay),
        time: CivilCalendar.remainder(local, CivilCalendar.microsecondsPerDay))
  }

  private func ofClock(days: Int64, time: Int64) -> Int64 {
    switch part {
    case .microsecond: time % 1_000_000
    case .millisecond: time / 1000 % 1000
    case .second: time / 1_000_000 % 60
    case .minute: time / 60_000_000 % 60
    case .hour: time / 3_600_000_000
    default: ofCalendar(days)
    }
  }

  private func ofCalendar(_ days: Int64) -> Int64 {
    let date = CivilCalendar.date(days: days)
    switch part {
    case .day: return date.day
    case .week: return CivilCalendar.week(days: days).week
    case .month: return date.month
    case .quarter: return (date.month + 2) / 3
    case .isoyear: return CivilCalendar.week(days: days).year
    case .dow: return CivilCalendar.weekday(days: days) % 7
    case .isodow: return CivilCalendar.weekday(days: days)
    case .doy: return CivilCalendar.dayOfYear(days: days)
    case .decade: return CivilCalendar.quotient(date.year, 10)
    // There is no year 0 between the first century and the one before it, but here there is one.
    case .century: return date.year > 0 ? (date.year + 99) / 100 : (date.year - 100) / 100
    case .millennium: return date.year > 0 ? (date.year + 999) / 1000 : (date.year - 1000) / 1000
    default: return date.year
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
