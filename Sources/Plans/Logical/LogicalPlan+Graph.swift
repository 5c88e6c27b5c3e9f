extension LogicalPlan {
  /// The steps that a sink or a call depends on, tables included. O(nodes + edges).
  public var usedNodes: Set<NodeID> {
    var open = nodes.indices.filter { nodes[$0].kind.isEnd }
    var used: Set<NodeID> = []
    while let next = open.popLast() {
      guard used.insert(next).inserted else { continue }
      open += nodes[next].inputs.map(\.node)
      if let table = nodes[next].kind.loadedTable { open.append(table) }
    }
    return used
  }

  /// Whether any step reads this output.
  public func isRead(_ node: NodeID, _ output: NodeOutput) -> Bool {
    let wanted = LogicalInput(node: node, output: output)
    return nodes.contains { $0.inputs.contains(wanted) }
  }

  /// The steps that read any output of a step.
  public func readers(of node: NodeID) -> [NodeID] {
    nodes.indices.filter { nodes[$0].inputs.contains { $0.node == node } }
  }

  /// The route of a step: its own, else the pipeline's.
  public func route(of node: NodeID) -> ErrorRoute { nodes[node].errorRoute ?? errorRoute }
}

extension LogicalKind {
  /// Whether it does something beyond the plan, so that it is wanted though nobody reads it.
  public var isEnd: Bool {
    if case .sink = self { true } else { makesCalls }
  }
}
