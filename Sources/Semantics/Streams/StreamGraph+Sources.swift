import Diagnostics
import Plans
import Schemas
import Syntax

/// Sources: the columns of their records, their connector, their time.
extension StreamGraph {
  func check(_ declaration: SourceDeclaration) -> ResolvedStream {
    source(declaration.head, declaration.name, declaration.type, declaration.connector)
  }

  /// A source, or a table with these keys whose rows come as those of one.
  func source(
    _ head: DeclarationHead, _ name: Identifier, _ type: TypeSyntax, _ syntax: ConnectorSyntax,
    tableKeys: [String]? = nil
  ) -> ResolvedStream {
    let record = definitions.record(type)
    let connector = connector(syntax, as: .source)
    let block = connector.map {
      options.check(
        syntax.options, ConnectorCatalogue.options($0, as: .source),
        block: "a \($0.name) source", at: syntax.name.span)
    }
    guard let record, let connector, let block else { return ResolvedStream(main: .unknown) }
    let spec = connect(connector, .source, block, syntax)
    let eventTime = eventTime(syntax, record, connector, block)
    let columns = decodedColumns(record, connector)
    let route = syntax.options["on_error"].flatMap { self.route($0.value, inheriting: spec) }
    var source = SourceSpec(
      name: name.text, connector: spec,
      decoding: decoding(block, columns, connector, .source, syntax), eventTime: eventTime)
    source.isTable = tableKeys != nil
    let fields = columns.map(\.field)
    if let tableKeys, takesChanges(source, connector) {
      takeChanges(into: &source, tableKeys, syntax)
    } else {
      switch mode(syntax, block, source.decoding.format, fields.filter { !$0.isHidden }, eventTime)
      {
      case .append: break
      case .updates(let updates):
        source.updates = updates
        source.decoding.deletions = deletions(updates, columns, connector, eventTime)
      case .wrong: return ResolvedStream(main: .unknown)
      }
    }
    let node = add(
      LogicalNode(
        id: OperatorID(name.text), kind: .source(source), inputs: [], schema: Schema(fields),
        mode: source.updates?.mode ?? .append, hasEventTime: eventTime != nil, errorRoute: route,
        line: definitions.line(head.span),
        documentation: head.documentation), at: name.span)
    // One that is wrong was told, and is there for all that follows.
    let hasEventTime = syntax.options["event_time"] != nil
    let main = StreamOutput(
      input: LogicalInput(node: node), scope: RowScope(fields), hasEventTime: hasEventTime)
    return ResolvedStream(
      main: main,
      stages: [ResolvedStream.Stage(name: nil, outputs: [.errors: errors(of: node)])])
  }

  func errors(of node: LogicalPlan.NodeID) -> StreamOutput {
    StreamOutput(
      input: LogicalInput(node: node, output: .errors),
      scope: RowScope(PhysicalOperator.errorSchema.fields), hasEventTime: false)
  }

  private func decodedColumns(
    _ record: RecordType, _ connector: ConnectorDescriptor
  ) -> [DecodedColumn] {
    let declared = record.members.map {
      DecodedColumn(
        field: $0.field, origin: $0.origin, timeFormat: $0.timeFormat, parts: $0.parts)
    }
    guard connector.hasRecordTimestamp else { return declared }
    let meta = Definitions.metaColumns.map {
      DecodedColumn(
        field: Field("meta.\($0.name)", $0.fieldType, hidden: true), origin: $0.origin)
    }
    let headers = headers.map {
      DecodedColumn(
        field: Field("meta.headers.\($0)", .string, nullable: true, hidden: true),
        origin: .header($0))
    }
    return declared + meta + headers
  }

