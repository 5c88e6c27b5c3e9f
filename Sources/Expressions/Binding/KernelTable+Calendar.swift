import Columns
import Schemas

extension KernelTable {
  static let calendar: [String: Maker] = [
    "make_date": { call in ValueCall(MakeDate(), .date, call.arguments) },
    "make_timestamp": { (call) throws(BindingError) in
      let zone = try zone(call, 2)
      return ValueCall(MakeTimestamp(zone: zone), .timestamp, call.arguments)
    },
    "date_add": days("date_add") { day, count in
      let (sum, over) = day.addingReportingOverflow(count)
      return over ? nil : sum
    },
    "date_sub": days("date_sub") { day, count in
      let (difference, over) = day.subtractingReportingOverflow(count)
      return over ? nil : difference
    },
    "add_months": days("add_months") { CivilCalendar.adding(months: $1, toDays: $0) },
    "datediff": { call in
      let function = ValueMapping<Int64, Int64> { $0 &- $1 }
      return ValueCall(function, .int, call.arguments, cost: 2)
    },
    "last_day": { (call) throws(BindingError) in
      let function = DateFunction(zone: try dateZone(call)) { CivilCalendar.lastDay(days: $0) }
      return ValueCall(function, .date, call.arguments)
    },
    "date_ceil": { (call) throws(BindingError) in
      if call.types[1] == .date {
        return ValueCall(
          DateRounding(try unit(call), isUp: true), .date, call.arguments, canFail: true)
      }
      let zone = try zone(call, 2)
      return ValueCall(
        DateCeil(try unit(call), zone: zone), .timestamp, call.arguments, canFail: true)
    },
    "overlaps": { call in
      let function = Overlapping(
        isDuration: (call.types[1] == .duration, call.types[3] == .duration))
      return ValueCall(function, .bool, call.arguments, cost: 4)
    },
    "dayname": { (call) throws(BindingError) in
      let function = DateName(zone: try dateZone(call)) { CivilCalendar.weekdayName(days: $0) }
      return TextCall(function, .string, call.arguments)
    },
    "monthname": { (call) throws(BindingError) in
      let function = DateName(zone: try dateZone(call)) { CivilCalendar.monthName(days: $0) }
      return TextCall(function, .string, call.arguments)
    },
    "extract": { (call) throws(BindingError) in
      let name = try call.constantText(0) ?? ""
      guard let part = TimePart.Part(rawValue: name) else {
        throw .badChoice(function: call.name, value: name)
      }
      let zone = call.types[1] == .date ? nil : try zone(call, 2)
      return ValueCall(TimePart(part, argument: 1, zone: zone), .int, call.arguments)
    },
  ]

  private static func days(_ name: String, _ body: @escaping DateCount.Body) -> Maker {
    { call in
      ValueCall(DateCount(name, body), .date, call.arguments, canFail: true, cost: 5)
    }
  }

  /// The zone of a point in time; nil of a date, which has none.
  private static func dateZone(_ call: Call) throws(BindingError) -> TimeZoneRules? {
    call.types.first == .date ? nil : try zone(call, 1)
  }
}
