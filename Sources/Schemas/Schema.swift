/// One column of a schema.
public struct Field: Hashable, Sendable, Codable {
  public var name: String
  public var fieldType: FieldType
  /// A hidden field travels with the rows and can be read by its name (`meta.offset`), but is no
  /// part of what a sink writes or `map` lists.
  public var isHidden: Bool

  public init(_ name: String, _ type: DataType, nullable: Bool = false, hidden: Bool = false) {
    self.init(name, FieldType(type, nullable: nullable), hidden: hidden)
  }

  public init(_ name: String, _ fieldType: FieldType, hidden: Bool = false) {
    self.name = name
    self.fieldType = fieldType
    self.isHidden = hidden
  }

  /// How names begin of columns that a stage has computed for itself: the text of what it is
  /// follows, so another name is another value.
  public static let computedMark = "$("

  /// Whether its name says how it was computed; else it is but a name, which may change.
  public var isComputed: Bool { name.hasPrefix(Self.computedMark) }

  public var type: DataType { fieldType.type }
  public var isNullable: Bool { fieldType.isNullable }
}

extension Field: CustomStringConvertible {
  public var description: String { "\(name): \(fieldType)" }
}

/// The columns of a stream, in order, with distinct names.
public struct Schema: Hashable, Sendable, Codable {
  public var fields: [Field]

  public init(_ fields: [Field]) { self.fields = fields }

  public var count: Int { fields.count }

  /// The fields that a sink writes.
  public var visibleFields: [Field] { fields.filter { !$0.isHidden } }

  /// The position of the field of that name. O(number of fields).
  public func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }

  public func field(named name: String) -> Field? { fields.first { $0.name == name } }

  public subscript(index: Int) -> Field { fields[index] }
}

extension Schema: CustomStringConvertible {
  public var description: String { fields.map(\.description).joined(separator: ", ") }
}
