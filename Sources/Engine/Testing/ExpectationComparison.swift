import Columns
import Plans
import Schemas

/// Holds the rows of a stream against what a test expects of it.
struct ExpectationComparison {
  private let expectation: TestExpectation
  private let schema: Schema?
  private let actual: [[Literal]]

  init(_ expectation: TestExpectation, actual batches: [Batch]) {
    self.expectation = expectation
    schema = batches.first?.schema
    actual = batches.map { $0.gathered() }.flatMap { batch in
      (0..<batch.rowCount).map { row in
        batch.columns.map { TestRowConversion.literal($0, row) }
      }
    }
  }

  /// nil: all is as expected.
  var failure: TestOutcome.Failure? {
    switch expectation.comparison {
    case .ordered: orderedFailure
    case .all, .contains: unorderedFailure
    }
  }

  private func fits(_ row: [Literal], _ expected: [TestCell]) -> Bool {
    expected.allSatisfy { cell in
      guard let place = schema?.index(of: cell.column), row.indices.contains(place) else {
        return false
      }
      return TestRowConversion.matches(row[place], cell.value)
    }
  }

  private var unorderedFailure: TestOutcome.Failure? {
    var left = Array(actual.indices)
    var missing: [[TestCell]] = []
    // A row that names more columns fits fewer rows, and so chooses first.
    for expected in expectation.rows.sorted(by: { $0.count > $1.count }) {
      if let at = left.firstIndex(where: { fits(actual[$0], expected) }) {
        left.remove(at: at)
      } else {
        missing.append(expected)
      }
    }
    let unexpected = expectation.comparison == .all ? left.map { actual[$0] } : []
    guard !missing.isEmpty || !unexpected.isEmpty else { return nil }
    return failure(missing, unexpected)
  }

  private var orderedFailure: TestOutcome.Failure? {
    let isSame =
      actual.count == expectation.rows.count
      && zip(actual, expectation.rows).allSatisfy { fits($0, $1) }
    return isSame ? nil : failure(expectation.rows, actual)
  }

  private func failure(
    _ missing: [[TestCell]], _ unexpected: [[Literal]]
  ) -> TestOutcome.Failure {
    let names = expectation.rows.flatMap { $0.map(\.column) }
    var columns: [String] = []
    for name in names where !columns.contains(name) { columns.append(name) }
    if columns.isEmpty { columns = schema?.visibleFields.map(\.name) ?? [] }
    let wanted = missing.map { row in
      columns.map { name in row.first { $0.column == name }.map { text($0.value, $0.type) } ?? "" }
    }
    let found = unexpected.map { row in
      columns.map { name in
        schema?.index(of: name).map { text(row[$0], schema?[$0].type ?? .string) } ?? ""
      }
    }
    return TestOutcome.Failure(
      line: expectation.line,
      message:
        "expected \(expectation.rows.count) rows of `\(expectation.stream)`"
        + " (\(expectation.comparison.rawValue)), there were \(actual.count)",
      missing: wanted.isEmpty ? [] : [columns] + wanted,
      unexpected: found.isEmpty ? [] : [columns] + found)
  }

  private func text(_ literal: Literal, _ type: DataType) -> String {
    Expression.literal(literal, type).description
  }
}
