import Diagnostics
import Plans
import Schemas
import Syntax

/// `attribute OTHER [as n] on … within D [where EXPR] [else within …] by MODEL of VALUE as c`
extension StreamChecker {
  func attribute(_ attribute: AttributeStageSyntax, _ stage: StageSyntax) {
    // Of a stream that is not there it was told.
    guard !attribute.other.stream.text.isEmpty else { return lose() }
    let join = attribute.join
    let other = graph.output(join.other)
    requireEventTime("attribute", stage)
    if !other.isUnknown { requireEventTime("attribute", of: other, at: join.other.span) }
    let model = attribute.model.flatMap { self.model($0) }
    guard !current.isUnknown, !other.isUnknown else { return lose() }
    let mode = graph.mode(of: other.input)
    if mode.isUpdating {
      report(UpdateProblem.refused(stage: "attribute", mode: mode), at: join.other.span)
      return lose()
    }
    checkAlias(join, other)
    let keys = sharedColumns(join, other)
    let row = JoinedRow(
      .left, current.scope, other.scope, alias: join.alias?.text,
      shared: keys.compactMap(\.name), isSameWindow: false)
    if let clash = row.clash { report(clash: clash, join, other) }
    definitions.recorder?.record(joined: row.condition, in: stage.span)
    let conditions = equalities(join, keys, row)
    let lookBacks = lookBacks(attribute, other)
    let value = attribute.value.flatMap { self.value($0) }
    let columns = row.columns(keyTypes: conditions.keyTypes)
    var result = row.result(columns)
    if let credit = attribute.credit {
      if result.hasName(credit.text) || result.hasSide(credit.text) {
        report(StageProblem.sideClash(credit.text), at: credit.span)
      } else {
        result.fields.append(Field(credit.text, value?.fieldType ?? FieldType(.unknown)))
      }
    }
    guard let model, let value, let lookBacks, let credit = attribute.credit,
      !conditions.keys.isEmpty, !definitions.log.hasError(within: stage.span)
    else {
      result.hasUnknownColumns = true
      return current.scope = result
    }
    let spec = AttributeSpec(
      leftKeys: conditions.keys.map(\.left), rightKeys: conditions.keys.map(\.right),
      lookBacks: lookBacks, model: model, value: value,
      columns: columns.map { JoinedColumn($0.field.name, $0.source) }, credit: credit.text)
    _ = add(
      .attribute(spec), "attribute", result, stage, inputs: [current.input, other.input],
      hasEventTime: true)
  }

  private func equalities(
    _ join: JoinStageSyntax, _ keys: [Pair], _ row: JoinedRow
  ) -> JoinConditions {
    var conditions = JoinConditions()
    let equal = ExpressionChecker(definitions, row.condition)
    for key in keys { add(key, equal, to: &conditions) }
    for item in join.on.flatMap(\.conjuncts) where !item.isName {
      let condition = equal.condition(item, place: "what `on` takes")
      if condition.type != .unknown { conditions.add(condition, at: item.span, row) }
    }
    if let rest = conditions.rest.first {
      report(MarketingProblem.noEquality(alias: join.alias?.text), at: rest.span)
    }
    let most = StreamGraph.mostColumns
    if conditions.keys.count > most {
      report(StageProblem.tooManyKeys(most), at: conditions.keys[most].span)
    }
    return conditions
  }

  /// Conditions see the touch alone, by its own names or behind that of its side.
  private func lookBacks(
    _ attribute: AttributeStageSyntax, _ other: StreamOutput
  ) -> [AttributeSpec.LookBack]? {
    var scope = other.scope
    if let alias = attribute.alias?.text {
      scope.sides.append(alias)
      for field in scope.fields { scope.synonyms["\(alias).\(field.name)"] = field.name }
    }
    let checker = ExpressionChecker(definitions, scope)
    let most = AttributeSpec.mostLookBacks
    if attribute.lookBacks.count > most {
      report(
        MarketingProblem.tooMany("look-backs of a stage", most),
        at: attribute.lookBacks[most].span.span)
      return nil
    }
    var found: [AttributeSpec.LookBack] = []
    for lookBack in attribute.lookBacks {
      let span = positive(lookBack.span, "the span of `within`")
      let condition = lookBack.condition.map {
        checker.condition($0, place: "what `where` takes")
      }
      guard let span, condition?.type != .unknown else { continue }
      let made = AttributeSpec.LookBack(span: span, condition: condition)
      if found.contains(where: { $0.sees(allOf: made) }) {
        report(MarketingProblem.neverSees, at: lookBack.span.span)
      }
      found.append(made)
    }
    return found.count == attribute.lookBacks.count && !found.isEmpty ? found : nil
  }

