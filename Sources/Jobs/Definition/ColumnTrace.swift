import Plans
import Schemas

/// Follows columns and rows through a logical plan.
struct ColumnTrace {
  let plan: LogicalPlan

  /// Which column of which source is there, unchanged, under a name of an output; nil where it is
  /// computed on the way, or comes from several sources.
  func origin(of name: String, at input: LogicalInput) -> (source: Int, column: String)? {
    let node = plan.nodes[input.node]
    switch node.kind {
    case .source: return (input.node, name)
    case .project(let columns):
      guard case .column(let before)? = columns.first(where: { $0.name == name })?.expression.node
      else { return nil }
      return node.inputs.first.flatMap { origin(of: before, at: $0) }
    case .filter, .sample, .limit, .keyBy, .dedupe, .throttle, .enrich, .asOf, .infer, .over,
      .frequencyCap:
      guard let before = node.inputs.first,
        plan.nodes[before.node].schema.field(named: name) != nil
      else { return nil }
      return origin(of: name, at: before)
    default: return nil
    }
  }

  /// Whether `dedupe` by a column of a source, and by nothing else, stands between it and an
  /// output, so that a record that is written again goes on once, whatever else it says then.
  func isDeduped(by origin: (source: Int, column: String), at input: LogicalInput) -> Bool {
    let node = plan.nodes[input.node]
    guard let before = node.inputs.first else { return false }
    if case .dedupe(let spec) = node.kind {
      let isBy = spec.keys.allSatisfy { key in
        guard case .column(let name) = key.node, let found = self.origin(of: name, at: before)
        else { return false }
        return found == origin
      }
      if isBy, !spec.keys.isEmpty { return true }
    }
    return isDeduped(by: origin, at: before)
  }

  /// Which outputs of a step lead to each of the plan's sinks: O(nodes × inputs).
  func outputs(of step: Int) -> [(sink: Int, outputs: Set<NodeOutput>)] {
    var reached: [Int: Set<NodeOutput>] = [:]
    for index in plan.nodes.indices where index > step {
      var outputs: Set<NodeOutput> = []
      for input in plan.nodes[index].inputs {
        if input.node == step {
          outputs.insert(input.output)
        } else {
          outputs.formUnion(reached[input.node] ?? [])
        }
      }
      reached[index] = outputs
    }
    return plan.nodes.indices.compactMap { index in
      guard case .sink = plan.nodes[index].kind, let outputs = reached[index], !outputs.isEmpty
      else { return nil }
      return (index, outputs)
    }
  }
}
