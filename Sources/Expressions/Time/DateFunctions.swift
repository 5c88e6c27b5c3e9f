import Columns
import Schemas

/// A value made of a date, or of the date that a zone's clocks show.
struct DateFunction: ValueFunction {
  typealias Body = @Sendable (Int64) -> Int64?

  /// nil: the values are dates.
  private let zone: TimeZoneRules?
  private let body: Body
  private var values: UnsafePointer<Int64>?

  init(zone: TimeZoneRules?, _ body: @escaping Body) {
    self.zone = zone
    self.body = body
  }

  mutating func prepare(_ arguments: [Column]) { values = UnsafePointer(arguments[0].ints) }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let values else { return nil }
    guard let zone else { return body(values[row]) }
    return body(CivilCalendar.quotient(zone.local(values[row]), CivilCalendar.microsecondsPerDay))
  }
}

/// A name of a date's part.
struct DateName: TextFunction {
  typealias Body = @Sendable (Int64) -> StaticString

  private let zone: TimeZoneRules?
  private let body: Body
  private var values: UnsafePointer<Int64>?

  init(zone: TimeZoneRules?, _ body: @escaping Body) {
    self.zone = zone
    self.body = body
  }

  mutating func prepare(_ arguments: [Column]) { values = UnsafePointer(arguments[0].ints) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let values else { return false }
    let days =
      zone.map {
        CivilCalendar.quotient($0.local(values[row]), CivilCalendar.microsecondsPerDay)
      } ?? values[row]
    buffer.append(body(days))
    return true
  }
}

/// A date made of a date and a number; what leaves the calendar's years fails the row.
struct DateCount: ValueFunction {
  typealias Body = @Sendable (Int64, Int64) -> Int64?

  private let name: String
  private let body: Body
  private var dates: UnsafePointer<Int64>?
  private var counts: UnsafePointer<Int64>?

  init(_ name: String, _ body: @escaping Body) {
    self.name = name
    self.body = body
  }

  mutating func prepare(_ arguments: [Column]) {
    dates = UnsafePointer(arguments[0].ints)
    counts = UnsafePointer(arguments[1].ints)
  }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let dates, let counts else { return nil }
    if let day = body(dates[row], counts[row]), CivilCalendar.dayRange.contains(day) { return day }
    frame.fail(row, .overflow(operation: name, type: .date))
    return nil
  }
}

extension CivilCalendar {
  /// The days of `dateYears`.
  static let dayRange: ClosedRange<Int64> =
    days(
      year: dateYears.lowerBound, month: 1, day: 1)...days(
      year: dateYears.upperBound, month: 12, day: 31)

  /// The last day of the month of a day.
  @Sendable
  static func lastDay(days: Int64) -> Int64? {
    let date = date(days: days)
    return self.days(
      year: date.year, month: date.month, day: length(ofMonth: date.month, year: date.year))
  }

  @Sendable
  static func weekdayName(days: Int64) -> StaticString {
    let names: [StaticString] = [
      "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    return names[Int(weekday(days: days) - 1)]
  }

  @Sendable
  static func monthName(days: Int64) -> StaticString {
    let names: [StaticString] = [
      "January", "February", "March", "April", "May", "June", "July", "August", "September",
      "October", "November", "December",
    ]
    return names[Int(date(days: days).month - 1)]
  }
}

/// `make_date`: nil for a day that does not exist.
struct MakeDate: ValueFunction {
  private var parts: [UnsafePointer<Int64>] = []

  mutating func prepare(_ arguments: [Column]) {
    parts = arguments.map { UnsafePointer($0.ints) }
  }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    let (year, month, day) = (parts[0][row], parts[1][row], parts[2][row])
    guard CivilCalendar.dateYears.contains(year), (1...12).contains(month), day >= 1,
      day <= CivilCalendar.length(ofMonth: month, year: year)
    else { return nil }
    return CivilCalendar.days(year: year, month: month, day: day)
  }
}

/// `make_timestamp`: when a zone's clocks show that time of that date.
struct MakeTimestamp: ValueFunction {
  private let zone: TimeZoneRules
  private var dates: UnsafePointer<Int64>?
  private var times: UnsafePointer<Int64>?

  init(zone: TimeZoneRules) { self.zone = zone }

  mutating func prepare(_ arguments: [Column]) {
    dates = UnsafePointer(arguments[0].ints)
    times = UnsafePointer(arguments[1].ints)
  }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let dates, let times else { return nil }
    let (midnight, over) = dates[row].multipliedReportingOverflow(
      by: CivilCalendar.microsecondsPerDay)
    let (local, carry) = midnight.addingReportingOverflow(times[row])
    return over || carry ? nil : zone.moment(ofLocal: local)
  }
}
