public import Schemas

/// A column of a decoded row and where in the record it comes from.
public struct DecodedColumn: Hashable, Sendable, Codable {
  public enum Origin: Hashable, Sendable, Codable {
    /// The record's field of that name (JSON key, CSV heading).
    case field(String)
    /// `meta.…`: topic, partition, offset, timestamp, key, header.
    case topic, partition, offset, timestamp, key
    case header(String)

    /// The name of the hidden column that holds it: `meta.topic`. Nil for a field of the record.
    public var metaName: String? {
      switch self {
      case .field: nil
      case .topic: "meta.topic"
      case .partition: "meta.partition"
      case .offset: "meta.offset"
      case .timestamp: "meta.timestamp"
      case .key: "meta.key"
      case .header(let name): "meta.headers.\(name)"
      }
    }
  }

  public var field: Field
  public var origin: Origin
  public var timeFormat: TimeFormat
  /// How the parts of a nested column are read: a struct's fields, or the one element of a list or
  /// value of a map. Empty: by their names, in the standard forms.
  public var parts: [DecodedColumn]

  public init(
    field: Field, origin: Origin, timeFormat: TimeFormat = .standard, parts: [DecodedColumn] = []
  ) {
    self.field = field
    self.origin = origin
    self.timeFormat = timeFormat
    self.parts = parts
  }

  /// The parts, said or not; empty of a column that is not nested.
  public var allParts: [DecodedColumn] {
    if !parts.isEmpty { return parts }
    switch field.type {
    case .list(let inner), .map(let inner):
      return [DecodedColumn(field: Field("", inner), origin: .field(""))]
    case .structure(let fields):
      return fields.map { DecodedColumn(field: $0, origin: .field($0.name)) }
    default: return []
    }
  }
}

/// What a record without a value says, where it deletes a row.
public struct DeletionSpec: Hashable, Sendable, Codable {
  /// The field that is true in an object that deletes the row of its key.
  public static let mark = "$deleted"

  /// The columns that its key holds.
  public var keys: [String]
  /// The column of the event time, which is the record's timestamp then.
  public var time: String?
  /// Whether records have no keys, and deletions are objects with a mark.
  public var isMarked: Bool

  public init(keys: [String], time: String?, isMarked: Bool = false) {
    self.isMarked = isMarked
    self.keys = keys
    self.time = time
  }
}
