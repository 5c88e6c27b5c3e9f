import Engine
import Plans

/// A failed expectation as a person reads it: what was expected and what came, side by side, with
/// `≠` before the cells that differ.
struct TestReport {
  /// Differences that are shown; the rest is counted.
  static let limit = 30
  let file: String
  let wantsColour: Bool

  func text(_ failure: TestOutcome.Failure) -> String {
    let expectation = failure.expectation
    var lines = ["  \(file):\(expectation.line): \(summary(failure))"]
    let shown = failure.differences.prefix(Self.limit)
    lines += table(failure.columns, Array(shown)).map { "    \($0)" }
    let left = failure.differences.count - shown.count
    if left > 0 { lines.append("    and \(left) more") }
    return lines.joined(separator: "\n") + "\n"
  }

  private func summary(_ failure: TestOutcome.Failure) -> String {
    let (came, equal) = (failure.actualCount, failure.equalCount)
    let expected = failure.expectation.rows.count
    let form =
      switch failure.expectation.comparison {
      case .all: ""
      case .contains: " among them"
      case .ordered: " in this order"
      }
    var text = "`\(failure.expectation.stream)`: \(came) row\(came == 1 ? "" : "s") came, "
    text += "\(expected) \(expected == 1 ? "was" : "were") expected\(form)"
    if came > 0, expected > 0 {
      text += "; \(equal == 0 ? "none matches" : equal == 1 ? "1 matches" : "\(equal) match")"
    }
    return text
  }

  private func table(_ columns: [String], _ rows: [RowDifference]) -> [String] {
    let left = [columns] + rows.map { side($0.expected, columns.count) }
    let right =
      [columns]
      + rows.map { row in
        side(row.actual, columns.count).enumerated().map { place, cell in
          row.differing.contains(place) ? "≠ \(cell)" : cell
        }
      }
    let widths = (Self.widths(left), Self.widths(right))
    let total = max(widths.0.reduce(0) { $0 + $1 + 2 } - 2, "expected".count)
    let heading = "expected" + String(repeating: " ", count: total - 8) + " │ actual"
    let lines = zip(left, right).enumerated().map { index, pair in
      let differing = index == 0 ? [] : rows[index - 1].differing
      let start = padded(pair.0, widths.0, differing)
      return start.text + String(repeating: " ", count: total - start.width) + " │ "
        + padded(pair.1, widths.1, differing).text
    }
    return [heading] + lines
  }

  /// A row that the other side alone has is a dash.
  private func side(_ cells: [String]?, _ count: Int) -> [String] {
    cells ?? ["–"] + Array(repeating: "", count: max(count - 1, 0))
  }

  private static func widths(_ rows: [[String]]) -> [Int] {
    (rows.first ?? []).indices.map { place in rows.map { $0[place].count }.max() ?? 0 }
  }

  /// The cells in columns, without spaces at the end, and how wide they look.
  private func padded(
    _ cells: [String], _ widths: [Int], _ differing: Set<Int>
  ) -> (text: String, width: Int) {
    let last = cells.lastIndex { !$0.isEmpty } ?? 0
    var (text, width) = ("", 0)
    for (place, cell) in cells.prefix(last + 1).enumerated() {
      let isMarked = wantsColour && differing.contains(place)
      text += isMarked ? "\u{1B}[1;31m\(cell)\u{1B}[0m" : cell
      width += cell.count
      guard place < last else { continue }
      let gap = widths[place] - cell.count + 2
      text += String(repeating: " ", count: gap)
      width += gap
    }
    return (text, width)
  }
}
