import Diagnostics
import Plans
import Schemas
import Syntax

/// A table whose declaration was checked.
struct ResolvedTable {
  enum Rows {
    /// Read whole before the streams start.
    case loaded(LogicalPlan.NodeID)
    /// Asked when rows come.
    case asked(LogicalPlan.NodeID)
    /// Versions, as they come.
    case versions(StreamOutput, expiry: Int64?)
    /// The latest of each key, as they come.
    case latest(StreamOutput, expiry: Int64?, isReadFirst: Bool)
  }

  var rows: Rows
  var keys: [Field]
  var fields: [Field]

  /// The columns that are no keys.
  var others: [String] {
    let keys = Set(keys.map(\.name))
    return fields.map(\.name).filter { !keys.contains($0) }
  }
}

extension StreamGraph {
  func check(_ declaration: TableDeclaration) -> ResolvedTable? {
    switch (declaration.versions, declaration.origin) {
    case (.latest, .connector(let syntax)) where isFollowed(syntax):
      let source = source(declaration, syntax)
      takeDeletions(source.main.input.node, declaration.keys.map(\.text))
      checkStart(syntax)
      return latest(declaration, source.main, isReadFirst: true, at: syntax.name.span)
    case (.latest, .connector(let syntax)):
      if let time = declaration.expireAfter {
        let isAsked = ConnectorCatalogue.connector(named: syntax.name.text)?.isAsked ?? false
        let problem: TableProblem =
          isAsked ? .nothingExpires(table: declaration.name.text) : .expiryWithoutVersions
        definitions.log.report(problem, at: time.span)
      }
      return loaded(declaration, syntax)
    case (.latest, .stream(let reference)):
      guard let rows = fitted(declaration, reference) else { return nil }
      return latest(declaration, rows, isReadFirst: false, at: reference.span)
    case (.versioned, .connector(let syntax)):
      let source = source(declaration, syntax)
      takeDeletions(source.main.input.node, declaration.keys.map(\.text))
      return versioned(declaration, source.main, at: syntax.name.span)
    case (.versioned, .stream(let reference)):
      guard let rows = fitted(declaration, reference) else { return nil }
      return versioned(declaration, rows, at: reference.span)
    }
  }

  private func source(
    _ declaration: TableDeclaration, _ syntax: ConnectorSyntax
  ) -> ResolvedStream {
    source(
      declaration.head, declaration.name, declaration.type, syntax,
      tableKeys: declaration.keys.map(\.text))
  }

  private func loaded(
    _ declaration: TableDeclaration, _ syntax: ConnectorSyntax
  ) -> ResolvedTable? {
    let name = declaration.name.text
    let record = definitions.record(declaration.type)
    guard let connector = connector(syntax, as: .table) else { return nil }
    let block = options.check(
      syntax.options, ConnectorCatalogue.options(connector, as: .table),
      block: "a \(connector.name) table", at: syntax.name.span)
    checkChoice(connector, syntax)
    guard let record else { return nil }
    let keys = keys(of: declaration, among: record.members.map(\.field))
    var refresh: Int64?
    if case .duration(let interval)? = block["refresh"] { refresh = interval }
    let isAsked = connector.isAsked && refresh == nil
    // Keys of Redis are texts, also where all of them are read.
    if isAsked || connector.name == "redis" { checkAskedKeys(declaration, keys) }
    if refresh != nil { checkReading(connector, syntax) }
    let request =
      connector.name == "http"
      ? HTTPRequestChecker(
        options, keys: isAsked ? keys : [], fields: record.members.map(\.field)
      ).check(syntax, block) : nil
    let columns = record.members.map {
      DecodedColumn(
        field: $0.field, origin: $0.origin, timeFormat: $0.timeFormat, parts: $0.parts)
    }
    let fields = columns.map(\.field)
    var policy = isAsked ? lookupPolicy(block, syntax, keys: keys, fields: fields) : nil
    if let request { policy?.adapt(to: request, block) }
    var asking = Set(ConnectorCatalogue.asking.map(\.name))
    if !isAsked { asking.subtract(ConnectorCatalogue.ofReading) }
    var own = block.filter { $0.name != "refresh" }
    if connector.isAsked { own = own.filter { !asking.contains($0.name) } }
    if let request { own = own.filter { $0.name != "graphql" } + request.options }
    var spec = TableSpec(
      name: name, keys: keys.map(\.name), connector: connect(connector, .table, own, syntax),
      decoding: decoding(own, columns, connector, .table, syntax), lookup: policy)
    spec.refresh = refresh
    let node = add(
      LogicalNode(
        id: OperatorID(name), kind: .table(spec), inputs: [], schema: Schema(fields),
        hasEventTime: false, line: definitions.line(declaration.head.span),
        documentation: declaration.head.documentation),
      at: declaration.name.span)
    guard keys.count == declaration.keys.count else { return nil }
    return ResolvedTable(
      rows: isAsked ? .asked(node) : .loaded(node), keys: keys, fields: fields)
  }

