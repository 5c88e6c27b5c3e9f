import Columns
import Schemas

extension KernelTable {
  static let time: [String: Maker] = parts.merging(
    [
      "date_trunc": { (call) throws(BindingError) in
        if call.types[1] == .date {
          return ValueCall(
            DateRounding(try unit(call), isUp: false), .date, call.arguments, cost: 6)
        }
        let zone = try zone(call, 2)
        return ValueCall(
          DateTrunc(try unit(call), zone: zone), .timestamp, call.arguments, cost: 8)
      },
      "timestampadd": { (call) throws(BindingError) in
        let function = UnitSum(try unit(call), isOfDate: call.types[2] == .date)
        return ValueCall(function, call.types[2], call.arguments, canFail: true)
      },
      "timestampdiff": { (call) throws(BindingError) in
        let function = UnitCount(try unit(call), isOfDates: call.types[1] == .date)
        return ValueCall(function, .int, call.arguments)
      },
      "date_format": { (call) throws(BindingError) in
        let pattern = try pattern(call, 1)
        let zone = call.types.first == .date ? nil : try zone(call, 2)
        return TextCall(DateFormat(pattern, zone: zone), .string, call.arguments, cost: 60)
      },
      "to_timestamp": { (call) throws(BindingError) in
        let pattern = try readingPattern(call)
        let zone = try zone(call, 2)
        return ValueCall(ToTime(pattern, zone: zone), .timestamp, call.arguments, cost: 60)
      },
      "to_date": { (call) throws(BindingError) in
        if call.types.first == .timestamp {
          let zone = try zone(call, 1)
          return ValueCall(
            DateFunction(zone: zone) { $0 }, .date, call.arguments, strict: 1, cost: 5)
        }
        let pattern = try pattern(call, 1, "yyyy-M-d")
        return ValueCall(ToTime(pattern, zone: nil), .date, call.arguments, cost: 40)
      },
      "convert_tz": { (call) throws(BindingError) in
        let function = ConvertZone(
          try makePattern(standardPattern), from: try zone(call, 1), to: try zone(call, 2))
        return TextCall(function, .string, call.arguments, cost: 100)
      },
      "unix_timestamp": { (call) throws(BindingError) in
        guard call.types.first == .string else {
          return try epoch(1_000_000, .down)(call)
        }
        let function = ToTime(try readingPattern(call), zone: try zone(call, 2), unit: 1_000_000)
        return ValueCall(function, .int, call.arguments, cost: 60)
      },
      "epoch_millis": epoch(1000, .down),
      "epoch_micros": epoch(1, .down), "duration_millis": epoch(1000, .towardsZero),
      "from_unixtime": { (call) throws(BindingError) in
        let pattern = try pattern(call, 1)
        let zone = try zone(call, 2)
        return TextCall(
          FromUnixTime(pattern, zone: zone), .string, call.arguments, canFail: true, cost: 60)
      },
      "to_timestamp_ltz": { (call) throws(BindingError) in
        let units: [Int64: Int64] = [0: 1_000_000, 3: 1000, 6: 1]
        let precision = try call.constantInt(1) ?? 3
        guard let unit = units[precision] else {
          throw .badChoice(function: call.name, value: "\(precision)", known: "0, 3 and 6")
        }
        return ValueCall(
          TimestampFromNumber(unit: unit), .timestamp, [call.arguments[0]], canFail: true, cost: 2)
      },
    ], uniquingKeysWith: { first, _ in first })

  private static let standardPattern = "yyyy-MM-dd HH:mm:ss"

  private static let parts: [String: Maker] = [
    "year": partMaker(.year), "quarter": partMaker(.quarter), "month": partMaker(.month),
    "week": partMaker(.week), "day": partMaker(.day), "dayofyear": partMaker(.doy),
    "dayofweek": partMaker(.dow, base: 1), "isodow": partMaker(.isodow),
    "hour": partMaker(.hour), "minute": partMaker(.minute), "second": partMaker(.second),
  ]

  private static func partMaker(_ part: TimePart.Part, base: Int64 = 0) -> Maker {
    { (call) throws(BindingError) in
      let zone = call.types.first == .date ? nil : try zone(call, 1)
      let function = TimePart(part, argument: 0, zone: zone, base: base)
      return ValueCall(function, .int, call.arguments, cost: 6)
    }
  }

  private static func epoch(_ unit: Int64, _ rounding: EpochPart.Rounding) -> Maker {
    { call in ValueCall(EpochPart(unit: unit, rounding), .int, call.arguments, cost: 3) }
  }

  static func unit(_ call: Call) throws(BindingError) -> TimeUnit {
    let name = try call.constantText(0) ?? ""
    guard let unit = TimeUnit(rawValue: name) else {
      throw .badChoice(function: call.name, value: name)
    }
    return unit
  }

  static func zone(_ call: Call, _ index: Int) throws(BindingError) -> TimeZoneRules {
    guard let name = try call.constantText(index) else { return .utc }
    guard let zone = TimeZoneRules.named(name) else { throw .unknownZone(name) }
    return zone
  }

  private static func pattern(
    _ call: Call, _ index: Int, _ fallback: String = standardPattern
  ) throws(BindingError) -> TimePattern {
    try makePattern(try call.constantText(index) ?? fallback)
  }

  /// The pattern that texts are read by, the second argument.
  private static func readingPattern(_ call: Call) throws(BindingError) -> TimePattern {
    call.arguments.count > 1 ? try pattern(call, 1) : .standard
  }

  private static func makePattern(_ text: String) throws(BindingError) -> TimePattern {
    do {
      return try TimePattern(text)
    } catch {
      throw .badTimePattern(text, reason: error.reason)
    }
  }
}
