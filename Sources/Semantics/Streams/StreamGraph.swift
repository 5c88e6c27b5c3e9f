import Diagnostics
import Plans
import Schemas
import Syntax

/// Rows as they come out of a step of the plan.
struct StreamOutput {
  var input: LogicalInput
  var scope: RowScope
  var hasEventTime: Bool

  /// Of what was already reported.
  static let unknown = StreamOutput(
    input: LogicalInput(node: -1), scope: .unknown, hasEventTime: true)

  var isUnknown: Bool { input.node < 0 }
}

/// A stream whose stages were checked.
struct ResolvedStream {
  /// A stage and what it sets aside.
  struct Stage {
    var name: String?
    var outputs: [NodeOutput: StreamOutput]
  }

  var main: StreamOutput
  var stages: [Stage] = []
  /// Whether a stage with outputs of its own is not among them, for it has a mistake.
  var lacksStages = false
}

/// All sources, tables and streams of a definition, checked as they are asked for, so that
/// declarations may stand in any order.
final class StreamGraph {
  enum Declared {
    case source(SourceDeclaration)
    case table(TableDeclaration)
    case stream(StreamDeclaration)
  }

  let definitions: Definitions
  let options: OptionChecker
  let connections: KafkaConnections
  /// Names of headers that the definition reads as `meta.headers.x`.
  let headers: [String]
  var nodes: [LogicalNode] = []
  /// Where each node stands in the definition.
  var spans: [Span] = []
  private var columnCount = 0
  /// Behind which place of the text a step's error route may be written.
  var routePlaces: [LogicalPlan.NodeID: Span] = [:]
  /// Where `expire after` would stand in a fold that has none.
  var expiryPlaces: [LogicalPlan.NodeID: (place: Span, clause: String)] = [:]
  /// Where the names of the columns stand that a step makes.
  var columnSpans: [LogicalPlan.NodeID: [String: Span]] = [:]
  /// Where the error routes of stages are written.
  var writtenRoutes: [LogicalPlan.NodeID: Span] = [:]
  var pipelineRoute: ErrorRoute?
  /// Declared models; nil of one that is wrong.
  var models: [String: ModelSpec?] = [:]
  /// Declared tasks, likewise.
  var tasks: [String: DeclaredTask?] = [:]
  private(set) var declared: [String: Declared] = [:]
  private(set) var order: [Identifier] = []
  private var resolved: [String: ResolvedStream] = [:]
  private var tables: [String: ResolvedTable] = [:]
  private var resolving: [String] = []
  private var idCounts: [String: Int] = [:]

  init(_ definitions: Definitions, connections: KafkaConnections, headers: [String]) {
    self.definitions = definitions
    self.connections = connections
    self.headers = headers
    options = OptionChecker(definitions: definitions)
  }

  func declare(_ declarations: [DeclarationSyntax]) {
    var seen: [String: Span] = [:]
    for declaration in declarations {
      let (name, value): (Identifier, Declared)
      switch declaration {
      case .source(let source): (name, value) = (source.name, .source(source))
      case .table(let table): (name, value) = (table.name, .table(table))
      case .stream(let stream): (name, value) = (stream.name, .stream(stream))
      default: continue
      }
      guard definitions.isFirst(name, "stream", &seen) else { continue }
      declared[name.text] = value
      order.append(name)
    }
    definitions.streamNames = Set(declared.keys)
    checkModels(declarations)
    checkTasks(declarations)
  }

  /// Checks everything, also what nobody uses.
  func resolveAll() {
    let names = Dictionary(order.map { ($0.text, $0) }, uniquingKeysWith: { first, _ in first })
    let sorted = DependencyOrder.of(order.map(\.text)) { name in
      switch declared[name] {
      case .stream(let stream)?: stream.needs
      case .table(let table)?: table.needs
      default: []
      }
    }
    for name in sorted.compactMap({ names[$0] }) {
      if case .table? = declared[name.text] { _ = table(name) } else { _ = stream(name) }
    }
  }

