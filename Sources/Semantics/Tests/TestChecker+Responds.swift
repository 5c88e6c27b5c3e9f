import Diagnostics
import Plans
import Schemas
import Syntax

/// How calls are answered: `given send responds 429 twice`, `[503, timeout, 200]`,
/// `{ status: 200, response: { id: "m1" } } always`.
extension TestChecker {
  func responds(_ task: Identifier, _ syntax: OptionValueSyntax) -> PipelineTest.Step? {
    guard let declared = graph.task(task) else { return nil }
    var (value, repeats) = (syntax, TaskRepeats.once)
    if case .qualified(let inner, let qualifiers) = syntax.kind {
      guard qualifiers.count == 1, let said = TaskRepeats(rawValue: qualifiers[0].word.text) else {
        return wrong(syntax, declared.spec)
      }
      (value, repeats) = (inner, said)
    }
    let answers = value.items.map { answer($0, declared.spec) }
    guard !answers.isEmpty, !answers.contains(nil) else { return nil }
    let script = answers.compactMap(\.self)
    return .responds(
      task: task.text,
      TaskScript(
        repeats == .twice ? script + script : script, isLasting: repeats == .always))
  }

  private enum TaskRepeats: String {
    case once, twice, always
  }

  private func answer(_ syntax: OptionValueSyntax, _ task: TaskSpec) -> TaskScript.Answer? {
    if case .object(let block) = syntax.kind { return answer(block, task, syntax) }
    switch graph.options.plain(syntax) {
    case .int(let status) where task.kindOfCalls.statuses.contains(Int(clamping: status)):
      return TaskScript.Answer(.status(Int(status)))
    case .word("timeout"): return TaskScript.Answer(.timeout)
    case .word("connect"): return TaskScript.Answer(.connect)
    case .word("broken"): return TaskScript.Answer(.broken)
    case .word("errors") where task.kindOfCalls.hasErrors: return TaskScript.Answer(.errors)
    default: return wrong(syntax, task)
    }
  }

  /// `{ status: 200, response: { id: "m1" } }`
  private func answer(
    _ block: OptionBlockSyntax, _ task: TaskSpec, _ syntax: OptionValueSyntax
  ) -> TaskScript.Answer? {
    var answer = TaskScript.Answer(.status(task.kindOfCalls.usualStatus))
    for option in block.options {
      switch option.name.text {
      case "status":
        guard case .int(let status)? = graph.options.plain(option.value),
          task.kindOfCalls.statuses.contains(Int(clamping: status))
        else { return wrong(option.value, task) }
        answer.end = .status(Int(status))
      case "response":
        guard let response = response(option.value, task) else { return nil }
        answer.response = response
      default: return wrong(syntax, task)
      }
    }
    return answer
  }

  /// The object that the server would give, under its own names.
  private func response(_ syntax: OptionValueSyntax, _ task: TaskSpec) -> String? {
    guard case .object(let block) = syntax.kind else { return wrong(syntax, task) }
    var members: [String] = []
    for option in block.options {
      guard let column = task.response.first(where: { $0.field.name == option.name.text }) else {
        definitions.log.report(
          NameProblem.unknownColumn(option.name.text, columns: task.response.map(\.field.name)),
          at: option.name.span)
        return nil
      }
      guard let expression = literal(option.value) else { return wrong(option.value, task) }
      let field = Field(column.field.name, column.field.type, nullable: true)
      guard let value = value(expression, field) else { return nil }
      let name = if case .field(let name) = column.origin { name } else { column.field.name }
      // A nested value is JSON already.
      let text =
        if field.type.isNested, case .string(let json) = value { json } else {
          NestedLiteralText.scalar(value, field.type) ?? "null"
        }
      members.append("\(Self.quoted(name)):\(text)")
    }
    return "{\(members.joined(separator: ","))}"
  }

  /// A list or block of an option as the list or struct that it says.
  private func literal(_ syntax: OptionValueSyntax) -> ExpressionSyntax? {
    switch syntax.kind {
    case .expression(let expression): return expression
    case .list(let values):
      let items = values.map { literal($0) }
      return items.contains(where: { $0 == nil })
        ? nil : ExpressionSyntax(.list(items.compactMap(\.self)), syntax.span)
    case .object(let block):
      var members: [ObjectSyntax.Member] = []
      for option in block.options {
        guard let value = literal(option.value) else { return nil }
        members.append(ObjectSyntax.Member(name: option.name, value: value))
      }
      return ExpressionSyntax(
        .object(ObjectSyntax(members: members, span: block.span)), syntax.span)
    default: return nil
    }
  }

  private func wrong<Value>(_ syntax: OptionValueSyntax, _ task: TaskSpec) -> Value? {
    if !graph.options.isReportedAlready(syntax) {
      let statuses = task.kindOfCalls.statuses
      definitions.log.report(
        TestProblem.noAnswer(definitions.text(syntax.span), statuses: statuses), at: syntax.span)
    }
    return nil
  }
}
