import Diagnostics
import Plans
import Schemas
import Syntax

/// `infer MODEL(args) as c`
extension StreamChecker {
  func infer(
    _ name: Identifier, _ arguments: [ArgumentSyntax], as alias: Identifier, _ stage: StageSyntax
  ) {
    let values = arguments.map { checker.check($0.value) }
    guard let model = graph.model(name) else { return lose() }
    guard !current.isUnknown, !alias.text.isEmpty else { return lose() }
    let given = self.arguments(model, name, arguments, values)
    let sticky = stickyColumn(model, name)
    let choice = choiceColumn(model, name)
    let payer = payerColumn(model, name)
    checkSide(alias)
    let isNullable = given?.contains(where: \.isNullable) ?? true
    let (columns, added) = answers(model, alias, isNullable: isNullable)
    var scope = current.scope
    scope.fields += added
    scope.sides.append(alias.text)
    let isComplete =
      (model.sticky.isEmpty || sticky != nil) && (model.choice == nil || choice != nil)
      && (model.remote?.budget?.column == nil || payer != nil)
    guard let given, isComplete, !given.contains(where: { $0.type == .unknown }) else {
      current.scope = scope
      return
    }
    guard let next = next(model, name, given, columns) else {
      current.scope = scope
      return
    }
    var spec = InferSpec(
      model: model, arguments: given, sticky: sticky, payer: payer, columns: columns)
    (spec.choice, spec.next) = (choice, next)
    _ = add(.infer(spec), "infer", scope, stage)
  }

  /// What each input is given; nil where something is missing or does not fit.
  private func arguments(
    _ model: ModelSpec, _ name: Identifier, _ arguments: [ArgumentSyntax], _ values: [Typed]
  ) -> [Expression]? {
    let inputs = model.inputs.map(\.field)
    var places: [Int: Int] = [:]
    var isSound = true
    for (number, argument) in arguments.enumerated() {
      var place = number
      if let label = argument.label {
        guard let index = inputs.firstIndex(where: { $0.name == label.text }) else {
          report(
            ModelProblem.unknownInput(label.text, model: model.name, known: inputs.map(\.name)),
            at: label.span)
          isSound = false
          continue
        }
        place = index
      }
      if places[place] != nil {
        report(
          ModelProblem.inputTwice(inputs[place].name), at: argument.label?.span ?? name.span)
        isSound = false
      }
      places[place] = number
    }
    guard isSound else { return nil }
    guard arguments.count == inputs.count else {
      report(
        ModelProblem.inputs(model.name, inputs, found: arguments.count),
        at: arguments.count > inputs.count ? arguments[inputs.count].value.span : name.span)
      return nil
    }
    let given = inputs.indices.compactMap { index -> Expression? in
      guard let number = places[index] else { return nil }
      let (value, input) = (values[number], inputs[index])
      if let adapted = Conversion.adapt(value, to: input.type) { return adapted }
      let span = arguments[number].value.span
      if case .decimal = value.type, input.type == .float {
        report(TypeProblem.decimalForFloat(graph.definitions.text(span)), at: span)
        return nil
      }
      let place = "the input `\(input.name)` of `\(model.name)`"
      checker.reportMisfit(value, expected: input.type, place: place, at: span)
      return nil
    }
    return given.count == inputs.count ? given : nil
  }

  /// The models that stand in for it, given the same by name; nil where something was reported.
  private func next(
    _ model: ModelSpec, _ name: Identifier, _ given: [Expression], _ columns: [EnrichedColumn]
  ) -> [InferSpec]? {
    var values: [String: Expression] = [:]
    for (input, value) in zip(model.inputs, given) { values[input.field.name] = value }
    var specs: [InferSpec] = []
    for next in graph.chain(behind: model) {
      let sticky = stickyColumn(next, name)
      let choice = choiceColumn(next, name)
      let payer = payerColumn(next, name)
      guard next.sticky.isEmpty || sticky != nil, next.choice == nil || choice != nil,
        next.remote?.budget?.column == nil || payer != nil
      else { return nil }
      var spec = InferSpec(
        model: next, arguments: next.inputs.compactMap { values[$0.field.name] },
        sticky: sticky, payer: payer, columns: columns)
      spec.choice = choice
      specs.append(spec)
    }
    return specs
  }

