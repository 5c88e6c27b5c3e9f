import Diagnostics
import Plans
import Schemas
import Syntax

/// The stages that make, change and leave out columns.
extension StreamChecker {
  /// A column of a new row.
  struct NewColumn {
    var named: NamedExpression
    var isHidden: Bool
  }

  func map(_ items: [ColumnItemSyntax], _ stage: StageSyntax) {
    var columns: [NewColumn] = []
    var seen: [String: Span] = [:]
    var isWrong = false
    func append(_ name: String, _ value: Typed, at span: Span) {
      if let first = seen[name] {
        return report(NameProblem.columnTwice(name, first: first), at: span)
      }
      seen[name] = span
      guard let expression = settle(value, at: span) else { return isWrong = true }
      columns.append(NewColumn(named: NamedExpression(name, expression), isHidden: false))
    }
    let checker = checker
    for item in items {
      switch item {
      case .computed(let assignment):
        append(assignment.name.text, checker.check(assignment.value), at: assignment.name.span)
      case .carried(let column):
        append(column.name.text, self.column(column, checker), at: column.span)
      case .all(let side, let span):
        let found = current.scope.columns(ofSide: side.text)
        if found.isEmpty, !current.isUnknown {
          report(NameProblem.unknownSide(side.text, sides: current.scope.sides), at: side.span)
        }
        for (short, field) in found { append(short, Typed(.column(field)), at: span) }
      }
    }
    guard !current.isUnknown else { return lose() }
    // A side ends here, and what is hidden of it.
    let scope = current.scope
    let hidden = scope.fields.filter { field in
      field.isHidden && seen[field.name] == nil
        && !scope.sides.contains { field.name.hasPrefix($0 + ".") }
    }
    columns += hidden.map {
      NewColumn(named: NamedExpression($0.name, .column($0)), isHidden: true)
    }
    project(columns, "map", stage, isWrong: isWrong, sides: [], names: seen.keys.sorted())
  }

  /// A value that may become a column; null needs a type.
  func settle(_ value: Typed, at span: Span) -> Expression? {
    if value.isUntyped { report(TypeProblem.untyped(value.type), at: span) }
    return value.type.holdsUnknown ? nil : value.expression
  }

  /// `c`, `n.c`.
  func column(_ reference: ColumnReferenceSyntax, _ checker: ExpressionChecker) -> Typed {
    guard let side = reference.side else { return checker.column(reference.name) }
    return checker.member(
      ExpressionSyntax(.name(side), side.span), reference.name, at: reference.span)
  }

  func with(_ assignments: [AssignmentSyntax], _ stage: StageSyntax) {
    guard isBounded(assignments) else { return lose() }
    let checker = checker
    var columns = current.scope.fields.map {
      NewColumn(named: NamedExpression($0.name, .column($0)), isHidden: $0.isHidden)
    }
    var seen: [String: Span] = [:]
    var isWrong = false
    for assignment in assignments {
      let name = assignment.name.text
      if let first = seen[name] {
        report(NameProblem.columnTwice(name, first: first), at: assignment.name.span)
        continue
      }
      guard isNoSide(assignment.name) else {
        isWrong = true
        continue
      }
      seen[name] = assignment.name.span
      guard let value = settle(checker.check(assignment.value), at: assignment.value.span) else {
        // A wrong column is there all the same, so that nothing more is said about its name.
        isWrong = true
        current.scope.fields.removeAll { $0.name == name }
        current.scope.fields.append(Field(name, FieldType(.unknown)))
        continue
      }
      let column = NewColumn(named: NamedExpression(name, value), isHidden: false)
      if let index = columns.firstIndex(where: { $0.named.name == name }) {
        columns[index] = column
      } else {
        columns.append(column)
      }
    }
    guard !current.isUnknown else { return }
    let sides = current.scope.sides
    project(columns, "with", stage, isWrong: isWrong, sides: sides, names: seen.keys.sorted())
  }

  /// Whether a column may have the name: `n.c` would be a part of it, where `n` is a side. Reports
  /// it otherwise.
  func isNoSide(_ name: Identifier) -> Bool {
    guard current.scope.sides.contains(name.text) else { return true }
    report(StageProblem.sideClash(name.text), at: name.span)
    return false
  }

  func drop(_ dropped: [ColumnReferenceSyntax], _ stage: StageSyntax) {
    guard !current.isUnknown else { return }
    let checker = checker
    var names: Set<String> = []
    for reference in dropped {
      if case .column(let name) = column(reference, checker).expression.node { names.insert(name) }
    }
    let left = current.scope.fields.filter { !names.contains($0.name) }
    guard left.contains(where: { !$0.isHidden }) else {
      return report(StageProblem.noColumns, at: stage.span)
    }
    let columns = left.map {
      NewColumn(named: NamedExpression($0.name, .column($0)), isHidden: $0.isHidden)
    }
    project(columns, "drop", stage, isWrong: false, sides: current.scope.sides, names: [])
  }

  func rename(_ renames: [RenameSyntax], _ stage: StageSyntax) {
    guard !current.isUnknown else { return }
    let checker = checker
    var newNames: [String: Identifier] = [:]
    for rename in renames {
      if case .column(let name) = column(rename.old, checker).expression.node,
        isNoSide(rename.new)
      {
        newNames[name] = rename.new
      }
    }
    var seen: [String: Span] = [:]
    var columns: [NewColumn] = []
    for field in current.scope.fields {
      let new = newNames[field.name]
      let name = new?.text ?? field.name
      let span = new?.span ?? stage.keyword.span
      if let first = seen[name] {
        report(NameProblem.columnTwice(name, first: first), at: new?.span ?? first)
        continue
      }
      seen[name] = span
      columns.append(
        NewColumn(
          named: NamedExpression(name, .column(field)), isHidden: field.isHidden && new == nil))
    }
    project(columns, "rename", stage, isWrong: false, sides: current.scope.sides, names: [])
  }

  /// Ends a stage: a projection or another kind, or after a mistake only its columns.
  func project(
    _ columns: [NewColumn], _ word: String, _ stage: StageSyntax, isWrong: Bool, sides: [String],
    names: [String], as kind: ([NamedExpression]) -> LogicalKind = LogicalKind.project
  ) {
    let fields = columns.map {
      Field($0.named.name, $0.named.expression.fieldType, hidden: $0.isHidden)
    }
    var scope = RowScope(fields, sides: sides)
    scope.windowBounds = current.scope.bounds(carriedBy: columns.map(\.named))
    // Of columns that stay what they are.
    let same = columns.map(\.named).filter { $0.expression.node == .column($0.name) }
    let kept = Set(same.map(\.name))
    scope.synonyms = current.scope.synonyms.filter { full, own in
      kept.contains(own) && sides.contains { full.hasPrefix($0 + ".") }
    }
    if isWrong {
      // What could not be typed is there with an unknown type.
      for name in names where scope.field(named: name) == nil {
        scope.fields.append(Field(name, FieldType(.unknown)))
      }
      current.scope = scope
      return
    }
    let named = columns.map(\.named)
    _ = add(
      kind(named), word, scope, stage, mode: graph.mode(of: current.input, behind: named))
  }
}
