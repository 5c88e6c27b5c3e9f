import Plans

/// How many steps read each step, for rules that ask it of all of them.
struct ReaderCounts {
  private let counts: [Int]
  /// What is read besides the main outputs, which nearly all are.
  private let others: Set<LogicalInput>

  /// O(nodes + edges).
  init(_ plan: LogicalPlan) {
    var counts = Array(repeating: 0, count: plan.nodes.count)
    var others: Set<LogicalInput> = []
    for node in plan.nodes {
      for input in Set(node.inputs.map(\.node)) { counts[input] += 1 }
      for input in node.inputs where input.output != .main { others.insert(input) }
    }
    self.counts = counts
    self.others = others
  }

  func hasOne(_ node: Int) -> Bool { counts[node] == 1 }
  func readsErrors(of node: Int) -> Bool { isRead(node, .errors) }

  /// Whether any step reads this output, which is not the main one.
  func isRead(_ node: Int, _ output: NodeOutput) -> Bool {
    others.contains(LogicalInput(node: node, output: output))
  }
}
