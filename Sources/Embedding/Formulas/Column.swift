import Plans
import Schemas

/// A column of a source, table or stream: its name, and the Swift type of its values.
public struct Column<Value: ColumnValue>: Formula {
  public let name: String
  let type: FieldType

  public init(_ name: String) {
    self.name = name
    type = Value.cells.type
  }

  public var text: String { Spelling.name(name) }

  /// The column with what is computed for it.
  public func set<Computed: Formula>(to value: Computed) -> Assignment
  where Computed.Value.Base == Value.Base {
    Assignment(name: name, text: value.text)
  }

  init(_ name: String, _ type: FieldType) {
    self.name = name
    self.type = type
  }
}

extension Column where Value == ExactDecimal {
  /// A column of decimals of so many digits, `scale` of them behind the point.
  public init(_ name: String, precision: Int, scale: Int) {
    self.init(name, FieldType(.decimal(precision: precision, scale: scale)))
  }
}

extension Column where Value == ExactDecimal? {
  /// A column of decimals of so many digits, `scale` of them behind the point, that may be null.
  public init(_ name: String, precision: Int, scale: Int) {
    self.init(name, FieldType(.decimal(precision: precision, scale: scale), nullable: true))
  }
}

/// A column of any type.
public protocol AnyColumn: Sendable {
  var name: String { get }
  /// As a definition declares it: `amount: decimal(12, 2)`.
  var declaration: String { get }
}

extension Column: AnyColumn {
  public var declaration: String { "\(text): \(type)" }
}

/// `name = expression`, as the block of a stage has it.
public struct Assignment: Sendable {
  let name: String
  let text: String

  var source: String { "\(Spelling.name(name)) = \(text)" }
}
