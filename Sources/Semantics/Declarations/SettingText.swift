import Plans
import Schemas

/// Values that come as text, from the command line or a file of params: `period=5m`.
enum SettingText {
  /// The value of the setting; nil if it is none of the type.
  static func literal(_ setting: ParameterSetting, as type: FieldType) -> Literal? {
    guard let text = setting.text else { return type.isNullable ? .null : nil }
    return literal(text, as: type.type)
  }

  /// The value in the param's type; nil for text that is none.
  static func literal(_ text: String, as type: DataType) -> Literal? {
    switch type {
    case .string: return .string(text)
    case .bytes: return .bytes(Array(text.utf8))
    case .bool: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
    case .int: return Int64(text).map { .int($0) }
    case .float: return Double(text).map { .float($0) }
    case .timestamp: return TimeText.timestamp(text).map { .timestamp($0) }
    case .date: return TimeText.date(text).map { .date($0) }
    case .duration: return duration(text).map { .duration($0) }
    case .decimal(let precision, let scale): return decimal(text, precision, scale)
    default: return nil
    }
  }

  static func example(of type: DataType) -> String {
    switch type {
    case .bool: "true"
    case .int: "42"
    case .float, .decimal: "1.5"
    case .timestamp: "2026-01-01T00:00:00Z"
    case .date: "2026-01-01"
    case .duration: "1h30m"
    default: "text"
    }
  }

  /// `1h30m`, `250ms`.
  private static func duration(_ text: String) -> Int64? {
    let units: [(String, Int64)] = [
      ("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000),
      ("d", 86_400_000_000),
    ]
    var rest = Substring(text)
    var total: Int64 = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let word = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(word.count)
      guard let number = Int64(digits), let unit = units.first(where: { $0.0 == word }),
        let product = exact(number.multipliedReportingOverflow(by: unit.1)),
        let sum = exact(total.addingReportingOverflow(product))
      else { return nil }
      total = sum
    }
    return total
  }

  private static func decimal(_ text: String, _ precision: Int, _ scale: Int) -> Literal? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = parts.first else { return nil }
    let fraction = parts.count == 2 ? parts[1] : ""
    guard let unscaled = Int128(whole + fraction), fraction.allSatisfy(\.isNumber),
      let value = DecimalText.rescale(
        unscaled, from: fraction.count, to: scale, precision: precision)
    else { return nil }
    return .decimal(unscaled: value, scale: scale)
  }
}
