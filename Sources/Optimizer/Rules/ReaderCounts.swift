import Plans

/// How many steps read each step, for rules that ask it of all of them.
struct ReaderCounts {
  private let counts: [Int]
  private let readErrors: Set<Int>

  /// O(nodes + edges).
  init(_ plan: LogicalPlan) {
    var counts = Array(repeating: 0, count: plan.nodes.count)
    var readErrors: Set<Int> = []
    for node in plan.nodes {
      for input in Set(node.inputs.map(\.node)) { counts[input] += 1 }
      for input in node.inputs where input.output == .errors { readErrors.insert(input.node) }
    }
    self.counts = counts
    self.readErrors = readErrors
  }

  func hasOne(_ node: Int) -> Bool { counts[node] == 1 }
  func readsErrors(of node: Int) -> Bool { readErrors.contains(node) }
}
