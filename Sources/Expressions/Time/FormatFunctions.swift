import Columns
import Schemas

/// `date_format`, of points in time as a zone's clocks show them, or of dates.
struct DateFormat: TextFunction {
  private let pattern: TimePattern
  /// nil: the values are dates.
  private let zone: TimeZoneRules?
  private var values: UnsafePointer<Int64>?

  init(_ pattern: TimePattern, zone: TimeZoneRules?) {
    self.pattern = pattern
    self.zone = zone
  }

  mutating func prepare(_ arguments: [Column]) { values = UnsafePointer(arguments[0].ints) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let values else { return false }
    guard let zone else {
      let midnight = values[row] &* CivilCalendar.microsecondsPerDay
      pattern.write(local: midnight, to: buffer)
      return true
    }
    let offset = zone.offset(at: CivilCalendar.quotient(values[row], 1_000_000))
    pattern.write(
      local: values[row] &+ offset &* 1_000_000, offset: offset, zone: zone, to: buffer)
    return true
  }
}

/// `from_unixtime`: seconds since 1970 as text, as a zone's clocks show them.
struct FromUnixTime: TextFunction {
  private let pattern: TimePattern
  private let zone: TimeZoneRules
  private var values: UnsafePointer<Int64>?

  init(_ pattern: TimePattern, zone: TimeZoneRules) {
    self.pattern = pattern
    self.zone = zone
  }

  mutating func prepare(_ arguments: [Column]) { values = UnsafePointer(arguments[0].ints) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let values else { return false }
    let (micros, over) = values[row].multipliedReportingOverflow(by: 1_000_000)
    if over {
      frame.fail(row, .overflow(operation: "from_unixtime", type: .timestamp))
      return false
    }
    let offset = zone.offset(at: values[row])
    pattern.write(
      local: micros &+ offset &* 1_000_000, offset: offset, zone: zone, to: buffer)
    return true
  }
}

/// `to_timestamp`, `to_date` and `unix_timestamp` of text: null where the text can't be read.
struct ToTime: ValueFunction {
  private let pattern: TimePattern
  /// nil: a date is wanted.
  private let zone: TimeZoneRules?
  /// What the result counts, in microseconds; of dates it is not asked for.
  private let unit: Int64
  private var texts: TextReader?

  init(_ pattern: TimePattern, zone: TimeZoneRules?, unit: Int64 = 1) {
    self.pattern = pattern
    self.zone = zone
    self.unit = unit
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let texts, let parsed = pattern.parse(texts[row]) else { return nil }
    guard let zone else { return parsed.days }
    return parsed.moment(in: zone).map { CivilCalendar.quotient($0, unit) }
  }
}

/// `convert_tz`: text of one zone in another.
struct ConvertZone: TextFunction {
  private let pattern: TimePattern
  private let source: TimeZoneRules
  private let target: TimeZoneRules
  private var texts: TextReader?

  init(_ pattern: TimePattern, from source: TimeZoneRules, to target: TimeZoneRules) {
    self.pattern = pattern
    self.source = source
    self.target = target
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts, let moment = pattern.parse(texts[row])?.moment(in: source) else {
      return false
    }
    pattern.write(local: target.local(moment), to: buffer)
    return true
  }
}
