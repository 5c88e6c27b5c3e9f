import Plans
import Schemas
import Syntax

/// The names of a `match`, as its aggregates see them: each is some of the rows of a match.
struct MatchSteps {
  /// In the order in which they are defined; there is one.
  let names: [String]
  /// Nil where it is wrong.
  let pattern: MatchPattern?
  /// The row that all steps have.
  let row: RowScope
  /// Whether what is looked at is a row, and the rows are those that were taken before it: of each
  /// name there may be none.
  var seesRowsBefore = false

  /// `n` of a plain `count(n)`.
  func counted(by call: CallSyntax) -> String? {
    guard call.arguments.count == 1, case .name(let name) = call.arguments[0].value.kind,
      names.contains(name.text)
    else { return nil }
    return name.text
  }

  /// The step whose rows these values are of; nil: they are of all rows of the match.
  func owner(
    of values: [Expression], counted: String?
  ) throws(MatchProblem) -> String? {
    var owners = Set(counted.map { [$0] } ?? [])
    var ofAll: Set<String> = []
    for column in values.reduce(into: Set<String>(), { $0.formUnion($1.columnNames) }) {
      if let (step, _) = RowScope.parts(of: column), names.contains(step) {
        owners.insert(step)
      } else {
        ofAll.insert(column)
      }
    }
    if owners.count > 1 || !owners.isEmpty && !ofAll.isEmpty {
      throw .mixedSteps(owners.sorted(), column: ofAll.min())
    }
    guard let owner = owners.first else { return nil }
    if isNever(owner) { throw .neverTaken(owner) }
    let time = "\(owner).\(RowScope.timeColumn)"
    guard row.field(named: RowScope.timeColumn) == nil else { return owner }
    for value in values where value.node != .column(time) && value.columnNames.contains(time) {
      throw .timeWithin(owner)
    }
    return owner
  }

  /// Whether a match may have no row of the step; nil: a match has rows.
  func mayLack(_ step: String?) -> Bool {
    if seesRowsBefore { return true }
    guard let pattern, let step, let number = names.firstIndex(of: step) else { return false }
    return !pattern.certainSteps.contains(number)
  }

  /// Whether no match has a row of the step, since it is one that must not come.
  func isNever(_ step: String) -> Bool {
    guard let pattern, let number = names.firstIndex(of: step) else { return false }
    return pattern.takenSteps[number] == nil
  }

  /// The same of a row by itself: `c` for `n.c`.
  func plain(_ value: Expression) -> Expression {
    var plain: [String: String] = [:]
    for name in value.columnNames {
      guard let (step, column) = RowScope.parts(of: name), names.contains(step) else { continue }
      let isTime = column == RowScope.timeColumn && row.field(named: column) == nil
      plain[name] = isTime ? MatchSpec.timeName : row.field(named: column)?.name ?? column
    }
    return value.renaming(plain)
  }
}
