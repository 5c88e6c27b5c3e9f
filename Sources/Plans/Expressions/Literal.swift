/// A constant of a plan.
public indirect enum Literal: Hashable, Sendable, Codable {
  case null
  case bool(Bool)
  case int(Int64)
  case float(Double)
  /// Unscaled digits at the scale of the expression's type.
  case decimal(unscaled: Int128, scale: Int)
  case string(String)
  case bytes([UInt8])
  /// Microseconds since 1970.
  case timestamp(Int64)
  /// Days since 1970.
  case date(Int64)
  /// Microseconds.
  case duration(Int64)
  /// Only as the right side of `in`.
  case list([Literal])
}
