public import Schemas

/// The types of decimal arithmetic, by the rules of the SQL standard as Flink and SQL Server apply
/// them: enough digits for the exact result; beyond 38 the scale gives way, down to 6.
public enum DecimalRules {
  /// An int as a decimal.
  public static let ofInt = DataType.decimal(precision: 19, scale: 0)

  public static func sum(_ a: DataType, _ b: DataType) -> DataType {
    combine(a, b) { p1, s1, p2, s2 in
      let scale = max(s1, s2)
      return (max(p1 - s1, p2 - s2) + scale + 1, scale)
    }
  }

  public static func product(_ a: DataType, _ b: DataType) -> DataType {
    combine(a, b) { p1, s1, p2, s2 in (p1 + p2, s1 + s2) }
  }

  public static func quotient(_ a: DataType, _ b: DataType) -> DataType {
    combine(a, b) { p1, s1, p2, s2 in
      let scale = max(6, s1 + p2 + 1)
      return (p1 - s1 + s2 + scale, scale)
    }
  }

  public static func remainder(_ a: DataType, _ b: DataType) -> DataType {
    combine(a, b) { p1, s1, p2, s2 in
      let scale = max(s1, s2)
      return (min(p1 - s1, p2 - s2) + scale, scale)
    }
  }

  /// The type that holds the values of both; with more than 38 digits the whole digits give way,
  /// and a value that needs them fails its row.
  public static func common(_ a: DataType, _ b: DataType) -> DataType {
    guard case .decimal(let p1, let s1) = a, case .decimal(let p2, let s2) = b else { return a }
    let scale = max(s1, s2)
    let precision = max(p1 - s1, p2 - s2) + scale
    return .decimal(precision: min(precision, DataType.maximumPrecision), scale: scale)
  }

  /// A decimal whose fraction is cut or rounded to `scale` digits; one digit more for the carry.
  public static func rounded(_ type: DataType, to scale: Int) -> DataType {
    guard case .decimal(let p, let s) = type else { return type }
    if scale >= s { return type }
    let kept = max(scale, 0)
    return adjusted(p - s + 1 + kept, kept)
  }

  private static func combine(
    _ a: DataType, _ b: DataType, _ rule: (Int, Int, Int, Int) -> (Int, Int)
  ) -> DataType {
    guard case .decimal(let p1, let s1) = a, case .decimal(let p2, let s2) = b else { return a }
    let (precision, scale) = rule(p1, s1, p2, s2)
    return adjusted(precision, scale)
  }

  private static func adjusted(_ precision: Int, _ scale: Int) -> DataType {
    let widest = DataType.maximumPrecision
    if precision <= widest { return .decimal(precision: max(precision, 1), scale: scale) }
    let whole = precision - scale
    return .decimal(precision: widest, scale: max(widest - whole, min(scale, 6)))
  }
}
