import Columns
import Schemas

/// `timestampadd`, of a date or a point in time.
struct UnitSum: ValueFunction {
  private let unit: TimeUnit
  private let isOfDate: Bool
  private var counts: UnsafePointer<Int64>?
  private var values: UnsafePointer<Int64>?

  init(_ unit: TimeUnit, isOfDate: Bool) {
    self.unit = unit
    self.isOfDate = isOfDate
  }

  mutating func prepare(_ arguments: [Column]) {
    counts = UnsafePointer(arguments[1].ints)
    values = UnsafePointer(arguments[2].ints)
  }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let counts, let values else { return nil }
    if isOfDate {
      let day = unit.adding(counts[row], toDay: values[row])
      if let day, CivilCalendar.dayRange.contains(day) { return day }
    } else if let sum = unit.adding(counts[row], to: values[row]) {
      return sum
    }
    frame.fail(row, .overflow(operation: "timestampadd", type: isOfDate ? .date : .timestamp))
    return nil
  }
}

/// `timestampdiff`: whole units from the second argument to the third, dates or points in time.
struct UnitCount: ValueFunction {
  private let unit: TimeUnit
  private let isOfDates: Bool
  private var starts: UnsafePointer<Int64>?
  private var ends: UnsafePointer<Int64>?

  init(_ unit: TimeUnit, isOfDates: Bool) {
    self.unit = unit
    self.isOfDates = isOfDates
  }

  mutating func prepare(_ arguments: [Column]) {
    starts = UnsafePointer(arguments[1].ints)
    ends = UnsafePointer(arguments[2].ints)
  }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let starts, let ends else { return nil }
    return isOfDates
      ? unit.count(fromDay: starts[row], toDay: ends[row])
      : unit.count(from: starts[row], to: ends[row])
  }
}

/// `date_trunc` and `date_ceil` of a date.
struct DateRounding: ValueFunction {
  private let unit: TimeUnit
  private let isUp: Bool
  private var dates: UnsafePointer<Int64>?

  init(_ unit: TimeUnit, isUp: Bool) {
    self.unit = unit
    self.isUp = isUp
  }

  mutating func prepare(_ arguments: [Column]) { dates = UnsafePointer(arguments[1].ints) }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let dates else { return nil }
    let start = unit.start(ofDay: dates[row])
    // What begins before the first date begins, as far as dates tell, with it.
    if !isUp { return max(start, CivilCalendar.dayRange.lowerBound) }
    if start == dates[row] { return start }
    if let next = unit.adding(1, toDay: start), CivilCalendar.dayRange.contains(next) {
      return next
    }
    frame.fail(row, .overflow(operation: "date_ceil", type: .date))
    return nil
  }
}

/// `overlaps`: whether two spans have a moment in common, their ends included.
struct Overlapping: ValueFunction {
  /// Of each span whether its second argument is how long it is.
  private let isDuration: (Bool, Bool)
  private var parts: [UnsafePointer<Int64>] = []

  init(isDuration: (Bool, Bool)) { self.isDuration = isDuration }

  mutating func prepare(_ arguments: [Column]) {
    parts = arguments.map { UnsafePointer($0.ints) }
  }

  func value(_ row: Int, _ frame: Frame) -> UInt8? {
    let (a, c) = (parts[0][row], parts[2][row])
    let b = Self.end(a, parts[1][row], isDuration: isDuration.0)
    let d = Self.end(c, parts[3][row], isDuration: isDuration.1)
    return min(a, b) <= max(c, d) && min(c, d) <= max(a, b) ? 1 : 0
  }

  /// Behind the last moment there is nothing that a span could miss.
  private static func end(_ start: Int64, _ second: Int64, isDuration: Bool) -> Int64 {
    guard isDuration else { return second }
    let (end, over) = start.addingReportingOverflow(second)
    return over ? (second < 0 ? .min : .max) : end
  }
}
