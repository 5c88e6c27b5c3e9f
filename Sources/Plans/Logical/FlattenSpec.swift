public import Schemas

/// A row for each element of a list: the columns of the input but the list's own, then the element.
public struct FlattenSpec: Hashable, Sendable, Codable {
  public var list: Expression
  /// What the element is called.
  public var name: String

  public init(list: Expression, name: String) {
    self.list = list
    self.name = name
  }

  /// The column that the list is, which is dropped; nil for a computed list.
  public var droppedColumn: String? {
    if case .column(let name) = list.node { name } else { nil }
  }

  public var element: Field {
    guard case .list(let element) = list.type else { return Field(name, FieldType(.unknown)) }
    return Field(name, element)
  }

  /// The columns that come out, of these that come in.
  public func schema(of row: Schema) -> Schema {
    Schema(row.fields.filter { $0.name != droppedColumn } + [element])
  }
}
