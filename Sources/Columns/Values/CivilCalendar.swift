/// The proleptic Gregorian calendar, with a year 0 and negative years (ISO 8601).
///
/// Algorithms: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
package enum CivilCalendar {
  package static let microsecondsPerSecond: Int64 = 1_000_000
  package static let microsecondsPerDay: Int64 = 86_400_000_000

  /// The years whose every microsecond fits a timestamp.
  package static let timestampYears: ClosedRange<Int64> = -290_307...294_246
  /// The years that dates take; arithmetic on them cannot overflow.
  package static let dateYears: ClosedRange<Int64> = -999_999...999_999

  /// Days since 1970-01-01. The year is in `dateYears`, the month 1…12; a day outside of the month
  /// counts on from it.
  @inline(__always)
  package static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let y = month <= 2 ? year &- 1 : year
    let era = (y >= 0 ? y : y &- 399) / 400
    let yearOfEra = y &- era &* 400
    let dayOfYear = (153 &* (month &+ (month > 2 ? -3 : 9)) &+ 2) / 5 &+ day &- 1
    let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
    return era &* 146_097 &+ dayOfEra &- 719_468
  }

  /// The date of a day since 1970-01-01. Any day of a timestamp or of `dateYears` will do.
  @inline(__always)
  package static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let z = days &+ 719_468
    let era = (z >= 0 ? z : z &- 146_096) / 146_097
    let dayOfEra = z &- era &* 146_097
    let yearOfEra =
      (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let shifted = (5 &* dayOfYear &+ 2) / 153
    let day = dayOfYear &- (153 &* shifted &+ 2) / 5 &+ 1
    let month = shifted < 10 ? shifted &+ 3 : shifted &- 9
    return (yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0), month, day)
  }

  package static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// The days of the month, 1…12.
  package static func length(ofMonth month: Int64, year: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Monday 1 … Sunday 7.
  package static func weekday(days: Int64) -> Int64 { remainder(days &+ 3, 7) &+ 1 }

  /// 1…366.
  package static func dayOfYear(days: Int64) -> Int64 {
    days &- self.days(year: date(days: days).year, month: 1, day: 1) &+ 1
  }

  /// ISO 8601's week, 1…53, and the year it belongs to.
  package static func week(days: Int64) -> (year: Int64, week: Int64) {
    let thursday = days &- weekday(days: days) &+ 4
    let year = date(days: thursday).year
    return (year, (thursday &- self.days(year: year, month: 1, day: 1)) / 7 &+ 1)
  }

  /// The day that many months later, the day of the month cut to the month's length; nil outside of
  /// `dateYears`.
  package static func adding(months: Int64, toDays days: Int64) -> Int64? {
    let from = date(days: days)
    let (total, over) = (from.year * 12 + from.month - 1).addingReportingOverflow(months)
    guard !over else { return nil }
    let year = quotient(total, 12)
    let month = remainder(total, 12) + 1
    guard dateYears.contains(year) else { return nil }
    return self.days(
      year: year, month: month, day: min(from.day, length(ofMonth: month, year: year)))
  }

  /// Division that rounds down; the divisor is positive.
  @inline(__always)
  package static func quotient(_ a: Int64, _ b: Int64) -> Int64 {
    let q = a / b
    return a % b < 0 ? q &- 1 : q
  }

  /// What `quotient` leaves: never negative.
  @inline(__always)
  package static func remainder(_ a: Int64, _ b: Int64) -> Int64 {
    let r = a % b
    return r < 0 ? r &+ b : r
  }
}
