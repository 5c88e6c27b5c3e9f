import Columns
import Schemas

/// `extract`: a part of a date or of a point in time as a zone's clocks show it.
struct Extract: ValueFunction {
  enum Part: String {
    case microsecond, millisecond, second, minute, hour, day, week, month, quarter, year, isoyear
    case dow, isodow, doy, epoch, decade, century, millennium
  }

  private let part: Part
  /// nil: the values are dates.
  private let zone: TimeZoneRules?
  private var values: UnsafePointer<Int64>?

  init(_ part: Part, zone: TimeZoneRules?) {
    self.part = part
    self.zone = zone
  }

  mutating func prepare(_ arguments: [Column]) { values = UnsafePointer(arguments[1].ints) }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let values else { return nil }
    let value = values[row]
    guard let zone else {
      return part == .epoch ? value * 86_400 : ofClock(days: value, time: 0)
    }
    if part == .epoch { return CivilCalendar.quotient(value, 1_000_000) }
    let local = zone.local(value)
    return ofClock(
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

/// `date_ceil`: the first start of the unit that is not before a point in time.
struct DateCeil: ValueFunction {
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
    if let value = ceil(values[row]) { return value }
    frame.fail(row, .overflow(operation: "date_ceil", type: .timestamp))
    return nil
  }

  private func ceil(_ value: Int64) -> Int64? {
    let local = zone.local(value)
    guard let start = unit.start(of: local) else { return nil }
    if let length = unit.microseconds, length <= 3_600_000_000 {
      // Not through the clock's time, which is told twice when clocks go back.
      if local == start { return value }
      let (next, over) = value.addingReportingOverflow(length - (local - start))
      return over ? nil : next
    }
    if zone.moment(ofLocal: start) == value { return value }
    return unit.adding(1, to: start).flatMap { zone.moment(ofLocal: $0) }
  }
}
