public import Schemas

/// Which casts there are, and which of them can fail a row.
public enum CastRules {
  public enum Verdict: Hashable, Sendable {
    /// Every value has one in the other type.
    case total
    /// Some values fail the row (`try_cast`: give null).
    case partial
    case impossible
  }

  /// Text to or from anything; numbers and `bool` among themselves; dates and points in time. A
  /// decimal becomes an int by rounding half up, a float an int by cutting towards zero.
  public static func verdict(from source: DataType, to target: DataType) -> Verdict {
    if source == target || source == .unknown || target == .unknown { return .total }
    if source.isNested || target.isNested { return nested(from: source, to: target) }
    switch (source, target) {
    case (.bytes, .string): return .partial
    case (_, .string): return .total
    case (.string, .bytes): return .total
    case (.string, _): return .partial
    case (.bool, .int), (.bool, .float), (.int, .bool), (.float, .bool): return .total
    case (.bool, .decimal(let precision, let scale)):
      return precision > scale ? .total : .partial
    case (.decimal, .bool): return .total
    case (.int, .float), (.decimal, .float): return .total
    case (.float, .int), (.float, .decimal): return .partial
    case (.int, .decimal(let precision, let scale)):
      return precision - scale >= 19 ? .total : .partial
    case (.decimal(let precision, let scale), .int):
      return precision - scale < 18 ? .total : .partial
    case (.decimal(let p1, let s1), .decimal(let p2, let s2)):
      let kept = s2 >= s1 ? p2 - s2 >= p1 - s1 : p2 - s2 > p1 - s1
      return kept ? .total : .partial
    case (.date, .timestamp), (.timestamp, .date): return .total
    default: return .impossible
    }
  }

  /// Nested values to and from JSON, as text or `json`; to the same type with more nulls.
  private static func nested(from source: DataType, to target: DataType) -> Verdict {
    switch (source, target) {
    case (.string, _), (.json, _): return .partial
    // Not every float has a form in JSON.
    case (_, .string), (_, .json): return source.holdsFloat ? .partial : .total
    default: return source.fits(into: target) ? .total : .impossible
    }
  }
}

extension DataType {
  /// Whether a part of its values is a float.
  fileprivate var holdsFloat: Bool {
    switch self {
    case .float: true
    case .list(let inner), .map(let inner): inner.type.holdsFloat
    case .structure(let fields): fields.contains { $0.type.holdsFloat }
    default: false
    }
  }
}
