import Diagnostics
import Plans
import Schemas
import Syntax

/// Checks the declaration of a task, as far as it says nothing of rows.
struct TaskChecker {
  private let options: OptionChecker

  init(_ options: OptionChecker) { self.options = options }

  var definitions: Definitions { options.definitions }

  func report(_ problem: TaskProblem, at span: Span) {
    definitions.log.report(problem, at: span)
  }

  /// Nil where it is wrong, which was reported.
  func check(_ syntax: ServiceDeclaration) -> DeclaredTask? {
    guard let kind = kind(syntax.connector.name) else { return nil }
    let descriptors = Self.descriptors(of: kind)
    let (name, written) = (syntax.name, syntax.connector.options)
    let block = options.check(
      written, descriptors, block: kind.article + " task", at: name.span)
    let bounds = TaskBounds(options, kind, block)
    let (rates, concurrency) = (bounds.rates(written), bounds.concurrency(written))
    var spec = TaskSpec(
      name: name.text, kind: kind.name, options: [], response: response(written, kind),
      idempotencyKey: "",
      rates: rates.map(\.bound), concurrency: concurrency.map(\.bound))
    spec.retry.on = kind.retried
    spec.doubt = kind.doubt
    take(block, into: &spec)
    let hours = TaskHoursChecker(options).hours(written)
    spec.hours = hours?.spec
    if case .object(let retry)? = written["retry"]?.value.kind, let on = retry["on"] {
      spec.retry.on = bounds.outcomes(on.value)
    }
    checkKey(syntax)
    checkCompanions(written)
    checkHeaders(written, block)
    checkDoubt(written, spec, block)
    checkForms(written, descriptors)
    TaskKindChecker(options).check(syntax.connector, block, kind)
    guard !definitions.log.hasError(within: syntax.head.span) else { return nil }
    return DeclaredTask(
      syntax: syntax, block: block, spec: spec, ratesPer: rates.map(\.per),
      concurrencyPer: concurrency.map(\.per), hoursZone: hours?.zone)
  }

  private func kind(_ name: Identifier) -> TaskKind? {
    let kind = TaskCatalogue.kind(named: name.text)
    if kind == nil, !name.text.isEmpty { report(.unknownKind(name.text), at: name.span) }
    return kind
  }

  /// That a key is missing is told with its reason.
  private static func descriptors(of kind: TaskKind) -> [OptionDescriptor] {
    var descriptors = kind.options + TaskCatalogue.rules
    for index in descriptors.indices where descriptors[index].name == "idempotency_key" {
      descriptors[index].isRequired = false
    }
    return descriptors
  }

  private func take(_ block: [Option], into spec: inout TaskSpec) {
    for option in block {
      switch (option.name, option.value) {
      case ("timeout", .duration(let time)): spec.timeout = time
      case ("in_doubt", .word(let word)):
        spec.doubt = TaskSpec.Doubt(rawValue: word) ?? spec.doubt
      case ("breaker", .object(let parts)): spec.breaker = parts.breaker
      case ("retry", .object(let parts)):
        if case .int(let attempts)? = parts["attempts"] { spec.retry.attempts = Int(attempts) }
        if let (first, longest) = parts.backoff(most: spec.retry.longestBackoff) {
          (spec.retry.backoff, spec.retry.longestBackoff) = (first, longest)
        }
        if case .percentage(let share)? = parts["budget"] { spec.retry.budget = share }
      default: break
      }
    }
  }

  // MARK: - What is read of the answer

  private func response(_ written: OptionBlockSyntax, _ kind: TaskKind) -> [DecodedColumn] {
    guard let option = written["response"] else { return [] }
    guard case .fields(let fields) = option.value.kind, !fields.isEmpty else {
      if !options.isReportedAlready(option.value) {
        definitions.log.report(
          OptionProblem.wrongValue("response", expected: "names and types, as in `{ id: string }`"),
          at: option.value.span)
      }
      return []
    }
    for field in fields {
      guard let allowed = field.allowed else { continue }
      definitions.log.report(StageProblem.later("`in […]` of a response"), at: allowed.span)
    }
    let taken = Set(TaskSpec.outcomeFields.map(\.name))
    return definitions.record(fields, at: option.value.span).members.map { member in
      if taken.contains(member.field.name) { report(.taken(member.field.name), at: member.span) }
      if case .field(let name) = member.origin {
        checkAnswer(kind, name, member.field.type, at: member.span)
      } else {
        definitions.log.report(
          OptionProblem.wrongValue("from", expected: "the name of a field, as in `from \"id\"`"),
          at: member.span)
      }
      return DecodedColumn(
        field: member.field, origin: member.origin, timeFormat: member.timeFormat,
        parts: member.parts)
    }
  }

  /// Where the kind says what there is to read.
  private func checkAnswer(_ kind: TaskKind, _ name: String, _ type: DataType, at span: Span) {
    guard let known = kind.answer else { return }
    if known.contains(where: { $0.name == name && $0.type == type }) { return }
    report(.noAnswer(name, kind: kind.name, known: known), at: span)
  }

  // MARK: - Options among each other

  private func checkKey(_ syntax: ServiceDeclaration) {
    let key = "idempotency_key"
    let isThere = syntax.connector.options.options.contains { option in
      option.name.text == key || Spelling.nearest(to: option.name.text, among: [key]) != nil
    }
    if !isThere { report(.noKey, at: syntax.name.span) }
  }

  /// Options that say nothing without another one.
  private func checkCompanions(_ written: OptionBlockSyntax) {
    for (name, other) in [("weight", "fair_by"), ("path", "response")] {
      guard let option = written[name], written[other] == nil else { continue }
      report(.alone(name, without: other), at: option.name.span)
    }
  }

  /// The header of the key is no other's.
  func checkHeaders(_ written: OptionBlockSyntax, _ block: [Option]) {
    guard case .object(let headers)? = written["headers"]?.value.kind else { return }
    var own = TaskSpec.usualIdempotencyHeader
    if case .string(let name)? = block["idempotency_header"] { own = name }
    for header in headers.options where header.name.text.lowercased() == own.lowercased() {
      report(.ownHeader(header.name.text), at: header.name.span)
    }
  }

  /// That values of rows are expressions at all.
  private func checkForms(_ written: OptionBlockSyntax, _ descriptors: [OptionDescriptor]) {
    for option in written.options {
      guard descriptors.first(where: { $0.name == option.name.text })?.kind == .value else {
        continue
      }
      if case .expression = option.value.kind { continue }
      if options.isReportedAlready(option.value) { continue }
      definitions.log.report(
        OptionProblem.wrongValue(option.name.text, expected: "a value of the row"),
        at: option.value.span)
    }
  }
}
