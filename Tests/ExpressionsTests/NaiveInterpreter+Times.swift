import Plans
import Schemas
import TestKit

/// Points in time, dates and spans: microseconds and days, and a calendar that counts years and
/// months one by one.
extension NaiveInterpreter {
  private static let day: Int64 = 86_400_000_000

  /// nil where it is no function of times.
  func time(_ name: String, _ operands: [Expression], _ values: [Cell]) throws -> Cell? {
    let types = operands.map(\.type)
    let isOfTime = types.contains { [.timestamp, .date, .duration].contains($0) }
    if !isOfTime || values.contains(.null) { return nil }
    if name.hasPrefix("try_") {
      do {
        return try time(String(name.dropFirst(4)), operands, values)
      } catch is Failure {
        return .null
      }
    }
    switch (name, values[0], values.count > 1 ? values[1] : .null) {
    case ("subtract", .int(let a), .int(let b)) where types == [.date, .date]:
      return try checked((a - b).multipliedReportingOverflow(by: Self.day))
    case ("divide", .int(let a), .int(let b)) where types == [.duration, .duration]:
      if b == 0 { throw Failure() }
      return .float(Double(a) / Double(b))
    case ("divide", .int(let a), .int(let b)): return try checked(a.dividedReportingOverflow(by: b))
    case ("datediff", .int(let a), .int(let b)): return .int(a - b)
    case ("date_add", .int(let a), .int(let b)): return .int(a + b)
    case ("date_sub", .int(let a), .int(let b)): return .int(a - b)
    case ("date_trunc", .text(let unit), .int(let value)):
      if types[1] == .date { return .int(Self.start(of: unit, value)) }
      return .int(try Self.cut(value, to: unit))
    case ("extract", .text(let part), .int(let value)):
      let names = ["doy": "dayofyear"]
      if part == "dow" { return .int(Self.part("dayofweek", Self.days(value), value) - 1) }
      return .int(Self.part(names[part] ?? part, Self.days(value), value))
    case ("last_day", .int(let value), _):
      let date = Civil(days: value)
      return .int(value - Int64(date.day) + Int64(Civil.days(of: date.month, in: date.year)))
    case ("year", .int(let value), _), ("quarter", .int(let value), _),
      ("month", .int(let value), _), ("week", .int(let value), _), ("day", .int(let value), _),
      ("dayofyear", .int(let value), _), ("dayofweek", .int(let value), _),
      ("isodow", .int(let value), _), ("hour", .int(let value), _),
      ("minute", .int(let value), _), ("second", .int(let value), _):
      let days = types[0] == .date ? value : Self.days(value)
      return .int(Self.part(name, days, value))
    default: return nil
    }
  }

  /// Between dates and points in time; nil for other casts.
  static func timeCast(_ value: Cell, from: DataType, to type: DataType) throws -> Cell? {
    switch (from, type, value) {
    case (.date, .timestamp, .int(let days)): .int(try point(days))
    case (.timestamp, .date, .int(let micros)): .int(days(micros))
    default: nil
    }
  }

  /// The beginning of a day.
  private static func point(_ days: Int64) throws -> Int64 {
    let (micros, overflow) = days.multipliedReportingOverflow(by: day)
    if overflow { throw Failure() }
    return micros
  }

  private static func days(_ micros: Int64) -> Int64 { floored(micros, day) }

  private static func floored(_ value: Int64, _ unit: Int64) -> Int64 {
    let rest = (value % unit + unit) % unit
    return value / unit - (value < 0 && rest != 0 ? 1 : 0)
  }

  private static func cut(_ micros: Int64, to unit: String) throws -> Int64 {
    let spans: [String: Int64] = [
      "microsecond": 1, "millisecond": 1_000, "second": 1_000_000, "minute": 60_000_000,
      "hour": 3_600_000_000, "day": day,
    ]
    if let span = spans[unit] { return floored(micros, span) * span }
    return try point(start(of: unit, days(micros)))
  }

  /// The first day of the unit that holds a day.
  private static func start(of unit: String, _ days: Int64) -> Int64 {
    let date = Civil(days: days)
    let toMonth = days - Int64(date.day) + 1
    switch unit {
    case "week": return days - part("isodow", days, 0) + 1
    case "month": return toMonth
    case "quarter", "year":
      let first = unit == "year" ? 1 : (date.month - 1) / 3 * 3 + 1
      let between = (first..<date.month).reduce(0) { $0 + Civil.days(of: $1, in: date.year) }
      return toMonth - Int64(between)
    default: return days
    }
  }

  private static func part(_ name: String, _ days: Int64, _ micros: Int64) -> Int64 {
    let date = Civil(days: days)
    switch name {
    case "year": return Int64(date.year)
    case "quarter": return Int64((date.month + 2) / 3)
    case "month": return Int64(date.month)
    case "day": return Int64(date.day)
    case "dayofyear": return days - start(of: "year", days) + 1
    // The first of January 1970 was a Thursday.
    case "isodow": return ((days + 3) % 7 + 7) % 7 + 1
    case "dayofweek": return part("isodow", days, micros) % 7 + 1
    // A week is of the year that its Thursday is in.
    case "week":
      let thursday = days - part("isodow", days, micros) + 4
      return (part("dayofyear", thursday, 0) - 1) / 7 + 1
    default:
      let second = (micros - self.days(micros) * day) / 1_000_000
      return name == "hour" ? second / 3600 : name == "minute" ? second / 60 % 60 : second % 60
    }
  }
}

/// A day of the calendar, counted from 1970 year by year and month by month.
private struct Civil {
  var year = 1970
  var month = 1
  var day: Int

  init(days: Int64) {
    // So many days have 400 years, after which all is the same.
    let cycle: Int64 = 146_097
    let turns = (days - (days % cycle + cycle) % cycle) / cycle
    var rest = Int(days - turns * cycle)
    while rest >= Self.length(of: year) {
      rest -= Self.length(of: year)
      year += 1
    }
    while rest >= Self.days(of: month, in: year) {
      rest -= Self.days(of: month, in: year)
      month += 1
    }
    day = rest + 1
    year += Int(turns) * 400
  }

  static func length(of year: Int) -> Int { (1...12).reduce(0) { $0 + days(of: $1, in: year) } }

  static func days(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
