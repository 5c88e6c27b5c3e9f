package import Plans
import Schemas

/// Moves filters towards the sources, so that fewer rows are computed and looked up.
///
/// A filter changes places with the step before it only if nobody else reads that step, no row can
/// fail in it, and no row is set aside in it that somebody reads. One that can fail itself stays
/// behind the steps that drop rows. Filters keep their order.
package struct FilterPushdown: OptimizerRule {
  package let name = "FilterPushdown"

  package init() {}

  /// O(plan): each chain of steps is walked once, with all of its filters. Where columns are
  /// renamed on the way conditions are written anew, up to a bound; then filters stay where they
  /// are.
  package func apply(_ plan: LogicalPlan) -> LogicalPlan {
    var result = plan
    // Where steps change places it stays at that how often each place is read.
    let readers = ReaderCounts(plan)
    var isSeen = Array(repeating: false, count: plan.nodes.count)
    for id in plan.nodes.indices.reversed() where !isSeen[id] {
      var chain = [id]
      while let input = plan.nodes[chain[chain.count - 1]].inputs.first, input.output == .main,
        readers.hasOne(input.node)
      {
        chain.append(input.node)
      }
      for place in chain { isSeen[place] = true }
      move(&result, chain, readers)
    }
    return result
  }

  /// Moves the filters of a chain of places, each read by the one before it alone.
  private func move(_ plan: inout LogicalPlan, _ chain: [Int], _ readers: ReaderCounts) {
    var ascent = FilterAscent()
    for id in chain {
      let node = plan.nodes[id]
      // Errors are read by the filter's place.
      if case .filter(let condition) = node.kind, !readers.readsErrors(of: id) {
        ascent.take(node, condition)
      } else {
        let aside: [NodeOutput] = [.unmatched, .late, .expired]
        ascent.pass(node, isAsideRead: aside.contains { readers.isRead(id, $0) })
      }
    }
    ascent.end()
    guard ascent.hasMoved else { return }
    for (index, id) in chain.enumerated().reversed() {
      let old = plan.nodes[id]
      var node = ascent.steps[index]
      // The step's place gets the filter, the filter's place the step; both keep their ids. An
      // enrich's table stands before the enrich's old place, so before its new one too.
      // What else a step reads, it reads where it goes too.
      node.inputs = Array(old.inputs.prefix(1) + node.inputs.dropFirst())
      if case .filter = node.kind, let source = node.inputs.first {
        node.schema = PlanVerifier.schema(of: source, in: plan)
      }
      plan.nodes[id] = node
    }
  }
}

/// A walk up a chain of steps that takes filters along as far as they may go.
private struct FilterAscent {
  /// Parts of conditions that are written anew in a chain, at most.
  private static let mostRewriting = 500_000

  private struct Climber {
    var node: LogicalNode
    var condition: Expression
  }

  /// The steps in their new order, from the last one up.
  private(set) var steps: [LogicalNode] = []
  private(set) var hasMoved = false
  /// The filters on their way, the lowest first. Those below `settled` have found their place.
  private var climbers: [Climber] = []
  private var settled = 0
  private var rewriting = 0
  /// Which filters read a column, in order.
  private var readers: [String: [Int]] = [:]
  /// Those that can fail.
  private var fallible: [Int] = []

  mutating func take(_ node: LogicalNode, _ condition: Expression) {
    for name in condition.columnNames { readers[name, default: []].append(climbers.count) }
    if condition.isFallible { fallible.append(climbers.count) }
    climbers.append(Climber(node: node, condition: condition))
  }

  /// A step that is no filter, or one that stays: the filters that may not pass it stay below it,
  /// and with them all that stand below these.
  mutating func pass(_ node: LogicalNode, isAsideRead: Bool) {
    settle(below: firstFree(to: node, isAsideRead))
    steps.append(node)
    guard settled < climbers.count else { return }
    hasMoved = true
    if case .project(let columns) = node.kind { rewrite(columns, node.schema) }
    for index in settled..<climbers.count {
      climbers[index].node.hasEventTime = node.hasEventTime
    }
  }

  mutating func end() { settle(below: climbers.count) }

  private mutating func settle(below bound: Int) {
    while settled < bound {
      var node = climbers[settled].node
      node.kind = .filter(climbers[settled].condition)
      steps.append(node)
      settled += 1
    }
  }

  /// The lowest filter that may pass the step.
  private func firstFree(to node: LogicalNode, _ isAsideRead: Bool) -> Int {
    guard !node.kind.isFallible else { return climbers.count }
    switch node.kind {
    case .project(let columns):
      if rewriting > Self.mostRewriting { return climbers.count }
      // What is computed for the filter and again for the column must be cheap.
      return free(of: columns.filter { !$0.expression.isCheap }.map(\.name))
    case .enrich(let spec):
      // A row that the step drops, or that it sets aside, must not fail before it.
      if isAsideRead { return climbers.count }
      let first = free(of: spec.columns.map(\.name))
      // Who is not asked for cannot fail, nor wait: but no row that failed before may be lost.
      return spec.isRequired || spec.isAsked ? max(first, firstBehindFallible) : first
    case .asOf(let spec):
      // It drops those that come behind the time of both.
      if isAsideRead { return climbers.count }
      return max(free(of: spec.columns.map(\.name)), firstBehindFallible)
    case .flatten(let spec):
      // The same for a row with an empty list; and one that fails does so for each element.
      return max(free(of: [spec.name]), firstBehindFallible)
    default: return climbers.count
    }
  }

  /// The lowest filter above all that read one of these columns.
  private func free(of columns: [String]) -> Int {
    columns.reduce(settled) { max($0, (readers[$1]?.last ?? -1) + 1) }
  }

  private var firstBehindFallible: Int { max(settled, (fallible.last ?? -1) + 1) }

  /// Conditions as they stand before the columns are made.
  private mutating func rewrite(_ columns: [NamedExpression], _ schema: Schema) {
    var values: [String: Expression] = [:]
    var touched: Set<Int> = []
    for column in columns {
      guard let list = readers[column.name], list.last ?? -1 >= settled,
        !column.isCarried(schema)
      else { continue }
      values[column.name] = column.expression
      touched.formUnion(list.filter { $0 >= settled })
      readers[column.name] = list.filter { $0 < settled }
    }
    var found: [String: Set<Int>] = [:]
    for index in touched {
      rewriting += climbers[index].condition.partCount
      let condition = climbers[index].condition.substituting(values)
      climbers[index].condition = condition
      for name in condition.columnNames { found[name, default: []].insert(index) }
    }
    for (name, indexes) in found { readers[name] = indexes.union(readers[name] ?? []).sorted() }
  }
}

extension NamedExpression {
  /// Whether the column is the same before the step.
  fileprivate func isCarried(_ schema: Schema) -> Bool {
    guard case .column(name) = expression.node else { return false }
    return expression.fieldType == schema.field(named: name)?.fieldType
  }
}

extension Expression {
  fileprivate var partCount: Int { operands.reduce(1) { $0 + $1.partCount } }

  fileprivate var isCheap: Bool {
    switch node {
    case .column, .literal: true
    default: false
    }
  }
}
