import TestKit

/// Rows of a table and rows that look them up, with every combination of nulls in their keys.
struct NullableKeys {
  /// A text, a number, and both.
  static let all = [["key"], ["f"], ["key", "f"]].flatMap { columns in
    [false, true].map { NullableKeys(columns: columns, areCoded: $0) }
  }

  let columns: [String]
  let areCoded: Bool

  /// The table's, each with a number in `d`.
  var tableRows: [ModelRow] {
    rows.enumerated().map { number, row in
      var row = row
      row.d = Int128(number)
      row.time = 0
      return row
    }
  }

  /// Those that look them up, later.
  var rows: [ModelRow] {
    let texts: [String?] = [nil, "", "a"]
    let numbers: [Double?] = [nil, 0, 2.5]
    return texts.flatMap { key in
      numbers.map { f in
        var row = ModelRow(partition: 0, place: 0, time: 1, watermark: .min)
        row.key = key
        row.f = f
        return row
      }
    }
  }

  private func key(_ row: ModelRow) -> [Cell]? {
    let cells = columns.map { WindowModel.cell(row, $0) }
    return cells.contains(.null) ? nil : cells
  }

  /// What each of the rows finds in `d`.
  var found: [Cell] {
    rows.map { row in
      guard let key = key(row) else { return .null }
      return tableRows.last { self.key($0) == key }.map { WindowModel.cell($0, "d") } ?? .null
    }
  }

  var keptCount: Int { Set(rows.compactMap(key)).count }
}
