/// The type of a column's values, without the question whether a value may be null.
public indirect enum DataType: Hashable, Sendable, Codable {
  case bool
  /// 64 bits, signed.
  case int
  /// IEEE 754, 64 bits.
  case float
  /// Exact: `precision` decimal digits (1…38), `scale` of them behind the point.
  case decimal(precision: Int, scale: Int)
  /// UTF-8 text.
  case string
  case bytes
  /// Microseconds since 1970-01-01T00:00:00Z.
  case timestamp
  /// Days since 1970-01-01.
  case date
  /// Microseconds.
  case duration
  /// A JSON document of undecided shape, kept as its text.
  case json
  case list(FieldType)
  case map(FieldType)
  case structure([Field])
  /// The type of what was already reported as wrong; fits everything, so that no second message
  /// follows. Never reaches a plan.
  case unknown
}

/// A data type and whether a value of it may be null.
public struct FieldType: Hashable, Sendable, Codable {
  public var type: DataType
  public var isNullable: Bool

  public init(_ type: DataType, nullable: Bool = false) {
    self.type = type
    self.isNullable = nullable
  }

  /// The same type, nullable.
  public var optional: FieldType { FieldType(type, nullable: true) }
}

extension DataType {
  /// The widest decimal.
  public static let maximumPrecision = 38

  public var isNumeric: Bool {
    switch self {
    case .int, .float, .decimal: true
    default: false
    }
  }

  /// Whether a value is no list, map or struct.
  public var isScalar: Bool { self != .unknown && !isNested }

  /// Whether a value is made of others.
  public var isNested: Bool {
    switch self {
    case .list, .map, .structure: true
    default: false
    }
  }

  /// Whether a type inside of it, or it itself, was not found out.
  public var holdsUnknown: Bool {
    switch self {
    case .unknown: true
    case .list(let inner), .map(let inner): inner.type.holdsUnknown
    case .structure(let fields): fields.contains { $0.type.holdsUnknown }
    default: false
    }
  }

  /// Whether both hold the same values but for nulls: the same types all the way down.
  public func isSameButNulls(as other: DataType) -> Bool {
    switch (self, other) {
    case (.list(let a), .list(let b)), (.map(let a), .map(let b)):
      a.type.isSameButNulls(as: b.type)
    case (.structure(let a), .structure(let b)):
      a.count == b.count
        && zip(a, b).allSatisfy { $0.name == $1.name && $0.type.isSameButNulls(as: $1.type) }
    default: self == other
    }
  }

  /// Whether every value of this type is one of the other: the same, with at least its nulls.
  public func fits(into other: DataType) -> Bool {
    func fits(_ a: FieldType, _ b: FieldType) -> Bool {
      (b.isNullable || !a.isNullable) && a.type.fits(into: b.type)
    }
    switch (self, other) {
    case (.list(let a), .list(let b)), (.map(let a), .map(let b)): return fits(a, b)
    case (.structure(let a), .structure(let b)):
      return a.count == b.count
        && zip(a, b).allSatisfy { $0.name == $1.name && fits($0.fieldType, $1.fieldType) }
    default: return self == other
    }
  }
}

extension DataType: CustomStringConvertible {
  /// As the language writes it: `decimal(12, 6)`, `list<string?>`.
  public var description: String {
    switch self {
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .decimal(let precision, let scale): "decimal(\(precision), \(scale))"
    case .string: "string"
    case .bytes: "bytes"
    case .timestamp: "timestamp"
    case .date: "date"
    case .duration: "duration"
    case .json: "json"
    case .list(let element): "list<\(element)>"
    case .map(let value): "map<string, \(value)>"
    case .structure(let fields):
      "struct { \(fields.map(\.description).joined(separator: ", ")) }"
    case .unknown: "unknown"
    }
  }
}

extension FieldType: CustomStringConvertible {
  public var description: String { isNullable ? "\(type)?" : "\(type)" }
}
