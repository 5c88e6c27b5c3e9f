import Columns
import Schemas

/// Values by the names of their columns: what a program gives to a `memory` source and takes from
/// the rows of a stream.
public struct Row: Sendable {
  private var values: [String: any ColumnValue] = [:]
  /// Lists and structs as a stream has them, in columns of one row.
  private var nested: [String: StoredColumn] = [:]

  public init() {}

  /// `Row { $0[Order.shop] = "madrid" }`
  public init(_ fill: (inout Row) -> Void) { fill(&self) }

  /// The value of a column; nil where the row has none of that name and type.
  public subscript<Value: ColumnValue>(column: Column<Value>) -> Value? {
    get { values[column.name] as? Value ?? nested[column.name].flatMap(Self.value) }
    set {
      values[column.name] = newValue
      nested[column.name] = nil
    }
  }

  /// The names of its columns, sorted.
  public var names: [String] { values.keys.sorted() }

  func value(named name: String) -> (any ColumnValue)? { values[name] }

  /// The value of a column of one row, if that is how such values lie.
  private static func value<Value: ColumnValue>(_ column: StoredColumn) -> Value? {
    let cells = Value.cells
    guard column.type.fits(into: cells.type.type) else { return nil }
    return cells.read(column, 0)
  }

  mutating func set(_ value: any ColumnValue, named name: String) { values[name] = value }

  /// A list, map or struct; as text it is JSON.
  mutating func set(nested column: StoredColumn, json: String, named name: String) {
    values[name] = json
    nested[name] = column
  }
}
