import Plans
import Schemas

extension PhysicalBuilder {
  /// A sink for each distinct dead letter; all operators whose route it is lead there.
  mutating func addDeadLetters() {
    var groups: [(spec: ConnectorSpec, id: OperatorID, edges: [PhysicalEdge])] = []
    for node in logical.nodes.indices {
      guard case .deadLetter(let spec) = logical.route(of: node),
        let operators = fallible[node], !operators.isEmpty
      else { continue }
      let edges = operators.map { PhysicalEdge(from: $0, output: .errors) }
      if let index = groups.firstIndex(where: { $0.spec == spec }) {
        groups[index].edges += edges
      } else {
        let own = logical.nodes[node].errorRoute != nil
        let name = own ? "\(logical.nodes[node].id).dead_letter" : "dead_letter"
        groups.append((spec, OperatorID(name), edges))
      }
    }
    for group in groups { addDeadLetter(group.spec, group.id, group.edges) }
  }

  private mutating func addDeadLetter(
    _ spec: ConnectorSpec, _ id: OperatorID, _ edges: [PhysicalEdge]
  ) {
    let input = merged(edges, OperatorID("\(id).errors"))
    let sink = SinkSpec(
      name: id.name, connector: spec, encoding: encoding(of: spec),
      delivery: delivery(of: spec))
    plan.operators.append(
      PhysicalOperator(
        id: id, kind: .sink(sink), inputs: [input], schema: PhysicalOperator.errorSchema,
        segment: 0))
  }

  /// To a topic a dead letter goes as it came, key, headers and all, so that it can be sent again;
  /// what happened to it stands in further headers. Elsewhere it is a row of all that.
  private func encoding(of spec: ConnectorSpec) -> EncodingSpec {
    guard spec.connector == "kafka" else { return EncodingSpec(format: .json) }
    let headers = PhysicalOperator.errorSchema.visibleFields.filter {
      !["value", "key"].contains($0.name)
    }
    var encoding = EncodingSpec(
      format: .text, keys: ["key"],
      headers: headers.map { NamedExpression("raudal.\($0.name)", .column($0)) },
      options: [Option("column", .string("value"))])
    encoding.ownHeaders = PhysicalOperator.failedHeaders.name
    return encoding
  }

  /// As exact as the pipeline's own sinks: a dead letter joins their transaction, and does not
  /// begin one by itself.
  private func delivery(of spec: ConnectorSpec) -> SinkSpec.Delivery {
    let isShared = logical.nodes.contains { node in
      guard case .sink(let sink) = node.kind, sink.delivery == .exactlyOnce else { return false }
      if spec.connector != "kafka" { return true }
      guard sink.connector.connector == "kafka" else { return false }
      let (its, own) = (sink.connector["brokers"], spec["brokers"])
      if let its = its?.addresses, let own = own?.addresses { return its == own }
      // What only a start can know is the same where it is written the same.
      return its == own
    }
    return isShared && spec.connector != "print" ? .exactlyOnce : .atLeastOnce
  }
}

/// Cuts the edges that would join operators before and behind an exchange into one segment, which
/// would then feed itself: a dead letter for both phases of a window, a union of results and rows.
enum HandOver {
  /// An operator's depth is the most exchanges on a way to it. Operators of a segment have one
  /// depth, and exchanges lead to a greater one, so segments cannot feed each other in a circle.
  static func insert(into plan: inout PhysicalPlan) {
    var depths: [Int] = []
    for (index, step) in plan.operators.enumerated() {
      let depth = step.inputs.map { depths[$0.from] + ($0.exchange == nil ? 0 : 1) }.max() ?? 0
      depths.append(depth)
      for (input, edge) in step.inputs.enumerated()
      where edge.exchange == nil && depths[edge.from] < depth {
        plan.operators[index].inputs[input].exchange = .forward
      }
    }
  }
}

/// Numbers the segments: operators joined by edges without an exchange.
enum SegmentNumbering {
  static func number(_ plan: inout PhysicalPlan) {
    var parent = Array(plan.operators.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parent[index] != index { index = parent[index] }
      return index
    }
    for (index, step) in plan.operators.enumerated() {
      for edge in step.inputs where edge.exchange == nil {
        let (a, b) = (root(edge.from), root(index))
        parent[max(a, b)] = min(a, b)
      }
    }
    var numbers: [Int: Int] = [:]
    for index in plan.operators.indices {
      let top = root(index)
      let number = numbers[top] ?? numbers.count
      numbers[top] = number
      plan.operators[index].segment = number
    }
  }
}