  func decoding(
    _ block: [Option], _ columns: [DecodedColumn], _ connector: ConnectorDescriptor,
    _ role: ConnectorDescriptor.Role, _ syntax: ConnectorSyntax
  ) -> DecodingSpec {
    let word = format(block, connector, role, syntax)
    checkFormatOptions(syntax, role, word)
    let format = DecodingSpec.Format(rawValue: word) ?? .json
    let coerce = block.contains(Option("coerce", .bool(true)))
    let further = block.filter { $0.name == "separator" || $0.name == "header" }
    let isHere = connector.formats[role]?.contains(word) ?? false
    if isHere, format == .text || format == .raw {
      let visible = columns.filter { !$0.field.isHidden }
      let wanted: DataType = format == .text ? .string : .bytes
      let isFit = visible.filter { if case .field = $0.origin { true } else { false } }
      if isFit.count != 1 || (isFit[0].field.type != wanted && isFit[0].field.type != .unknown) {
        definitions.log.report(
          OptionProblem.textColumns(isSource: true),
          at: (syntax.options["format"]?.value.span ?? syntax.span))
      }
    }
    return DecodingSpec(format: format, columns: columns, coerce: coerce, options: further)
  }

  /// The format of a block, checked against what the connector does in the role.
  func format(
    _ block: [Option], _ connector: ConnectorDescriptor, _ role: ConnectorDescriptor.Role,
    _ syntax: ConnectorSyntax
  ) -> String {
    let formats = connector.formats[role] ?? []
    guard case .word(let word)? = block.first(where: { $0.name == "format" })?.value else {
      // A name such as `ads.csv` says it too.
      if case .string(let path)? = block.first(where: { $0.name == "path" })?.value,
        path.hasSuffix(".csv") || path.contains(".csv."), formats.contains("csv")
      {
        return "csv"
      }
      return "json"
    }
    if !formats.contains(word), !formats.isEmpty {
      let problem = OptionProblem.formatOfRole(word, connector: connector.name, formats: formats)
      definitions.log.report(problem, at: syntax.options["format"]?.value.span ?? syntax.span)
    }
    return word
  }

  /// An option of another format would do nothing.
  func checkFormatOptions(
    _ syntax: ConnectorSyntax, _ role: ConnectorDescriptor.Role, _ format: String
  ) {
    for descriptor in ConnectorCatalogue.commonOptions(role) {
      guard let formats = descriptor.formats, !formats.contains(format),
        let option = syntax.options[descriptor.name]
      else { continue }
      definitions.log.report(
        OptionProblem.otherFormat(descriptor.name, formats: formats, found: format),
        at: option.name.span)
    }
  }

  private func eventTime(
    _ syntax: ConnectorSyntax, _ record: RecordType, _ connector: ConnectorDescriptor,
    _ block: [Option]
  ) -> EventTimeSpec? {
    guard let option = syntax.options["event_time"] else { return nil }
    guard let origin = eventTimeOrigin(option.value, record, connector) else { return nil }
    return EventTimeSpec(
      origin: origin, lateness: duration("lateness", block) ?? 0, idle: duration("idle", block),
      maxDrift: duration("max_drift", block))
  }

  private func duration(_ name: String, _ block: [Option]) -> Int64? {
    guard case .duration(let value)? = block.first(where: { $0.name == name })?.value else {
      return nil
    }
    return value
  }

  private func eventTimeOrigin(
    _ value: OptionValueSyntax, _ record: RecordType, _ connector: ConnectorDescriptor
  ) -> EventTimeSpec.Origin? {
    guard case .expression(let expression) = value.kind else {
      definitions.log.report(
        OptionProblem.wrongValue("event_time", expected: "a column"), at: value.span)
      return nil
    }
    switch expression.kind {
    case .name(let name):
      if let member = record.member(named: name.text) {
        let type = member.field.fieldType
        if type.type != .unknown, type != FieldType(.timestamp) {
          definitions.log.report(
            OptionProblem.eventTimeColumn(name.text, found: type), at: name.span)
        }
        return .column(name.text)
      }
      if name.text == "arrival" { return .arrival }
      let names = record.members.map(\.field.name)
      definitions.log.report(
        NameProblem.unknownColumn(name.text, columns: names + ["arrival", "meta.timestamp"]),
        at: name.span)
      return nil
    case .member(let base, let name):
      guard case .name(let meta) = base.kind, meta.text == "meta", name.text == "timestamp"
      else { break }
      if !connector.hasRecordTimestamp {
        definitions.log.report(
          OptionProblem.noRecordTimestamp(connector.name), at: expression.span)
      }
      return .recordTimestamp
    case .missing: return nil
    default: break
    }
    definitions.log.report(
      OptionProblem.wrongValue(
        "event_time", expected: "a column, `meta.timestamp` or `arrival`"), at: value.span)
    return nil
  }
}
