import Plans
import Schemas
import TestKit

/// Decimals as whole numbers of units, their operations carried out exactly and then rounded once.
extension NaiveInterpreter {
  func decimal(_ name: String, _ values: [Cell], _ type: DataType) throws -> Cell? {
    guard case .decimal(let a, let scale) = values[0], case .decimal(_, let wanted) = type else {
      return nil
    }
    let unit = Self.power(scale)
    switch (name, values.count > 1 ? values[1] : .null) {
    case ("negate", _): return .decimal(unscaled: -a, scale: scale)
    case ("abs", _): return .decimal(unscaled: a < 0 ? -a : a, scale: scale)
    case ("sign", _): return .decimal(unscaled: a > 0 ? unit : a < 0 ? -unit : 0, scale: scale)
    case ("floor", _): return .decimal(unscaled: (a - (a % unit + unit) % unit) / unit, scale: 0)
    case ("ceil", _): return .decimal(unscaled: (a + (unit - a % unit) % unit) / unit, scale: 0)
    case ("truncate", .int(let digits)):
      return Self.cut(a, scale, Int(digits), wanted) { $0 / $1 }
    case ("round", .int(let digits)):
      return Self.cut(a, scale, Int(digits), wanted, Self.rounded)
    case (let name, .decimal(let b, let other)):
      return try pair(name, (a, scale), (b, other), wanted)
    default: return nil
    }
  }

  private func pair(
    _ name: String, _ first: (Int128, scale: Int), _ second: (Int128, scale: Int), _ wanted: Int
  ) throws -> Cell? {
    // But for a product both are brought to one scale.
    let scale = max(first.scale, second.scale)
    let a = first.0 * Self.power(scale - first.scale)
    let b = second.0 * Self.power(scale - second.scale)
    switch name {
    case "add": return .decimal(unscaled: a + b, scale: scale)
    case "subtract": return .decimal(unscaled: a - b, scale: scale)
    case "multiply":
      return .decimal(unscaled: first.0 * second.0, scale: first.scale + second.scale)
    case "divide":
      if b == 0 { throw Failure() }
      return .decimal(unscaled: Self.rounded(a * Self.power(wanted), b), scale: wanted)
    case "modulo":
      if b == 0 { throw Failure() }
      return .decimal(unscaled: a - a / b * b, scale: scale)
    default: return nil
    }
  }

  /// To so many digits behind the point, written at the wanted scale.
  private static func cut(
    _ value: Int128, _ scale: Int, _ digits: Int, _ wanted: Int,
    _ divide: (Int128, Int128) -> Int128
  ) -> Cell {
    if digits >= scale { return .decimal(unscaled: value, scale: scale) }
    let kept = divide(value, power(scale - digits))
    return .decimal(unscaled: kept * power(wanted - digits), scale: wanted)
  }

  /// The quotient, half away from zero.
  private static func rounded(_ a: Int128, _ b: Int128) -> Int128 {
    let (quotient, rest) = a.magnitude.quotientAndRemainder(dividingBy: b.magnitude)
    let magnitude = Int128(quotient + (rest * 2 >= b.magnitude ? 1 : 0))
    return (a < 0) == (b < 0) ? magnitude : -magnitude
  }

  private static func power(_ exponent: Int) -> Int128 {
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }

  /// nil where the type can't hold it.
  static func cast(_ unscaled: Int128, _ scale: Int, to type: DataType) -> Cell? {
    switch type {
    case .int: return Int64(exactly: unscaled / power(scale)).map { .int($0) }
    case .float: return .float(Double(unscaled) / Double(power(scale)))
    case .bool: return .bool(unscaled != 0)
    case .string:
      let digits = "\(unscaled.magnitude)"
      let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
      let sign = unscaled < 0 ? "-" : ""
      return .text(sign + padded.dropLast(scale) + (scale > 0 ? "." : "") + padded.suffix(scale))
    case .decimal(let precision, let wanted):
      let value =
        wanted >= scale
        ? unscaled * power(wanted - scale) : rounded(unscaled, power(scale - wanted))
      return value.magnitude < power(precision).magnitude
        ? .decimal(unscaled: value, scale: wanted) : nil
    default: return nil
    }
  }
}
