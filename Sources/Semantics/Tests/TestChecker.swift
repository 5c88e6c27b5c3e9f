import Diagnostics
import Plans
import Schemas
import Syntax

/// Turns `test` blocks into typed data.
final class TestChecker {
  let graph: StreamGraph
  let definitions: Definitions
  /// The streams that tests look at, as written.
  private(set) var streams: [String: LogicalInput] = [:]

  /// Where the parser found a mistake.
  private let syntaxMistakes: [Span]

  init(graph: StreamGraph, syntaxMistakes: [Span]) {
    self.graph = graph
    self.syntaxMistakes = syntaxMistakes
    definitions = graph.definitions
  }

  func check(_ declarations: [DeclarationSyntax]) -> [PipelineTest] {
    var tests: [PipelineTest] = []
    var names: [String: Span] = [:]
    for case .test(let declaration) in declarations {
      let name = declaration.name.constant ?? definitions.text(declaration.name.span)
      if let first = names[name] {
        definitions.log.report(
          TestProblem.nameTwice(name, first: first), at: declaration.name.span)
      }
      names[name] = names[name] ?? declaration.name.span
      let steps = check(declaration)
      tests.append(
        PipelineTest(name: name, steps: steps, line: definitions.line(declaration.head.span)))
    }
    return tests
  }

  private func check(_ declaration: TestDeclaration) -> [PipelineTest.Step] {
    var steps: [PipelineTest.Step] = []
    var latest: Int64?
    var expects = false
    for step in declaration.steps {
      switch step.kind {
      case .given(let reference, let rows):
        if let rows = given(reference, rows, step) { steps.append(.given(rows)) }
      case .expect(let reference, let comparison, let rows):
        expects = true
        if let expectation = expect(reference, comparison, rows, step) {
          steps.append(.expect(expectation))
        }
      case .advance(let syntax):
        let value = definitions.constant(syntax, as: .timestamp, place: "the time")
        guard case .timestamp(let time)? = value else { continue }
        if let latest, time < latest {
          definitions.log.report(TestProblem.backwards, at: syntax.span)
        }
        latest = time
        steps.append(.advance(to: time))
      case .crashAndRestore: steps.append(.crashAndRestore)
      case .restart(let syntax):
        let value = definitions.constant(syntax, as: .int, place: "parallelism")
        guard case .int(let count)? = value else { continue }
        if !(1...1024).contains(count) {
          definitions.log.report(TestProblem.badParallelism, at: syntax.span)
        }
        steps.append(.restart(parallelism: Int(clamping: count)))
      case .hold: steps.append(.hold)
      case .responds(let task, let answer):
        if let step = responds(task, answer) { steps.append(step) }
      case .upgrade(let path):
        guard let text = path.constant, !text.isEmpty else {
          definitions.log.report(TestProblem.upgradeFromNothing, at: path.span)
          continue
        }
        steps.append(.upgrade(from: text))
      }
    }
    if !expects, !isBroken(declaration.head.span) {
      definitions.log.report(TestProblem.noExpectation, at: declaration.name.span)
    }
    return steps
  }

  /// What the parser passed over may have held the expectation.
  private func isBroken(_ test: Span) -> Bool {
    syntaxMistakes.contains {
      $0.file == test.file && test.start <= $0.start && $0.start <= test.end
    }
  }

  private func expect(
    _ reference: StreamReferenceSyntax, _ comparison: TestStepSyntax.Comparison,
    _ rows: [ObjectSyntax], _ step: TestStepSyntax
  ) -> TestExpectation? {
    let output = graph.output(reference)
    guard !output.isUnknown else { return nil }
    let name = reference.path.map(\.text).joined(separator: ".")
    streams[name] = output.input
    for word in rows.compactMap(\.deletion) {
      definitions.log.report(TestProblem.deletionExpected, at: word)
    }
    let mayLack = isBehindServer(output.input)
    let cells = rows.map { row in
      row.members.compactMap { member -> TestCell? in
        // Columns that are not shown are not in the rows that are looked at.
        guard let field = output.scope.field(named: member.name.text), !field.isHidden else {
          let names = output.scope.visibleNames
          definitions.log.report(
            NameProblem.unknownColumn(member.name.text, columns: names), at: member.name.span)
          return nil
        }
        // What a stream never holds may still be expected in vain, but null can't be.
        let known = Field(field.name, field.type, nullable: field.isNullable || mayLack)
        guard let value = value(member.value, known) else { return nil }
        return TestCell(column: field.name, type: field.type, value: value)
      }
    }
    return TestExpectation(
      stream: name, comparison: TestExpectation.Comparison(rawValue: comparison.rawValue) ?? .all,
      rows: cells, line: definitions.line(step.span))
  }

  /// Whether a model of a server stands in front of it: where a test gives no answer for its inputs
  /// its outputs are null, whatever is declared.
  private func isBehindServer(_ input: LogicalInput) -> Bool {
    var open = [input.node]
    var seen: Set<LogicalPlan.NodeID> = []
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      if case .infer(let spec) = graph.nodes[next].kind, spec.model.remote != nil { return true }
      open += graph.nodes[next].inputs.map(\.node)
    }
    return false
  }

  func reportNoJSON(_ syntax: ExpressionSyntax) {
    definitions.log.report(TypeProblem.noValueHere("this"), at: syntax.span)
  }

  /// A list, map or struct as its JSON.
  private func nested(
    _ syntax: ExpressionSyntax, _ field: Field, _ place: String
  ) -> Literal? {
    let checker = ExpressionChecker(definitions, RowScope([]))
    let value = checker.check(syntax, as: FieldType(field.type), place: place)
    if value.type == .unknown { return nil }
    if let text = NestedLiteralText.json(value) { return .string(text) }
    definitions.log.report(TypeProblem.notConstant(place), at: syntax.span)
    return nil
  }

  func value(_ syntax: ExpressionSyntax, _ field: Field) -> Literal? {
    if field.type == .unknown { return nil }
    let place = "`\(field.name)`"
    if case .literal(.null) = syntax.kind {
      if !field.isNullable {
        let found = FieldType(.unknown, nullable: true)
        definitions.log.report(
          TypeProblem.expected("\(field.fieldType)", found: found, where: place), at: syntax.span)
      }
      return .null
    }
    if field.type.isNested { return nested(syntax, field, place) }
    switch (field.type, syntax.kind) {
    case (.json, .object), (.json, .list), (.json, .literal):
      return jsonText(syntax).map { .string($0) }
    case (.json, .text(let text)): return text.constant.map { .string($0) }
    case (.bytes, .text(let text)): return text.constant.map { .bytes(Array($0.utf8)) }
    default: return definitions.constant(syntax, as: field.type, place: place)
    }
  }
}
