import Columns

/// Values by the names of their columns: what a program gives to a `memory` source and takes from
/// the rows of a stream.
public struct Row: Sendable {
  private var values: [String: any ColumnValue] = [:]

  public init() {}

  /// `Row { $0[Order.shop] = "madrid" }`
  public init(_ fill: (inout Row) -> Void) { fill(&self) }

  /// The value of a column; nil where the row has none of that name and type.
  public subscript<Value: ColumnValue>(column: Column<Value>) -> Value? {
    get { values[column.name] as? Value }
    set { values[column.name] = newValue }
  }

  /// The names of its columns, sorted.
  public var names: [String] { values.keys.sorted() }

  func value(named name: String) -> (any ColumnValue)? { values[name] }

  mutating func set(_ value: any ColumnValue, named name: String) { values[name] = value }
}
