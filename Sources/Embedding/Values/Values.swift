import Columns

/// The values of one argument of a function, a row after the other.
public struct Values<Value: ColumnValue>: RandomAccessCollection, Sendable {
  private let column: StoredColumn
  private let cells = Value.cells

  init(_ column: StoredColumn) { self.column = column }

  public var startIndex: Int { 0 }
  public var endIndex: Int { column.rowCount }

  /// The value of a row. O(1), and for text the length of the text.
  public subscript(row: Int) -> Value {
    precondition(indices.contains(row), "row \(row) of \(count)")
    // A null is the column's, not the dictionary's.
    guard column.isValid(row) else { return cells.read(column, row) }
    let (source, place) = column.entry(row)
    return cells.read(source, place)
  }
}