  /// What chooses the version; several columns as one value.
  private func stickyColumn(_ model: ModelSpec, _ name: Identifier) -> Expression? {
    var columns: [Expression] = []
    for sticky in model.sticky {
      guard let field = current.scope.field(named: sticky) else {
        reportMissing(sticky, "sticky", model, name)
        return nil
      }
      columns.append(.column(field))
    }
    guard columns.count > 1 else { return columns.first }
    let fields = zip(model.sticky, columns).map { Field($0, $1.fieldType) }
    return Expression(.structure(columns), FieldType(.structure(fields)))
  }

  /// What names the version of a row.
  private func choiceColumn(_ model: ModelSpec, _ name: Identifier) -> Expression? {
    guard let choice = model.choice else { return nil }
    guard let field = current.scope.field(named: choice) else {
      reportMissing(choice, "chosen_by", model, name)
      return nil
    }
    guard field.type == .string || field.type == .unknown else {
      report(ModelProblem.choiceType(field), at: name.span)
      return nil
    }
    return .column(field)
  }

  private func reportMissing(
    _ column: String, _ option: String, _ model: ModelSpec, _ name: Identifier
  ) {
    guard !current.scope.hasUnknownColumns else { return }
    report(
      ModelProblem.chooserMissing(
        column, option: option, model: model.name, columns: current.scope.visibleNames),
      at: name.span)
  }

  /// The column each of whose values has a budget of its own.
  private func payerColumn(_ model: ModelSpec, _ name: Identifier) -> Expression? {
    guard let payer = model.remote?.budget?.column else { return nil }
    guard let field = current.scope.field(named: payer) else {
      if !current.scope.hasUnknownColumns {
        report(
          RemoteModelProblem.payerMissing(
            payer, model: model.name, columns: current.scope.visibleNames), at: name.span)
      }
      return nil
    }
    guard field.type != .unknown else { return nil }
    guard LookupPolicy.takesKeys(of: field.type) else {
      report(RemoteModelProblem.payerType(field), at: name.span)
      return nil
    }
    guard !field.isNullable else {
      report(RemoteModelProblem.payerNullable(payer), at: name.span)
      return nil
    }
    return .column(field)
  }

  /// The model's outputs and its version under the name of a side. A null in gives nulls.
  private func answers(
    _ model: ModelSpec, _ alias: Identifier, isNullable: Bool
  ) -> ([EnrichedColumn], [Field]) {
    let chain = [model] + graph.chain(behind: model)
    // Only the last one's stands in for answers.
    let fallback = chain.last?.fallback
    let named = Set(fallback?.values.map(\.column) ?? [])
    var columns: [EnrichedColumn] = []
    var added: [Field] = []
    func add(_ column: String, _ type: FieldType) {
      let name = "\(alias.text).\(column)"
      guard current.scope.field(named: name) == nil else { return }
      columns.append(EnrichedColumn(tableColumn: column, name: name))
      added.append(Field(name, type))
    }
    for output in model.outputs {
      let name = output.field.name
      let mayLack = chain.contains { model in
        model.outputs.contains { $0.field.name == name && $0.field.isNullable }
      }
      let lacks = mayLack || fallback != nil && !named.contains(name)
      add(
        output.field.name,
        isNullable || lacks ? output.field.fieldType.optional : output.field.fieldType)
    }
    // A server is not asked about a null, and so says no version.
    let isUnasked = chain.contains { $0.remote != nil } && isNullable
    add(ModelSpec.versionColumn, FieldType(.string, nullable: isUnasked))
    return (columns, added)
  }

  /// The name of a joined side must be free.
  func checkSide(_ alias: Identifier) {
    let isTaken = current.scope.hasName(alias.text) || current.scope.hasSide(alias.text)
    if isTaken || alias.text == "meta" || alias.text == "param" {
      report(StageProblem.sideClash(alias.text), at: alias.span)
    }
  }
}
