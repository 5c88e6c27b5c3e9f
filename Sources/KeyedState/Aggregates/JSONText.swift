package import Columns
import Schemas

/// Writes rows that go to an error route without their original bytes as JSON. A cold path.
package final class JSONText {
  private var text: [UInt8] = []

  package init() {}

  /// What was written since `removeAll`.
  package var output: [UInt8] { text }

  package func removeAll() { text.removeAll(keepingCapacity: true) }

  /// One row as an object of its visible columns.
  package func writeRow(_ row: Int, of batch: Batch) {
    text.append(UInt8(ascii: "{"))
    var isFirst = true
    for (field, column) in zip(batch.schema.fields, batch.columns) where !field.isHidden {
      if !isFirst { text.append(UInt8(ascii: ",")) }
      isFirst = false
      write(string: Array(field.name.utf8))
      text.append(UInt8(ascii: ":"))
      if column.isValid(row) {
        write(ValueBytes.of(column, row), column.type)
      } else {
        text.append(contentsOf: "null".utf8)
      }
    }
    text.append(UInt8(ascii: "}"))
  }

  func append(to builder: ColumnBuilder) {
    text.withUnsafeBufferPointer { builder.append(text: $0) }
  }

  private func write(_ value: UnsafeBufferPointer<UInt8>, _ type: DataType) {
    guard let start = value.baseAddress else { return write(string: []) }
    let raw = UnsafeRawPointer(start)
    switch type {
    case .string: write(string: Array(value))
    case .json: text.append(contentsOf: value)
    case .bytes: write(string: Array(Self.base64(value)))
    case .list, .map, .structure: write(nested: value, type)
    case .bool: text.append(contentsOf: (value[0] != 0 ? "true" : "false").utf8)
    case .float:
      let number = raw.loadUnaligned(as: Double.self)
      text.append(contentsOf: (number.isFinite ? "\(number)" : "null").utf8)
    case .decimal(_, let scale):
      text.append(contentsOf: Self.decimal(raw.loadUnaligned(as: Int128.self), scale).utf8)
    case .timestamp:
      write(string: Array(CalendarText.timestamp(raw.loadUnaligned(as: Int64.self)).utf8))
    case .date:
      write(string: Array(CalendarText.date(raw.loadUnaligned(as: Int64.self)).utf8))
    default: text.append(contentsOf: "\(raw.loadUnaligned(as: Int64.self))".utf8)
    }
  }

  /// A value without a form in JSON, a float that is no number somewhere in it, becomes null.
  private func write(nested value: UnsafeBufferPointer<UInt8>, _ type: DataType) {
    let buffer = ByteBuffer(capacity: value.count * 2)
    if NestedText(type).write(value, to: buffer) == nil {
      text.append(contentsOf: buffer.bytes)
    } else {
      text.append(contentsOf: "null".utf8)
    }
  }

  private func write(string: [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        text.append(UInt8(ascii: "\\"))
        text.append(byte)
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        text.append(contentsOf: "\\u00".utf8)
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }

  static func decimal(_ unscaled: Int128, _ scale: Int) -> String {
    guard scale > 0 else { return "\(unscaled)" }
    var digits = "\(unscaled.magnitude)"
    if digits.utf8.count <= scale {
      digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits
    }
    return (unscaled < 0 ? "-" : "") + digits.dropLast(scale) + "." + digits.suffix(scale)
  }

  private static func base64(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = (0..<3).reduce(0) { word, i in
        word << 8 | (start + i < bytes.count ? Int(bytes[start + i]) : 0)
      }
      for i in 0..<4 {
        let isPadding = start + i > bytes.count
        result.append(isPadding ? UInt8(ascii: "=") : alphabet[group >> (18 - 6 * i) & 63])
      }
    }
    return result
  }
}

/// Dates and times as RFC 3339 writes them, in the proleptic Gregorian calendar.
enum CalendarText {
  static func date(_ days: Int64) -> String {
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days.
    let shifted = days &+ 719_468
    let era = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
    let dayOfEra = shifted &- era &* 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
    let sign = year < 0 ? "-" : ""
    return sign + padded(Int64(clamping: year.magnitude), 4) + "-" + padded(month, 2) + "-"
      + padded(day, 2)
  }

  static func timestamp(_ microseconds: Int64) -> String {
    let perDay: Int64 = 86_400_000_000
    var (days, rest) = microseconds.quotientAndRemainder(dividingBy: perDay)
    if rest < 0 {
      rest += perDay
      days -= 1
    }
    let seconds = rest / 1_000_000
    var text = date(days) + "T" + padded(seconds / 3600, 2) + ":" + padded(seconds / 60 % 60, 2)
    text += ":" + padded(seconds % 60, 2)
    let fraction = rest % 1_000_000
    if fraction > 0 {
      var digits = padded(fraction, 6)
      while digits.hasSuffix("0") { digits.removeLast() }
      text += "." + digits
    }
    return text + "Z"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(width - digits.utf8.count, 0)) + digits
  }
}