  /// Put together once, when all are declared: a file may have thousands of wrong names.
  lazy var streamNames: [String] =
    order.map(\.text).filter { if case .table? = declared[$0] { false } else { true } }

  /// Each source and stream, and what its rows do to earlier ones.
  var modes: [(stream: String, mode: StreamMode)] {
    streamNames.compactMap { name in
      guard let main = resolved[name]?.main, nodes.indices.contains(main.input.node) else {
        return nil
      }
      return (name, nodes[main.input.node].mode)
    }
  }

  /// Where the rows of each source and stream come out, and what their stages set aside, under all
  /// names that a definition may use: `views`, `views.late`, `views.w.late`. The errors of several
  /// stages are several outputs.
  var outputs: [String: [LogicalInput]] {
    var found: [String: [LogicalInput]] = [:]
    for (name, stream) in resolved where !stream.main.isUnknown {
      found[name] = [stream.main.input]
      for stage in stream.stages {
        for (kind, output) in stage.outputs {
          found["\(name).\(kind.rawValue)", default: []].append(output.input)
          guard let own = stage.name else { continue }
          found["\(name).\(own).\(kind.rawValue)", default: []].append(output.input)
        }
      }
    }
    // Of several late outputs each needs the name of its stage.
    return found.filter { $0.value.count == 1 || $0.key.hasSuffix(".errors") }
  }

  var tableNames: [String] {
    order.map(\.text).filter { if case .table? = declared[$0] { true } else { false } }
  }

  /// More are a mistake: rules look at each step in the light of others.
  static let mostSteps = 5_000
  static let mostColumns = 2_000
  /// Of all steps together: each step has a row of its own, and rules go through all of them.
  static let mostColumnsInAll = 250_000

  /// Whether there is already more than may be, so that the rest need not be looked at.
  var isFull: Bool { nodes.count > Self.mostSteps || columnCount > Self.mostColumnsInAll }

  /// Adds a step and returns its place.
  func add(_ node: LogicalNode, at span: Span) -> LogicalPlan.NodeID {
    if nodes.count == Self.mostSteps {
      definitions.log.report(StageProblem.tooManySteps(Self.mostSteps), at: span)
    }
    if node.schema.count > Self.mostColumns {
      definitions.log.report(StageProblem.tooManyColumns(Self.mostColumns), at: span)
    }
    let isFull = isFull
    nodes.append(node)
    spans.append(span)
    columnCount += node.schema.count
    if columnCount > Self.mostColumnsInAll, !isFull {
      definitions.log.report(StageProblem.tooManyColumnsInAll(Self.mostColumnsInAll), at: span)
    }
    return nodes.count - 1
  }

  /// `stream.kind`, `stream.kind.2`; a named stage is `stream.name`.
  func makeID(_ stream: String, _ kind: String, name: String? = nil) -> OperatorID {
    defer { idCounts["\(stream).\(name ?? kind)", default: 0] += 1 }
    return idOfNext(stream, kind, name: name)
  }

  /// What `makeID` will give.
  func idOfNext(_ stream: String, _ kind: String, name: String? = nil) -> OperatorID {
    let base = "\(stream).\(name ?? kind)"
    let count = (idCounts[base] ?? 0) + 1
    return OperatorID(count == 1 ? base : "\(base).\(count)")
  }

  func stream(_ name: Identifier) -> ResolvedStream {
    if let known = resolved[name.text] { return known }
    let unknown = ResolvedStream(main: .unknown)
    guard let declaration = declared[name.text] else {
      definitions.log.report(
        NameProblem.unknownStream(name.text, known: streamNames), at: name.span)
      return unknown
    }
    // Only circles go deep; of a very long one the end is not waited for.
    let isDeep = resolving.count >= Definitions.deepest
    if let start = isDeep ? 0 : resolving.firstIndex(of: name.text) {
      let circle = Array(resolving[start...]) + [name.text]
      definitions.log.report(NameProblem.cycle(circle), at: name.span)
      return unknown
    }
    resolving.append(name.text)
    defer { resolving.removeLast() }
    let result: ResolvedStream
    switch declaration {
    case .source(let source): result = check(source)
    case .stream(let stream): result = StreamChecker(self, stream).check()
    case .table:
      definitions.log.report(NameProblem.tableAsStream(name.text), at: name.span)
      return unknown
    }
    resolved[name.text] = result
    definitions.recorder?.record(result.main.scope.fields, of: name.text)
    if definitions.recorder != nil { record(result.stages, of: name.text) }
    return result
  }

