import Diagnostics

/// `execute`.
extension Parser {
  mutating func parseExecute() -> StageKindSyntax {
    let task = expectIdentifier("a task") ?? missingIdentifier
    var execute = ExecuteStageSyntax(task: task, name: expectAlias(), steering: nil)
    while !isLost {
      let place = current.span
      if skipWord("steered") {
        noteRepeated("steered", place, execute.steering?.table.span)
        execute.steering = expectSteering()
      } else if !correctWord(among: ["steered"]) {
        break
      }
    }
    return .execute(execute)
  }

  /// `by TABLE on EXPR [required]`
  private mutating func expectSteering() -> SteeringSyntax? {
    guard expectWord("by") else { return nil }
    let table = expectIdentifier("a table") ?? missingIdentifier
    guard !isLost, expectWord("on") else { return nil }
    let on = expectClauseExpression()
    guard !isLost else { return SteeringSyntax(table: table, on: on, isRequired: false) }
    let isRequired =
      skipWord("required") || correctWord(among: ["required"]) && skipWord("required")
    return SteeringSyntax(table: table, on: on, isRequired: isRequired)
  }
}