  private func value(_ syntax: ExpressionSyntax) -> Expression? {
    let value = checker.check(syntax)
    if value.isUntyped {
      report(TypeProblem.untyped(value.type), at: syntax.span)
      return nil
    }
    guard !value.type.holdsUnknown else { return nil }
    guard value.type.isNumeric else {
      report(MarketingProblem.noNumber(value.fieldType), at: syntax.span)
      return nil
    }
    return value.expression
  }
}

extension AttributeSpec.LookBack {
  /// Whether it can be told that it sees all touches that another one sees: it reaches as far, and
  /// asks for nothing that the other does not ask for too.
  fileprivate func sees(allOf other: AttributeSpec.LookBack) -> Bool {
    let asked = Set(other.condition?.conjuncts ?? [])
    return span >= other.span && (condition?.conjuncts ?? []).allSatisfy(asked.contains)
  }
}

extension Expression {
  fileprivate var conjuncts: [Expression] {
    if case .and(let operands) = node { operands.flatMap(\.conjuncts) } else { [self] }
  }
}

extension ExpressionSyntax {
  fileprivate var conjuncts: [ExpressionSyntax] {
    if case .and(let operands) = kind { operands.flatMap(\.conjuncts) } else { [self] }
  }
}

/// Models of attribution.
extension StreamChecker {
  private func model(_ model: ModelCallSyntax) -> AttributionModel? {
    switch model.name.text {
    case "first": return plain(.first, model)
    case "last": return plain(.last, model)
    case "linear": return plain(.linear, model)
    case "decay":
      let example = "decay(half_life: 7d)"
      guard let found = settings(["half_life"], of: model, example) else { return nil }
      return found["half_life"].flatMap { positive($0, "`half_life`") }.map { .decay(halfLife: $0) }
    case "position": return position(model)
    default:
      report(MarketingProblem.unknownModel(model.name.text), at: model.name.span)
      return nil
    }
  }

  private func plain(
    _ plain: AttributionModel, _ model: ModelCallSyntax
  ) -> AttributionModel? {
    guard let first = model.settings.first else { return plain }
    report(
      MarketingProblem.setting(
        "it takes no settings", model: model.name.text, example: model.name.text),
      at: first.value.span)
    return nil
  }

  private func position(_ model: ModelCallSyntax) -> AttributionModel? {
    let example = "position(first: 40%, last: 40%)"
    guard let found = settings(["first", "last"], of: model, example) else { return nil }
    var shares: [Int64] = []
    for name in ["first", "last"] {
      guard let value = found[name],
        case .float(let share)? = definitions.constant(
          value, as: .float, place: "`\(name)` of `position`")
      else { continue }
      guard (0...1).contains(share) else {
        report(
          MarketingProblem.setting(
            "a share is from 0% to 100%", model: "position", example: example),
          at: value.span)
        continue
      }
      // A percentage is a float; what it lacks to whole millionths is far less than this.
      let millionths = share * Double(AttributionModel.whole)
      guard abs(millionths - millionths.rounded()) < 1e-6 else {
        report(
          MarketingProblem.setting(
            "a share has at most four decimals", model: "position", example: example),
          at: value.span)
        continue
      }
      shares.append(Int64(millionths.rounded()))
    }
    guard shares.count == 2 else { return nil }
    let sum = shares[0] + shares[1]
    guard sum > 0, sum <= AttributionModel.whole else {
      report(
        MarketingProblem.setting(
          sum > 0 ? "together they are more than 100%" : "together they are nothing",
          model: "position", example: example),
        at: model.span)
      return nil
    }
    return .position(first: shares[0], last: shares[1])
  }
}
