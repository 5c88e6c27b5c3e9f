import Columns

/// The units of time that functions take by name.
enum TimeUnit: String {
  case microsecond, millisecond, second, minute, hour, day, week, month, quarter, year

  /// Of units of fixed length.
  var microseconds: Int64? {
    switch self {
    case .microsecond: 1
    case .millisecond: 1000
    case .second: 1_000_000
    case .minute: 60_000_000
    case .hour: 3_600_000_000
    case .day: CivilCalendar.microsecondsPerDay
    case .week: 7 * CivilCalendar.microsecondsPerDay
    case .month, .quarter, .year: nil
    }
  }

  /// Of units of the calendar.
  var months: Int64 {
    switch self {
    case .quarter: 3
    case .year: 12
    default: 1
    }
  }

  /// The start of the unit that holds a clock's time, both in microseconds as if in UTC; nil before
  /// the first time there is.
  func start(of local: Int64) -> Int64? {
    let days = CivilCalendar.quotient(local, CivilCalendar.microsecondsPerDay)
    switch self {
    case .microsecond: return local
    case .millisecond, .second, .minute, .hour, .day:
      let unit = microseconds ?? 1
      let (start, over) = local.subtractingReportingOverflow(CivilCalendar.remainder(local, unit))
      return over ? nil : start
    case .week, .month, .quarter, .year: return Self.midnight(start(ofDay: days))
    }
  }

  /// The first day of the unit, of a day at least, that holds a day.
  func start(ofDay days: Int64) -> Int64 {
    switch self {
    case .week: return days &- CivilCalendar.weekday(days: days) &+ 1
    case .month, .quarter, .year:
      let date = CivilCalendar.date(days: days)
      let month = date.month - (date.month - 1) % months
      return CivilCalendar.days(year: date.year, month: month, day: 1)
    default: return days
    }
  }

  private static func midnight(_ days: Int64) -> Int64? {
    let (micros, over) = days.multipliedReportingOverflow(by: CivilCalendar.microsecondsPerDay)
    return over ? nil : micros
  }

  /// So many units later; nil out of range.
  func adding(_ count: Int64, to micros: Int64) -> Int64? {
    if let microseconds {
      let (span, over) = count.multipliedReportingOverflow(by: microseconds)
      let (sum, carry) = micros.addingReportingOverflow(span)
      return over || carry ? nil : sum
    }
    let (monthCount, over) = count.multipliedReportingOverflow(by: months)
    let days = CivilCalendar.quotient(micros, CivilCalendar.microsecondsPerDay)
    let time = CivilCalendar.remainder(micros, CivilCalendar.microsecondsPerDay)
    guard !over, let later = CivilCalendar.adding(months: monthCount, toDays: days),
      let start = Self.midnight(later)
    else { return nil }
    let (sum, carry) = start.addingReportingOverflow(time)
    return carry ? nil : sum
  }

  /// So many units, of a day at least, behind a day; nil outside of the calendar's years.
  func adding(_ count: Int64, toDay days: Int64) -> Int64? {
    let unit = (microseconds ?? 0) / CivilCalendar.microsecondsPerDay
    let (total, over) = count.multipliedReportingOverflow(by: unit > 0 ? unit : months)
    if over { return nil }
    if unit == 0 { return CivilCalendar.adding(months: total, toDays: days) }
    let (sum, carry) = days.addingReportingOverflow(total)
    return carry ? nil : sum
  }

  /// How many whole units from one moment to another, backwards as many below zero.
  ///
  /// Of units of the calendar it is the most that `adding` may add without passing the later
  /// moment: so from the 31st the last day of a shorter month is a whole month away.
  func count(from start: Int64, to end: Int64) -> Int64 {
    if let microseconds {
      // At most 2^64: the quotient of the wide difference fits once divided by more than 1.
      let span = Int128(end) - Int128(start)
      return Int64(clamping: span / Int128(microseconds))
    }
    let (from, to) = (Self.dayAndTime(start), Self.dayAndTime(end))
    return start <= end ? count(from, to) : -count(to, from)
  }

  /// The same of days.
  func count(fromDay start: Int64, toDay end: Int64) -> Int64 {
    if let microseconds {
      let span = (Int128(end) - Int128(start)) * Int128(CivilCalendar.microsecondsPerDay)
      return Int64(clamping: span / Int128(microseconds))
    }
    return start <= end ? count((start, 0), (end, 0)) : -count((end, 0), (start, 0))
  }

  private typealias DayAndTime = (day: Int64, time: Int64)

  /// Units of the calendar, forwards.
  private func count(_ start: DayAndTime, _ end: DayAndTime) -> Int64 {
    let (from, to) = (CivilCalendar.date(days: start.day), CivilCalendar.date(days: end.day))
    var whole = (to.year - from.year) * 12 + to.month - from.month
    let day = min(from.day, CivilCalendar.length(ofMonth: to.month, year: to.year))
    if to.day < day || to.day == day && end.time < start.time { whole -= 1 }
    return whole / months
  }

  private static func dayAndTime(_ micros: Int64) -> DayAndTime {
    (
      CivilCalendar.quotient(micros, CivilCalendar.microsecondsPerDay),
      CivilCalendar.remainder(micros, CivilCalendar.microsecondsPerDay)
    )
  }
}