  /// A table that is read whole has no use for what says how it is asked.
  private func checkReading(_ connector: ConnectorDescriptor, _ syntax: ConnectorSyntax) {
    let useless = Set(ConnectorCatalogue.asking.map(\.name)).union(["missing"])
      .subtracting(ConnectorCatalogue.ofReading)
      .union(connector.name == "http" ? [] : ["connections"])
    for option in syntax.options.options where useless.contains(option.name.text) {
      definitions.log.report(TableProblem.notAsked(option.name.text), at: option.name.span)
    }
  }

  /// The declared key columns that are there; the others are reported.
  func keys(of declaration: TableDeclaration, among fields: [Field]) -> [Field] {
    var found: [Field] = []
    var seen: [String: Span] = [:]
    for key in declaration.keys where definitions.isFirst(key, "key column", &seen) {
      if let field = fields.first(where: { $0.name == key.text }) {
        found.append(field)
      } else {
        definitions.log.report(
          NameProblem.unknownColumn(key.text, columns: fields.map(\.name)), at: key.span)
      }
    }
    return found
  }

  /// A table of rows that are versions of their keys, each from its event time on.
  private func versioned(
    _ declaration: TableDeclaration, _ rows: StreamOutput, at span: Span
  ) -> ResolvedTable? {
    let expiry = declaration.expireAfter.flatMap { self.expiry($0) }
    guard !rows.isUnknown else { return nil }
    let fields = rows.scope.fields.filter { !$0.isHidden }
    let keys = keys(of: declaration, among: fields)
    let mode = mode(of: rows.input)
    if mode.isUpdating {
      definitions.log.report(UpdateProblem.refused(stage: "table", mode: mode), at: span)
      return nil
    }
    if !rows.hasEventTime {
      let problem =
        isOfErrors(rows.input)
        ? StageProblem.errorsLackTime("table … versioned")
        : .needsEventTime("table … versioned", fix: addingEventTime(behind: rows.input))
      definitions.log.report(problem, at: span)
    }
    guard keys.count == declaration.keys.count, rows.hasEventTime else { return nil }
    return ResolvedTable(rows: .versions(rows, expiry: expiry), keys: keys, fields: fields)
  }

  /// Where records have keys, one without a value deletes the row of its key, if that can be read
  /// from a key.
  private func takeDeletions(_ node: LogicalPlan.NodeID, _ keys: [String]) {
    guard nodes.indices.contains(node), case .source(var spec) = nodes[node].kind,
      ConnectorCatalogue.connector(named: spec.connector.connector)?.hasRecordTimestamp ?? false,
      keys.allSatisfy({ name in
        spec.decoding.columns.first { $0.field.name == name }?.isReadFromKey ?? false
      })
    else { return }
    var time: String?
    if case .column(let name)? = spec.eventTime?.origin { time = name }
    spec.decoding.deletions = DeletionSpec(keys: keys, time: time)
    nodes[node].kind = .source(spec)
  }

  func expiry(_ syntax: ExpressionSyntax) -> Int64? {
    let place = "`expire after`"
    guard case .duration(let value)? = definitions.constant(syntax, as: .duration, place: place)
    else { return nil }
    if value > 0 { return value }
    definitions.log.report(StageProblem.notPositive(place), at: syntax.span)
    return nil
  }
}

extension DecodedColumn {
  /// Whether the text of a record's key can say its value, as a sink writes it.
  var isReadFromKey: Bool {
    switch origin {
    case .key: return true
    case .field: break
    default: return false
    }
    switch field.type {
    case .string, .int, .float, .decimal, .bool, .date, .duration: return true
    case .timestamp: return timeFormat == .standard
    default: return false
    }
  }
}
