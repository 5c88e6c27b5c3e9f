package import Diagnostics
import Optimizer
package import Plans
import Schemas

/// What became of a definition.
package struct Compilation: Sendable {
  package let file: SourceFile
  /// Mistakes and warnings in the order of the file, the first `DefinitionCompiler.limit` of them.
  package let diagnostics: [Diagnostic]
  /// Whether there are, or may be, more than these.
  package internal(set) var isCut = false
  /// What was to be set and is no param of the definition.
  package internal(set) var unknownSettings: [String] = []
  package let parameters: [PipelineParameter]
  /// As written. Nil, like the plans that follow from it, where there are mistakes.
  package internal(set) var logical: LogicalPlan?
  package internal(set) var optimised: LogicalPlan?
  package internal(set) var physical: PhysicalPlan?
  package internal(set) var tests: [PipelineTest] = []
  /// Of each source and stream whether it appends or updates, in the order of the file.
  package internal(set) var modes: [(stream: String, mode: StreamMode)] = []
  /// Behind which step of `logical` the rows of a stream come out that tests look at.
  var streams: [String: LogicalInput] = [:]

  init(file: SourceFile, diagnostics: [Diagnostic], parameters: [PipelineParameter]) {
    self.file = file
    self.diagnostics = diagnostics
    self.parameters = parameters
  }

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Whether the parser found mistakes, so that declarations may be missing.
  package var hasSyntaxErrors: Bool {
    diagnostics.contains { $0.severity == .error && $0.code.hasPrefix("E00") }
  }

  package var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }

  /// The tables of the physical plan.
  package var tables: [TableSpec] { physical?.tables ?? [] }

  /// The plan that carries out a test: all sources and tables are `memory` connectors under their
  /// own names, and for each stream that the test expects rows of there is a `memory` sink of the
  /// stream's name (`views`, `views.late`). The definition's own sinks are not in it, and what it
  /// would send to dead letters is skipped.
  package func plan(for test: PipelineTest) -> PhysicalPlan? {
    guard var plan = logical else { return nil }
    let memory = ConnectorSpec(connector: "memory", options: [])
    for index in plan.nodes.indices {
      plan.nodes[index].errorRoute = plan.nodes[index].errorRoute.map(withoutDeadLetter)
      switch plan.nodes[index].kind {
      case .source(var spec):
        spec.connector = memory
        plan.nodes[index].kind = .source(spec)
      case .table(var spec):
        spec.connector = memory
        plan.nodes[index].kind = .table(spec)
      // A step that nobody reads is left out.
      case .sink: plan.nodes[index].kind = .union
      default: break
      }
    }
    plan.errorRoute = withoutDeadLetter(plan.errorRoute)
    for stream in Set(test.expectations.map(\.stream)).sorted() {
      guard let output = streams[stream] else { continue }
      plan.nodes.append(sink(stream, output, plan))
    }
    return PhysicalPlanner.plan(Optimization.optimise(plan).plan)
  }

  private func withoutDeadLetter(_ route: ErrorRoute) -> ErrorRoute {
    if case .deadLetter = route { return .skip }
    return route
  }

  private func sink(
    _ stream: String, _ output: LogicalInput, _ plan: LogicalPlan
  ) -> LogicalNode {
    let node = plan.nodes[output.node]
    let schema: Schema =
      switch output.output {
      case .main: node.schema
      case .late, .unmatched:
        node.inputs.first.map { plan.nodes[$0.node].schema } ?? node.schema
      case .errors, .failed: PhysicalOperator.errorSchema
      }
    let spec = SinkSpec(
      name: stream, connector: ConnectorSpec(connector: "memory", options: []),
      encoding: EncodingSpec(), delivery: .exactlyOnce)
    return LogicalNode(
      id: OperatorID("\(stream).test"), kind: .sink(spec), inputs: [output], schema: schema,
      hasEventTime: node.hasEventTime)
  }
}
