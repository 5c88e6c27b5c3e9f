import Columns
import Plans
import Schemas

extension CellReading {
  /// Of `timestamp`, `date` and `duration` columns.
  func time(
    _ kind: UInt32, _ bytes: UnsafeBufferPointer<UInt8>, into value: inout Int64
  ) -> CellOutcome {
    let parsed: Int64?
    switch type {
    case .timestamp: parsed = timestamp(kind, bytes)
    case .date: parsed = kind == CellSlots.Kind.text ? DateText.parse(bytes) : nil
    default: parsed = duration(kind, bytes)
    }
    guard let parsed else {
      return kind == CellSlots.Kind.text || kind == CellSlots.Kind.number
        ? .failure("`\(text(bytes))` is no \(expectation)") : mismatch(kind, bytes)
    }
    value = parsed
    return .value
  }

  private var expectation: String {
    guard case .timestamp = type else { return type.description }
    return switch column.timeFormat {
    case .standard: "timestamp (RFC 3339 or milliseconds since 1970)"
    case .epochSeconds: "timestamp in seconds since 1970"
    case .epochMilliseconds: "timestamp in milliseconds since 1970"
    case .epochMicroseconds: "timestamp in microseconds since 1970"
    case .pattern(let text, _): "timestamp of the form `\(text)`"
    }
  }

  private func timestamp(_ kind: UInt32, _ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    let isNumber = kind == CellSlots.Kind.number
    guard isNumber || kind == CellSlots.Kind.text else { return nil }
    switch column.timeFormat {
    case .standard:
      // In CSV a number has no type that says so: digits alone are milliseconds there too.
      if isNumber || (isUntyped && Self.isInteger(bytes)) { return epoch(bytes, digits: 3) }
      return TimestampText.parse(bytes)
    case .epochSeconds: return isNumber || takesText ? epoch(bytes, digits: 6) : nil
    case .epochMilliseconds: return isNumber || takesText ? epoch(bytes, digits: 3) : nil
    case .epochMicroseconds: return isNumber || takesText ? epoch(bytes, digits: 0) : nil
    case .pattern:
      guard let pattern, !isNumber || coerce else { return nil }
      return pattern.form.parse(bytes)?.moment(in: pattern.zone)
    }
  }

  /// A number of units of 10^`digits` microseconds as microseconds; a fraction of the unit counts,
  /// what is below a microsecond is cut off. Nothing goes through a float.
  private func epoch(_ bytes: UnsafeBufferPointer<UInt8>, digits: Int) -> Int64? {
    if let whole = IntegerText.parse(bytes) {
      let unit: Int64 = digits == 6 ? 1_000_000 : digits == 3 ? 1000 : 1
      let (micros, over) = whole.multipliedReportingOverflow(by: unit)
      return over ? nil : micros
    }
    return DecimalText.parse(bytes, scale: digits).flatMap { Int64(exactly: $0) }
  }

  private static func isInteger(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.count > 4
      && bytes.dropFirst(bytes[0] == UInt8(ascii: "-") ? 1 : 0)
        .allSatisfy { $0 &- 0x30 < 10 }
  }

  /// Text as the language writes durations, or a number of milliseconds.
  private func duration(_ kind: UInt32, _ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    if kind == CellSlots.Kind.number { return epoch(bytes, digits: 3) }
    return kind == CellSlots.Kind.text ? DurationText.parse(bytes) : nil
  }
}
