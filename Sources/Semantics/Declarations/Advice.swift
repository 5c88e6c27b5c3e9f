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
      let counts = node.kind.counts
      for expression in node.kind.expressions {
        guard let reason = reason(expression, counts) else { continue }
        let span = graph.spans[index]
        graph.definitions.log.report(
          StageProblem.fallible(stage: graph.definitions.text(span), reasons: reason),
          at: span)
        return
      }
    }
  }

  /// What can happen on ordinary data, if anything. `counts`: columns that are above zero.
  private func reason(_ expression: Expression, _ counts: Set<String>) -> String? {
    guard expression.fallibility == .data else { return nil }
    // What can be computed now and does not fail never will.
    if expression.isConstant, ConstantEvaluation.value(of: expression) != nil { return nil }
    for operand in expression.operands {
      if let reason = reason(operand, counts) { return reason }
    }
    switch expression.node {
    case .cast(let operand, let isTry):
      let isTotal = CastRules.verdict(from: operand.type, to: expression.type) == .total
      if isTry || isTotal { return nil }
      return "not every \(operand.type) is \(article(FieldType(expression.type)))"
    case .call(let name, let arguments) where ["divide", "modulo", "div"].contains(name):
      if let divisor = arguments.last, divisor.isOtherThanZero(counts) { return nil }
      return "a division by zero"
    case .call(let name, let arguments):
      let signature = FunctionCatalogue.signature(of: name, types: arguments.map(\.type))
      return signature?.fallibility == .data ? "`\(name)` can fail" : nil
    default: return nil
    }
  }
}

extension LogicalKind {
  /// A window's plain `count()`s: a window without rows does not exist.
  fileprivate var counts: Set<String> {
    guard case .window(let spec) = self else { return [] }
    let plain = spec.aggregates.filter {
      $0.function == "count" && $0.arguments.isEmpty && $0.filter == nil
    }
    return Set(plain.map(\.name))
  }
}

extension Expression {
  /// Whether it is known to be null or other than zero.
  fileprivate func isOtherThanZero(_ counts: Set<String>) -> Bool {
    switch node {
    case .literal(let literal): return literal.isOtherThanZero
    case .column(let name): return counts.contains(name)
    case .cast(let operand, _): return operand.isOtherThanZero(counts)
    case .branch(let branches, let otherwise):
      // `nullif(x, 0)`
      guard branches.count == 1, branches[0].value.node == .literal(.null),
        case .call("equal", let sides) = branches[0].condition.node, let otherwise
      else { return false }
      return sides.contains { $0.isZero } && sides.contains { $0.uncast == otherwise.uncast }
    default: return false
    }
  }

  private var uncast: Expression {
    if case .cast(let operand, _) = node { return operand.uncast }
    return self
  }

  private var isZero: Bool {
    guard case .literal(let literal) = uncast.node else { return false }
    return literal != .null && !literal.isOtherThanZero
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
