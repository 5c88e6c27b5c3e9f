import Columns
import Schemas

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
