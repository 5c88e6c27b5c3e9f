import Columns
import Plans
import Schemas

/// Rows as they come, below a heading: columns are as wide as the first rows ask for, and a later
/// cell that needs more pushes its own line to the right.
struct PreviewTable {
  /// Longer cells are cut.
  private static let cellLimit = 60
  private let columns: [(place: Int, name: String)]
  private let limit: Int
  private var widths: [Int] = []
  /// Whether rows change earlier ones: then each begins with what it does.
  private var showsChanges = false
  private(set) var count = 0

  /// Shows at most `limit` rows.
  init(_ schema: Schema, limit: Int) {
    columns = schema.fields.enumerated().filter { !$0.element.isHidden }.map {
      ($0.offset, $0.element.name)
    }
    self.limit = limit
  }

  var isFull: Bool { count >= limit }

  /// The lines of further rows, with the heading before the first.
  mutating func lines(of batches: [Batch]) -> String {
    var rows: [[String]] = []
    if count == 0 { showsChanges = batches.contains { $0.hidden.rowKinds != nil } }
    for batch in batches.map({ $0.gathered() }) {
      for row in 0..<batch.rowCount where count + rows.count < limit {
        let kind = showsChanges ? [Self.change(batch, row)] : []
        rows.append(kind + columns.map { Self.cell(batch.columns[$0.place], row) })
      }
    }
    guard !rows.isEmpty else { return "" }
    if count == 0 {
      rows.insert((showsChanges ? ["op"] : []) + columns.map(\.name), at: 0)
    }
    if widths.isEmpty {
      widths = rows[0].indices.map { place in rows.map { $0[place].count }.max() ?? 0 }
    }
    count += rows.count - (count == 0 ? 1 : 0)
    return rows.map { line($0) + "\n" }.joined()
  }

  private func line(_ cells: [String]) -> String {
    var text = ""
    for (place, cell) in cells.enumerated() {
      text += cell
      guard place + 1 < cells.count else { continue }
      text += String(repeating: " ", count: max(widths[place] - cell.count, 0) + 2)
    }
    return text
  }

  /// An insertion, the halves of an update, a deletion.
  private static func change(_ batch: Batch, _ row: Int) -> String {
    switch batch.kind(row) {
    case .insert: "+I"
    case .updateBefore: "-U"
    case .updateAfter: "+U"
    case .delete: "-D"
    }
  }

  private static func cell(_ column: Column, _ row: Int) -> String {
    // A broken record is mostly text.
    let bytes =
      column.type == .bytes && column.isValid(row)
      ? String(validating: column.text(row), as: UTF8.self) : nil
    let text = bytes ?? CellText.text(column, row)
    let plain = String(text.map { $0.isNewline ? "⏎" : $0 })
    return plain.count > cellLimit ? "\(plain.prefix(cellLimit - 1))…" : plain
  }
}
