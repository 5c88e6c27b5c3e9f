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

  /// Whether this columns can hold it: everything but nested types.
  public var isScalar: Bool {
    switch self {
    case .list, .map, .structure, .unknown: false
    default: true
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
