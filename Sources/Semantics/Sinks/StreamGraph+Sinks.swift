import Diagnostics
import Plans
import Schemas
import Syntax

/// Sinks: what goes out, as which records, to which connector.
extension StreamGraph {
  func check(_ declaration: SinkDeclaration, name: String) {
    let connector = connector(declaration.connector, as: .sink)
    let block = connector.map {
      options.check(
        declaration.connector.options, ConnectorCatalogue.options($0, as: .sink),
        block: "a \($0.name) sink", at: declaration.connector.name.span)
    }
    let record = declaration.type.map { definitions.record($0) }
    guard let reference = declaration.input else { return }
    let input = output(reference)
    guard !input.isUnknown, let connector, let block else { return }
    var fitted = input
    if let record {
      guard let record, let output = fit(input, to: record, declaration, name) else { return }
      fitted = output
    }
    var encoding = encoding(declaration, connector, block, fitted)
    let spec = connect(connector, .sink, block, declaration.connector)
    let route = declaration.connector.options["on_error"].flatMap {
      self.route($0.value, inheriting: spec)
    }
    fitted = computing(&encoding, fitted, declaration, name, route)
    let isWeak = block.contains(Option("delivery", .word("at_least_once")))
    let delivery: SinkSpec.Delivery =
      isWeak || connector.name == "print" ? .atLeastOnce : .exactlyOnce
    let updates = updates(declaration, connector, block, fitted, encoding)
    encoding.marksDeletions = updates == .upsert && connector.name == "file"
    let sink = SinkSpec(
      name: name, connector: spec, encoding: encoding, delivery: delivery, updates: updates)
    _ = add(
      LogicalNode(
        id: makeID(name, "sink"), kind: .sink(sink), inputs: [fitted.input],
        schema: fitted.scope.schema, hasEventTime: fitted.hasEventTime, errorRoute: route,
        line: definitions.line(declaration.head.span),
        documentation: declaration.head.documentation), at: declaration.connector.name.span)
  }

  /// The stream in exactly the declared columns; nil where it does not fit, which was reported.
  private func fit(
    _ input: StreamOutput, to record: RecordType, _ declaration: SinkDeclaration, _ name: String
  ) -> StreamOutput? {
    let span = declaration.type?.span ?? declaration.head.keyword
    var columns: [NamedExpression] = []
    let visible = input.scope.fields.filter { !$0.isHidden }
    for member in record.members where member.field.type != .unknown {
      guard let field = visible.first(where: { $0.name == member.field.name }) else {
        let names = visible.map(\.name)
        definitions.log.report(
          OptionProblem.sinkColumnMissing(member.field.name, columns: names), at: span)
        continue
      }
      let value = Typed(.column(field))
      guard let adapted = Conversion.adapt(value, to: member.field.type),
        member.field.isNullable || !field.isNullable
      else {
        definitions.log.report(
          OptionProblem.sinkColumnType(
            field.name, declared: member.field.fieldType, found: field.fieldType), at: span)
        continue
      }
      columns.append(NamedExpression(field.name, adapted))
    }
    let declared = Set(record.members.map(\.field.name))
    let extra = visible.map(\.name).filter { !declared.contains($0) }
    if !extra.isEmpty {
      definitions.log.report(OptionProblem.sinkColumnsExtra(extra), at: span)
    }
    guard columns.count == record.members.count, extra.isEmpty else { return nil }
    let hidden = input.scope.fields.filter(\.isHidden)
    let all = columns + hidden.map { NamedExpression($0.name, .column($0)) }
    let fields = columns.map(\.field) + hidden
    let node = add(
      LogicalNode(
        id: makeID(name, "fit"), kind: .project(all), inputs: [input.input],
        schema: Schema(fields), mode: mode(of: input.input, behind: all),
        hasEventTime: input.hasEventTime,
        line: definitions.line(declaration.head.span)), at: span)
    return StreamOutput(
      input: LogicalInput(node: node), scope: RowScope(fields), hasEventTime: input.hasEventTime)
  }

  private func encoding(
    _ declaration: SinkDeclaration, _ connector: ConnectorDescriptor, _ block: [Option],
    _ input: StreamOutput
  ) -> EncodingSpec {
    let syntax = declaration.connector
    func word(_ name: String) -> String? {
      guard case .word(let word)? = block.first(where: { $0.name == name })?.value else {
        return nil
      }
      return word
    }
    let written = self.format(block, connector, .sink, syntax)
    checkFormatOptions(syntax, .sink, written)
    let format = EncodingSpec.Format(rawValue: written)
    let visible = input.scope.fields.filter { !$0.isHidden }
    if format == .text, visible.count != 1 || visible[0].type != .string {
      definitions.log.report(
        OptionProblem.textColumns(isSource: false),
        at: syntax.options["format"]?.value.span ?? syntax.span)
    }
    let timestamps: EncodingSpec.Timestamps =
      switch word("timestamps") {
      case "epoch_millis": .epochMilliseconds
      case "epoch_micros": .epochMicroseconds
      case "epoch_seconds": .epochSeconds
      default: .rfc3339
      }
    return EncodingSpec(
      format: format ?? .json, keys: keys(syntax.options["key"], input.scope),
      timestamps: timestamps,
      decimalsAsText: word("decimals") == "string", omitsNulls: word("nulls") == "omit",
      headers: headers(syntax, input), tombstone: tombstone(syntax, input),
      options: block.filter { $0.name == "separator" || $0.name == "header" })
  }

