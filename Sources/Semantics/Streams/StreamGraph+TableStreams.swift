import Diagnostics
import Plans
import Schemas
import Syntax

/// Tables that go on while the streams do: of the latest rows of a log, and of streams.
extension StreamGraph {
  /// Whether a table of the connector's rows is kept up to date, where others are read whole.
  func isFollowed(_ syntax: ConnectorSyntax) -> Bool {
    guard let connector = ConnectorCatalogue.connector(named: syntax.name.text) else {
      return false
    }
    return connector.plays(.source) && !connector.plays(.table)
  }

  /// A table that begins elsewhere than at the beginning lacks rows.
  func checkStart(_ syntax: ConnectorSyntax) {
    guard let start = syntax.options["start"]?.value else { return }
    if case .expression(let value) = start.kind, case .name(let word) = value.kind,
      word.text == "earliest"
    {
      return
    }
    definitions.log.report(TableProblem.startsLater, at: start.span)
  }

  /// Whether records of a table are changes of its rows. In files nothing says when a row was
  /// deleted.
  func takesChanges(_ source: SourceSpec, _ connector: ConnectorDescriptor) -> Bool {
    source.decoding.format == .debezium && connector.hasRecordTimestamp
  }

  /// The newest row of each of the table's keys, or that it is gone: what it was before says
  /// nothing to a table.
  func takeChanges(into source: inout SourceSpec, _ keys: [String], _ syntax: ConnectorSyntax) {
    if let option = syntax.options["updates"] {
      definitions.log.report(UpdateProblem.formSaidTwice, at: option.span)
    }
    if let option = syntax.options["key"] {
      definitions.log.report(TableProblem.keySaidTwice, at: option.span)
    }
    var time: String?
    if case .column(let name)? = source.eventTime?.origin { time = name }
    source.decoding.deletions = DeletionSpec(keys: keys, time: time)
  }

  /// A table of the latest row of each key: of a stream that updates, by the key that it updates
  /// by.
  func latest(
    _ declaration: TableDeclaration, _ rows: StreamOutput, isReadFirst: Bool, at span: Span
  ) -> ResolvedTable? {
    let expiry = declaration.expireAfter.flatMap { self.expiry($0) }
    guard !rows.isUnknown else { return nil }
    let fields = rows.scope.fields.filter { !$0.isHidden }
    let keys = keys(of: declaration, among: fields)
    guard keys.count == declaration.keys.count else { return nil }
    let names = keys.map(\.name)
    let mode = mode(of: rows.input)
    if case .updates(let key) = mode, key.map(Set.init) != Set(names) {
      definitions.log.report(
        TableProblem.otherKey(mode: mode, key: key, declared: names),
        at: declaration.keys.first?.span ?? span)
      return nil
    }
    if let time = declaration.expireAfter, !rows.hasEventTime {
      definitions.log.report(
        TableProblem.timelessExpiry(fix: addingEventTime(behind: rows.input)), at: time.span)
      return nil
    }
    return ResolvedTable(
      rows: .latest(rows, expiry: expiry, isReadFirst: isReadFirst), keys: keys, fields: fields)
  }

  /// The columns of the table's type of a stream, which may have others.
  func fitted(
    _ declaration: TableDeclaration, _ reference: StreamReferenceSyntax
  ) -> StreamOutput? {
    let record = definitions.record(declaration.type)
    let rows = output(reference)
    guard let record, !rows.isUnknown else { return nil }
    var columns: [NamedExpression] = []
    let visible = rows.scope.fields.filter { !$0.isHidden }
    for member in record.members where member.field.type != .unknown {
      guard let field = visible.first(where: { $0.name == member.field.name }) else {
        definitions.log.report(
          TableProblem.columnMissing(member.field.name, columns: visible.map(\.name)),
          at: declaration.type.span)
        continue
      }
      guard let adapted = Conversion.adapt(Typed(.column(field)), to: member.field.type),
        member.field.isNullable || !field.isNullable
      else {
        definitions.log.report(
          TableProblem.columnType(
            field.name, declared: member.field.fieldType, found: field.fieldType),
          at: declaration.type.span)
        continue
      }
      columns.append(NamedExpression(field.name, adapted))
    }
    guard columns.count == record.members.count else { return nil }
    let fields = columns.map(\.field)
    let node = add(
      LogicalNode(
        id: OperatorID(declaration.name.text), kind: .project(columns), inputs: [rows.input],
        schema: Schema(fields), mode: mode(of: rows.input, behind: columns),
        hasEventTime: rows.hasEventTime, line: definitions.line(declaration.head.span),
        documentation: declaration.head.documentation), at: declaration.name.span)
    return StreamOutput(
      input: LogicalInput(node: node), scope: RowScope(fields), hasEventTime: rows.hasEventTime)
  }
}
