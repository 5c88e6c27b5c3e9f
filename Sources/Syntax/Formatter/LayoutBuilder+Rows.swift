import Diagnostics

/// The rows of tests: as a table if they are alike.
extension LayoutBuilder {
  /// What a row may take of a line: steps are indented by 2, rows by 4.
  private static let rowWidth = DefinitionFormatter.width - 4

  /// The current token is the opening bracket.
  mutating func addRows(_ rows: [ObjectSyntax]) {
    let cells = rows.map { self.cells(of: $0) }
    let widths = cells.map { $0.map(Self.width) }
    let needed = widths.reduce(lineWidth + 3) { $0 + ($1 ?? Self.rowWidth) + 2 }
    let fits = needed <= Self.rowWidth + 2
    let hasLines = tokens[index + 1].startsLine || !fits
    let style = BlockStyle(isOpen: rows.count > 0 && hasLines)
    let paddings = hasLines ? self.paddings(of: rows, cells) : [:]
    var place = 0
    addBlock(rows, style) { builder, row in
      builder.addRow(row, padding: paddings[place])
      place += 1
    }
  }

  /// The width of the line that is being written.
  private var lineWidth: Int {
    var width = 0
    for piece in pieces.reversed() {
      switch piece {
      case .text(let text): width += text.count
      case .open, .close: break
      default: return width
      }
    }
    return width
  }

  private static func width(_ cells: [String]) -> Int {
    cells.isEmpty ? 2 : cells.reduce(4) { $0 + $1.count } + 2 * (cells.count - 1)
  }

  /// The members of a row as they are written; nil if it does not stand on one line.
  private func cells(of row: ObjectSyntax) -> [String]? {
    var builder = self
    builder.pieces = []
    let start = tokenIndex(at: row.span.start)
    builder.index = start
    let end = builder.closingIndex
    // What deletes a row is no line of a table.
    guard row.deletion == nil, !tokens[start + 1].startsLine || row.members.isEmpty,
      !hasComments(before: start + 1..<end + 1)
    else { return nil }
    builder.index += 1
    var cells: [String] = []
    for member in row.members {
      builder.skipComma()
      builder.pieces = []
      builder.joint = ""
      builder.addMember(member)
      let text = LayoutRenderer(builder.pieces, width: .max / 2).text().dropLast()
      if text.contains("\n") { return nil }
      cells.append(String(text))
    }
    return cells
  }

  /// For each row of a table the spaces behind each cell. A table is rows below one another of the
  /// same names, as far as these go.
  private func paddings(of rows: [ObjectSyntax], _ cells: [[String]?]) -> [Int: [Int]] {
    var paddings: [Int: [Int]] = [:]
    var start = 0
    while start < rows.count {
      var end = start
      while end < rows.count, let row = cells[end], Self.width(row) <= Self.rowWidth,
        end == start || !hasBlank(before: rows[end])
      {
        end += 1
      }
      let table = Self.table(rows[start..<end], cells[start..<end].compactMap(\.self))
      for (place, row) in table.enumerated() { paddings[start + place] = row }
      start = max(end, start + 1)
    }
    return paddings
  }

  private func hasBlank(before row: ObjectSyntax) -> Bool {
    let before = tokens[tokenIndex(at: row.span.start) - 1].span.end
    return tree.file.bytes[Int(before)..<Int(row.span.start)].count { $0 == 0x0A } > 1
  }

  private static func table(_ rows: ArraySlice<ObjectSyntax>, _ cells: [[String]]) -> [[Int]] {
    guard rows.count > 1 else { return [] }
    let names = rows.map { $0.members.map(\.name.text) }
    var columns = 0
    while let name = names[0].dropFirst(columns).first,
      names.allSatisfy({ $0.dropFirst(columns).first == name })
    {
      columns += 1
    }
    let widths = (0..<columns).map { column in cells.map { $0[column].count }.max() ?? 0 }
    let paddings = cells.map { row in
      row.indices.map { column in
        column < columns && column < row.count - 1 ? widths[column] - row[column].count : 0
      }
    }
    let isTooWide = zip(cells, paddings).contains { width($0) + $1.reduce(0, +) > rowWidth }
    return isTooWide ? [] : paddings
  }

  private mutating func addRow(_ row: ObjectSyntax, padding: [Int]?) {
    if row.deletion != nil { take() }
    guard !tokens[index + 1].startsLine, !row.members.isEmpty,
      !hasComments(before: index + 1..<closingIndex + 1)
    else { return addObject(row) }
    take()
    group(.fill) { builder in
      builder.indented { builder in
        for (place, member) in row.members.enumerated() {
          builder.skipComma()
          if place == 0 { builder.joint = " " } else { builder.write(",") }
          if place > 0, let padding, padding[place - 1] > 0 {
            builder.joint = String(repeating: " ", count: padding[place - 1] + 1)
          } else if place > 0 {
            builder.breakLine()
          }
          builder.addMember(member)
        }
        builder.skipComma()
        builder.take(" ")
      }
    }
  }
}