  /// The columns of `key: c` and `key: [a, b]`.
  func keys(_ option: OptionSyntax?, _ scope: RowScope) -> [String] {
    guard let option else { return [] }
    let items: [ExpressionSyntax]
    switch option.value.kind {
    case .expression(let expression):
      if case .list(let list) = expression.kind { items = list } else { items = [expression] }
    case .list(let values):
      items = values.compactMap {
        if case .expression(let expression) = $0.kind { expression } else { nil }
      }
    case .missing: return []
    default:
      definitions.log.report(
        OptionProblem.wrongValue("key", expected: "a column, or several in brackets"),
        at: option.value.span)
      return []
    }
    let checker = ExpressionChecker(definitions, scope)
    return items.compactMap { item in
      let value = checker.check(item)
      if case .column(let name) = value.expression.node { return name }
      if !value.isWrong {
        definitions.log.report(
          OptionProblem.wrongValue("key", expected: "a column, or several in brackets"),
          at: item.span)
      }
      return nil
    }
  }

  /// `headers: { name: EXPR }`, each value as text.
  private func headers(_ syntax: ConnectorSyntax, _ input: StreamOutput) -> [NamedExpression] {
    guard let option = syntax.options["headers"] else { return [] }
    guard case .object(let block) = option.value.kind else {
      definitions.log.report(
        OptionProblem.wrongValue("headers", expected: "a block `{ name: value }`"),
        at: option.value.span)
      return []
    }
    let checker = ExpressionChecker(definitions, input.scope)
    var seen: [String: Span] = [:]
    return block.options.compactMap { header in
      guard definitions.isFirst(header.name, "header", &seen) else { return nil }
      guard case .expression(let expression) = header.value.kind else {
        definitions.log.report(
          OptionProblem.wrongValue(header.name.text, expected: "a value of the row"),
          at: header.value.span)
        return nil
      }
      let value = checker.check(expression)
      if value.isWrong || value.isNull { return nil }
      return NamedExpression(
        header.name.text, Conversion.cast(value.expression, to: .string))
    }
  }

  /// `tombstone: EXPR`: rows that are deletions of their key.
  private func tombstone(_ syntax: ConnectorSyntax, _ input: StreamOutput) -> Expression? {
    // Other connectors know no deletions, which was reported.
    guard syntax.name.text == "kafka", let option = syntax.options["tombstone"] else { return nil }
    guard case .expression(let expression) = option.value.kind else {
      if case .missing = option.value.kind { return nil }
      definitions.log.report(
        OptionProblem.wrongValue("tombstone", expected: "a condition such as `deleted`"),
        at: option.value.span)
      return nil
    }
    let checker = ExpressionChecker(definitions, input.scope)
    let condition = checker.condition(expression, place: "what `tombstone` takes")
    if syntax.options["key"] == nil {
      definitions.log.report(OptionProblem.tombstoneWithoutKey, at: option.name.span)
    }
    return condition.type == .unknown ? nil : condition
  }

  /// What a header or `tombstone` must compute becomes a hidden column before the sink, which knows
  /// only columns and constants.
  private func computing(
    _ encoding: inout EncodingSpec, _ input: StreamOutput, _ declaration: SinkDeclaration,
    _ name: String, _ route: ErrorRoute?
  ) -> StreamOutput {
    var columns = input.scope.fields.map { NamedExpression($0.name, .column($0)) }
    var fields = input.scope.fields
    func placed(_ expression: Expression, _ name: String) -> Expression {
      switch expression.node {
      case .column, .literal: return expression
      default: break
      }
      let field = Field(name, expression.fieldType, hidden: true)
      columns.append(NamedExpression(field.name, expression))
      fields.append(field)
      return .column(field)
    }
    for index in encoding.headers.indices {
      let header = encoding.headers[index]
      encoding.headers[index].expression = placed(header.expression, "header.\(header.name)")
    }
    encoding.tombstone = encoding.tombstone.map { placed($0, "sink.tombstone") }
    guard fields.count > input.scope.fields.count else { return input }
    let node = add(
      LogicalNode(
        id: makeID(name, "headers"), kind: .project(columns), inputs: [input.input],
        schema: Schema(fields), mode: mode(of: input.input, behind: columns),
        hasEventTime: input.hasEventTime, errorRoute: route,
        line: definitions.line(declaration.head.span)), at: declaration.connector.name.span)
    return StreamOutput(
      input: LogicalInput(node: node), scope: RowScope(fields), hasEventTime: input.hasEventTime)
  }

  /// All exactly-once Kafka sinks must share one cluster, for one transaction holds their output.
  /// Brokers that only the environment names are compared at the start.
  func checkClusters() {
    var first: Set<String>?
    for (node, span) in zip(nodes, spans) {
      guard case .sink(let sink) = node.kind, sink.connector.connector == "kafka",
        sink.delivery == .exactlyOnce,
        let brokers = sink.connector["brokers"]?.addresses
      else { continue }
      if let first, first != brokers {
        definitions.log.report(OptionProblem.twoClusters, at: span)
      }
      first = first ?? brokers
    }
  }
}
