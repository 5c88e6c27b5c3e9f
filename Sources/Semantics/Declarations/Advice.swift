import Diagnostics
import Plans
import Schemas
import Syntax

/// Warnings of a sound definition: what is never used, and what stops the pipeline when a row
/// fails.
struct Advice {
  let graph: StreamGraph
  /// What tests look at.
  let expected: [String: LogicalInput]

  func give() {
    let used = reachable()
    for (index, node) in graph.nodes.enumerated() {
      warnOfRoute(node, index)
    }
    for name in graph.order {
      let what: String
      let prefix: String
      switch graph.declared[name.text] {
      case .source: (what, prefix) = ("source", name.text)
      case .table: (what, prefix) = ("table", name.text)
      case .stream: (what, prefix) = ("stream", name.text + ".")
      case nil: continue
      }
      let isUsed = used.contains { index in
        let id = graph.nodes[index].id.name
        return id == name.text || (prefix.hasSuffix(".") && id.hasPrefix(prefix))
      }
      // A stream without stages is its input.
      if case .stream(let stream)? = graph.declared[name.text], stream.stages.isEmpty { continue }
      if !isUsed {
        graph.definitions.log.report(
          NameProblem.unusedStream(name.text, what: what), at: name.span)
      }
    }
  }

  /// All steps that a sink or a test depends on.
  private func reachable() -> Set<Int> {
    var open = expected.values.map(\.node)
    for (index, node) in graph.nodes.enumerated() {
      if case .sink = node.kind { open.append(index) }
    }
    var seen: Set<Int> = []
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      open += graph.nodes[next].inputs.map(\.node)
      if case .enrich(let spec) = graph.nodes[next].kind { open.append(spec.table) }
    }
    return seen
  }

  private func warnOfRoute(_ node: LogicalNode, _ index: Int) {
    guard node.errorRoute == nil, graph.pipelineRoute == nil else { return }
    let isRead = graph.nodes.contains { other in
      other.inputs.contains { $0.node == index && $0.output == .errors }
    }
    if isRead { return }
    switch node.kind {
    case .source(let source):
      if source.connector.connector == "memory" { return }
      graph.definitions.log.report(
        StageProblem.undecodable(source: source.name), at: graph.spans[index])
    case .sink, .table: return
    default:
      for expression in node.kind.expressions {
        guard let reason = reason(expression) else { continue }
        let span = graph.spans[index]
        graph.definitions.log.report(
          StageProblem.fallible(stage: graph.definitions.file.text(span), reasons: reason),
          at: span)
        return
      }
    }
  }

  /// What can happen on ordinary data, if anything.
  private func reason(_ expression: Expression) -> String? {
    guard expression.fallibility == .data else { return nil }
    for operand in expression.operands {
      if let reason = reason(operand) { return reason }
    }
    switch expression.node {
    case .cast(let operand, _):
      return "not every \(operand.type) is \(article(FieldType(expression.type)))"
    case .call(let name, let arguments) where ["divide", "modulo", "div"].contains(name):
      if case .literal(let divisor)? = arguments.last?.node, divisor.isOtherThanZero { return nil }
      return "a division by zero"
    case .call(let name, _): return "`\(name)` can fail"
    default: return nil
    }
  }
}

extension Literal {
  fileprivate var isOtherThanZero: Bool {
    switch self {
    case .int(let value), .duration(let value): value != 0
    case .float(let value): value != 0
    case .decimal(let value, _): value != 0
    default: false
    }
  }
}
