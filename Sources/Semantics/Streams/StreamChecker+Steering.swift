import Diagnostics
import Plans
import Schemas
import Syntax

/// `steered by TABLE on EXPR [required]`
extension StreamChecker {
  /// What steers the tasks of a stage, and the rows of its table where they come. Nil where it is
  /// wrong, which was reported.
  func steering(
    _ syntax: SteeringSyntax, _ values: RowValues
  ) -> (spec: SteeringSpec, rows: LogicalInput?)? {
    guard let table = graph.table(syntax.table) else { return nil }
    let name = syntax.table.text
    let kept = rows(of: table, name, at: syntax.table.span)
    let isSound = checkColumns(of: table, name, at: syntax.table.span)
    guard let kept, isSound, let key = table.keys.first else { return nil }
    let value = checker.check(syntax.on)
    guard let adapted = Conversion.adapt(value, to: key.type) else {
      checker.reportMisfit(
        value, expected: key.type, place: "the key `\(key.name)` of `\(name)`",
        at: syntax.on.span)
      return nil
    }
    guard adapted.type != .unknown else { return nil }
    let spec = SteeringSpec(
      table: name, key: values.name(of: adapted), tableKey: key.name,
      hasRate: table.fields.contains { $0.name == SteeringSpec.rateColumn }, rows: kept.rows,
      isRequired: syntax.isRequired)
    return (spec, kept.input)
  }

  /// Where the latest rows of its keys are found.
  private func rows(
    of table: ResolvedTable, _ name: String, at span: Span
  ) -> (rows: SteeringSpec.Rows, input: LogicalInput?)? {
    switch table.rows {
    case .loaded(let node): return (.loaded(node), nil)
    case .latest(let rows, nil, let isReadFirst):
      return (isReadFirst ? .table : .stream, rows.input)
    case .latest: report(SteeringProblem.expires(table: name), at: span)
    case .asked: report(SteeringProblem.asked(table: name), at: span)
    case .versions: report(SteeringProblem.versioned(table: name), at: span)
    }
    return nil
  }

  private func checkColumns(of table: ResolvedTable, _ name: String, at span: Span) -> Bool {
    var problems: [SteeringProblem] = []
    if table.keys.count != 1 {
      problems.append(.keyCount(table: name, table.keys.count))
    } else if ![DataType.string, .int, .unknown].contains(table.keys[0].type) {
      problems.append(.keyType(table: name, table.keys[0]))
    }
    let (state, rate) = (SteeringSpec.stateColumn, SteeringSpec.rateColumn)
    if !table.fields.contains(where: { $0.name == state }) {
      problems.append(.noState(table: name, columns: table.fields.map(\.name)))
    }
    for (column, type) in [(state, DataType.string), (rate, DataType.float)] {
      guard let field = table.fields.first(where: { $0.name == column }),
        ![type, DataType.unknown].contains(field.type)
      else { continue }
      problems.append(.type(field, wanted: type))
    }
    for problem in problems { report(problem, at: span) }
    return problems.isEmpty
  }
}
