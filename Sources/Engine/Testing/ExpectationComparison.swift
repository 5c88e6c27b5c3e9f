import Columns
import Plans
import Schemas

/// Holds the rows of a stream against what a test expects of it.
struct ExpectationComparison {
  /// Rows of each side that are paired by likeness; more differ in some other way.
  private static let pairedRows = 200

  private let expectation: TestExpectation
  private let schema: Schema?
  private let actual: [[Literal]]
  /// The columns that are compared and shown.
  private let columns: [String]

  init(_ expectation: TestExpectation, actual batches: [Batch]) {
    self.expectation = expectation
    schema = batches.first?.schema
    actual = StandingRows(batches).rows
    var columns: [String] = []
    for name in expectation.rows.flatMap({ $0.map(\.column) }) where !columns.contains(name) {
      columns.append(name)
    }
    if columns.isEmpty { columns = batches.first?.schema.visibleFields.map(\.name) ?? [] }
    self.columns = columns
  }

  /// nil: all is as expected.
  var failure: TestOutcome.Failure? {
    switch expectation.comparison {
    case .ordered: orderedFailure
    case .all, .contains: unorderedFailure
    }
  }

  private func fits(_ expected: Int, _ row: Int) -> Bool {
    expectation.rows[expected].allSatisfy { isEqual($0, row) }
  }

  private func isEqual(_ cell: TestCell, _ row: Int) -> Bool {
    guard let place = schema?.index(of: cell.column), actual[row].indices.contains(place) else {
      return false
    }
    return TestRowConversion.matches(actual[row][place], cell.value, cell.type)
  }

  private var unorderedFailure: TestOutcome.Failure? {
    let count = expectation.rows.count
    let partners = RowMatching(expected: count, actual: actual.count, fits: fits).partners
    let missing = (0..<count).filter { partners[$0] == nil }
    let found = Set(partners.compactMap { $0 })
    let left = actual.indices.filter { !found.contains($0) }
    guard !missing.isEmpty || (expectation.comparison == .all && !left.isEmpty) else { return nil }
    var pairs = paired(missing, left)
    // Rows that nobody asked about are shown only beside the ones they are most like.
    if expectation.comparison == .contains { pairs.removeAll { $0.expected == nil } }
    return failure(pairs, equal: found.count)
  }

  private var orderedFailure: TestOutcome.Failure? {
    let count = expectation.rows.count
    var pairs: [(expected: Int?, actual: Int?)] = []
    for index in 0..<max(count, actual.count) {
      let (expected, row) = (index < count ? index : nil, index < actual.count ? index : nil)
      if let expected, let row, fits(expected, row) { continue }
      pairs.append((expected, row))
    }
    guard !pairs.isEmpty else { return nil }
    return failure(pairs, equal: max(count, actual.count) - pairs.count)
  }

  /// Each missing row beside the one left over that it is most like; the rest alone.
  private func paired(_ missing: [Int], _ left: [Int]) -> [(expected: Int?, actual: Int?)] {
    var candidates: [(expected: Int, actual: Int, likeness: Int)] = []
    for expected in missing.prefix(Self.pairedRows) {
      for row in left.prefix(Self.pairedRows) {
        let likeness = expectation.rows[expected].count { isEqual($0, row) }
        if likeness > 0 { candidates.append((expected, row, likeness)) }
      }
    }
    var rows: [Int: Int] = [:]
    var used: Set<Int> = []
    for pair in candidates.sorted(by: { $0.likeness > $1.likeness })
    where rows[pair.expected] == nil && !used.contains(pair.actual) {
      rows[pair.expected] = pair.actual
      used.insert(pair.actual)
    }
    return missing.map { ($0, rows[$0]) } + left.filter { !used.contains($0) }.map { (nil, $0) }
  }

  private func failure(
    _ pairs: [(expected: Int?, actual: Int?)], equal: Int
  ) -> TestOutcome.Failure {
    TestOutcome.Failure(
      expectation: expectation, actualCount: actual.count, equalCount: equal, columns: columns,
      differences: pairs.map(difference))
  }

  private func difference(_ pair: (expected: Int?, actual: Int?)) -> RowDifference {
    let cells = pair.expected.map { expectation.rows[$0] }
    let expected = cells.map { cells in
      columns.map { name in
        cells.first { $0.column == name }.map { text($0.value, $0.type) } ?? ""
      }
    }
    let found = pair.actual.map { row in
      columns.map { name in
        schema?.index(of: name).map { text(actual[row][$0], schema?[$0].type ?? .string) } ?? ""
      }
    }
    var differing: Set<Int> = []
    if let cells, let row = pair.actual {
      for (place, name) in columns.enumerated() {
        if let cell = cells.first(where: { $0.column == name }), !isEqual(cell, row) {
          differing.insert(place)
        }
      }
    }
    return RowDifference(expected: expected, actual: found, differing: differing)
  }

  private func text(_ literal: Literal, _ type: DataType) -> String {
    if type.isNested, case .string(let json) = literal { return json }
    return Expression.literal(literal, type).description
  }
}
