import Diagnostics
import Plans
import Schemas
import Syntax

/// `fold by … [expire after D] { … } { … }`
extension StreamChecker {
  func fold(_ fold: FoldStageSyntax, _ stage: StageSyntax) {
    requireEventTime("fold", stage)
    guard isBounded(fold), isBounded(fold.columns) else { return lose() }
    let keys = rowKeys(fold.by, of: "fold")
    let expiry = fold.expireAfter.flatMap { positive($0, "`expire after`") }
    let (states, areStatesWrong) = states(fold)
    var names: [String: Span] = [:]
    let (columns, areColumnsWrong) = columns(of: fold, states, &names)
    let isWrong =
      areStatesWrong || areColumnsWrong || keys == nil || (fold.expireAfter != nil && expiry == nil)
    guard !current.isUnknown else { return lose() }
    let place = fold.by.last?.span.after
    project(
      columns, "fold", stage, isWrong: isWrong, sides: current.scope.sides,
      names: names.keys.sorted()
    ) { columns in
      .fold(FoldSpec(keys: keys ?? [], expiry: expiry, states: states, columns: columns))
    }
    guard !isWrong, expiry == nil, let place else { return }
    graph.expiryPlaces[current.input.node] = (place, " expire after 30d")
  }

  /// The columns of the result, and whether one of them is wrong.
  private func columns(
    of fold: FoldStageSyntax, _ states: [FoldSpec.State], _ names: inout [String: Span]
  ) -> ([NewColumn], areWrong: Bool) {
    var scope = current.scope
    scope.fields += states.map(\.field)
    let block = ExpressionChecker(definitions, scope)
    var columns = current.scope.fields.map {
      NewColumn(named: NamedExpression($0.name, .column($0)), isHidden: $0.isHidden)
    }
    let known = Dictionary(
      states.map { ($0.field.name, $0) }, uniquingKeysWith: { first, _ in first })
    // Of states that are called like a side it was told.
    let refused = Set(fold.state.map(\.name.text)).intersection(current.scope.sides)
    var areWrong = false
    for assignment in fold.columns {
      let name = assignment.name.text
      guard !refused.contains(name), isNoSide(assignment.name) else {
        areWrong = true
        continue
      }
      guard isFirst(name, assignment.name.span, &names) else { continue }
      guard let value = value(of: assignment, known[name], block) else {
        areWrong = true
        columns.removeAll { $0.named.name == name }
        continue
      }
      let column = NewColumn(named: NamedExpression(name, value), isHidden: false)
      if let index = columns.firstIndex(where: { $0.named.name == name }) {
        columns[index] = column
      } else {
        columns.append(column)
      }
    }
    for state in fold.state where names[state.name.text] == nil {
      guard !refused.contains(state.name.text) else { continue }
      report(StageProblem.stateNeverChanges(state.name.text), at: state.name.span)
    }
    return (columns, areWrong)
  }

  /// Expressions see states as columns.
  private func isBounded(_ fold: FoldStageSyntax) -> Bool {
    let most = StreamGraph.mostColumns
    guard fold.state.count > most else { return true }
    report(StageProblem.tooManyColumns(most), at: fold.state[most].name.span)
    return false
  }

  private func value(
    of assignment: AssignmentSyntax, _ state: FoldSpec.State?, _ block: ExpressionChecker
  ) -> Expression? {
    guard let state else {
      return settle(block.check(assignment.value), at: assignment.value.span)
    }
    let value = block.check(
      assignment.value, as: state.field.fieldType, place: "state `\(state.field.name)`")
    return value.type.holdsUnknown ? nil : value
  }

  /// The states, and whether one of them is wrong. A wrong one is there all the same, so that
  /// nothing more is said about its name.
  private func states(_ fold: FoldStageSyntax) -> ([FoldSpec.State], areWrong: Bool) {
    var states: [FoldSpec.State] = []
    var names: [String: Span] = [:]
    var areWrong = false
    for state in fold.state {
      let name = state.name.text
      guard isFirst(name, state.name.span, &names) else {
        areWrong = true
        continue
      }
      guard isNoSide(state.name) else {
        areWrong = true
        continue
      }
      if current.scope.field(named: name) != nil {
        report(StageProblem.stateClash(name), at: state.name.span)
        areWrong = true
        continue
      }
      guard let type = definitions.type(state.type), let first = first(of: state, type) else {
        let field = Field(name, FieldType(.unknown))
        states.append(FoldSpec.State(field: field, first: Typed.wrong.expression))
        areWrong = true
        continue
      }
      states.append(FoldSpec.State(field: Field(name, type), first: first))
    }
    return (states, areWrong)
  }

  /// The first value of a state, which is known before the first row.
  private func first(of state: FoldStageSyntax.State, _ type: FieldType) -> Expression? {
    let place = "the first value of a state"
    let outside = ExpressionChecker(definitions, RowScope([]))
    let value = outside.check(state.initial, as: type, place: place)
    if value.type.holdsUnknown { return nil }
    if type.type.isNested, value.isConstant { return value }
    guard outside.constant(state.initial, as: type, place: place) != nil else { return nil }
    return value
  }
}