  func table(_ name: Identifier) -> ResolvedTable? {
    if let known = tables[name.text] { return known }
    guard case .table(let declaration)? = declared[name.text] else {
      definitions.log.report(
        NameProblem.notATable(name.text, tables: tableNames), at: name.span)
      return nil
    }
    let result = check(declaration)
    tables[name.text] = result
    if let result { definitions.recorder?.record(result.fields, of: name.text) }
    return result
  }

  private func record(_ stages: [ResolvedStream.Stage], of stream: String) {
    for stage in stages {
      for (kind, output) in stage.outputs {
        let names = [stream, stage.name.map { "\(stream).\($0)" }].compactMap(\.self)
        for name in names {
          definitions.recorder?.record(output.scope.fields, ofOutput: "\(name).\(kind.rawValue)")
        }
      }
    }
  }

  /// `views`, `views.late`, `views.w.late`.
  func output(_ reference: StreamReferenceSyntax) -> StreamOutput {
    let stream = stream(reference.stream)
    let path = Array(reference.outputs)
    guard let last = path.last, !stream.main.isUnknown else { return stream.main }
    let name = reference.stream.text
    var stages = stream.stages
    if path.count > 1 {
      stages = stages.filter { $0.name == path[0].text }
      if stages.isEmpty || path.count > 2 {
        return noOutput(
          name, path[0], available: stream.stages.compactMap(\.name) + available(stream.stages))
      }
    }
    guard let kind = NodeOutput(rawValue: last.text), kind != .main else {
      return noOutput(name, last, available: available(stages))
    }
    let found = stages.compactMap { $0.outputs[kind] }
    if kind == .errors, found.count > 1 { return union(found, name, at: reference.span) }
    if found.count > 1 {
      let names = stages.compactMap(\.name)
      definitions.log.report(
        NameProblem.ambiguousOutput(stream: name, output: last.text, stages: names),
        at: last.span)
      return .unknown
    }
    return found.first ?? noOutput(name, last, available: available(stages))
  }

  private func available(_ stages: [ResolvedStream.Stage]) -> [String] {
    NodeOutput.allCases.filter { kind in stages.contains { $0.outputs[kind] != nil } }
      .map(\.rawValue)
  }

  private func noOutput(
    _ stream: String, _ name: Identifier, available: [String]
  ) -> StreamOutput {
    // A stage with a mistake has none of its outputs; the mistake was told.
    if self.resolved[stream]?.lacksStages ?? false { return .unknown }
    if case .stream(let declaration)? = declared[stream],
      declaration.stages.contains(where: { definitions.log.hasError(within: $0.span) })
    {
      return .unknown
    }
    definitions.log.report(
      NameProblem.noSuchOutput(stream: stream, output: name.text, available: available),
      at: name.span)
    return .unknown
  }

  /// The errors of several stages as one stream.
  private func union(_ outputs: [StreamOutput], _ stream: String, at span: Span) -> StreamOutput {
    let node = add(
      LogicalNode(
        id: makeID(stream, "errors"), kind: .union, inputs: outputs.map(\.input),
        schema: PhysicalOperator.errorSchema, hasEventTime: false,
        line: definitions.line(span)), at: span)
    return StreamOutput(
      input: LogicalInput(node: node), scope: RowScope(PhysicalOperator.errorSchema.fields),
      hasEventTime: false)
  }
}
