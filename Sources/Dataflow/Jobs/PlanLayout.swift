import Operators
import Plans
import Schemas

/// What all workers need to know of a plan's shape, found once.
struct PlanLayout: Sendable {
  /// An edge between two operators of different segments.
  struct Crossing: Sendable {
    var from: PhysicalPlan.Index
    var output: NodeOutput
    var to: PhysicalPlan.Index
    var input: Int
    /// Places of the key columns in the sender's rows; nil: all rows go to each receiver.
    var keys: [Int]?
    /// The only receiver is the sender's own worker.
    var staysOnWorker = false
  }

  /// The operators of each segment, in topological order; segments too.
  var segments: [[PhysicalPlan.Index]]
  /// The segment of each operator.
  var segmentOf: [Int]
  var crossings: [Crossing]
  var sources: [PhysicalPlan.Index]
  var sinks: [PhysicalPlan.Index]
  /// The sources of tables that are read to their ends before rows are looked up in them.
  var tables: Set<PhysicalPlan.Index>
  /// The operators that hold rows until their time, each with all in front of it.
  var holders: [(index: PhysicalPlan.Index, ancestors: Set<PhysicalPlan.Index>)]
  /// Whether a stage asks for the order among rows of different partitions.
  var needsTags: Bool

  init(_ plan: PhysicalPlan) throws(JobFailure) {
    let operators = plan.operators
    segmentOf = Self.components(operators)
    segments = Array(repeating: [], count: (segmentOf.max() ?? -1) + 1)
    for index in operators.indices { segments[segmentOf[index]].append(index) }
    sources = operators.indices.filter {
      if case .source = operators[$0].kind { true } else { false }
    }
    sinks = operators.indices.filter { if case .sink = operators[$0].kind { true } else { false } }
    tables = Self.tables(operators)
    holders = operators.indices.compactMap { index in
      switch operators[index].kind {
      case .globalWindow(let window) where window.isUpdating: return nil
      case .sessionWindow(let window) where window.isUpdating: return nil
      case .fold where !Self.isRead(.expired, of: index, operators): return nil
      case .throttle, .ask, .infer, .globalWindow, .order, .sessionWindow, .keepLast, .join,
        .runningJoin, .match, .attribute, .latest, .fold, .execute:
        return (index, Self.ancestors(of: index, operators))
      default: return nil
      }
    }
    crossings = []
    needsTags = operators.contains { Self.dependsOnOrder($0.kind) }
    for (to, step) in operators.enumerated() {
      for (input, edge) in step.inputs.enumerated() {
        guard edge.from < to, edge.from >= 0 else {
          throw Self.invalid(step, "its input stands behind it in the plan")
        }
        guard let exchange = edge.exchange else { continue }
        guard segmentOf[edge.from] < segmentOf[to] else {
          throw Self.invalid(step, "exchanges lead in a circle through its segment")
        }
        crossings.append(
          Crossing(
            from: edge.from, output: edge.output, to: to, input: input,
            keys: try Self.keys(exchange, edge, plan, step),
            staysOnWorker: exchange == .forward))
      }
    }
  }

  /// Connected by direct edges, numbered so that a segment stands behind all that lead into it.
  private static func components(_ operators: [PhysicalOperator]) -> [Int] {
    var parent = Array(operators.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parent[index] != index { index = parent[index] }
      return index
    }
    for (to, step) in operators.enumerated() {
      for edge in step.inputs where edge.exchange == nil && operators.indices.contains(edge.from) {
        parent[root(to)] = root(edge.from)
      }
    }
    // The longest way from a source in exchanges, so that order among segments is topological.
    let roots = operators.indices.map(root)
    var depth = Array(repeating: 0, count: operators.count)
    for _ in operators.indices {
      for (to, step) in operators.enumerated() {
        for edge in step.inputs where edge.exchange != nil && operators.indices.contains(edge.from)
        {
          depth[roots[to]] = max(
            depth[roots[to]], min(depth[roots[edge.from]] + 1, operators.count))
        }
      }
    }
    let order = Set(roots).sorted { (depth[$0], $0) < (depth[$1], $1) }
    return roots.map { order.firstIndex(of: $0) ?? 0 }
  }

  private static func keys(
    _ exchange: Exchange, _ edge: PhysicalEdge, _ plan: PhysicalPlan, _ to: PhysicalOperator
  ) throws(JobFailure) -> [Int]? {
    guard case .key(let names) = exchange else { return nil }
    let from = plan.operators[edge.from]
    let schema = from.schemaBeside(edge.output, plan)
    var places: [Int] = []
    for name in names {
      guard let place = schema.index(of: name) else {
        throw invalid(to, "it is keyed by \(name), which \(from.id) does not put out")
      }
      places.append(place)
    }
    return places
  }

  /// What stands before tables that are read first.
  private static func tables(_ operators: [PhysicalOperator]) -> Set<PhysicalPlan.Index> {
    var found: Set<PhysicalPlan.Index> = []
    for step in operators {
      guard step.readsTableFirst else { continue }
      for edge in step.inputs.dropFirst() {
        found.formUnion(ancestors(of: edge.from, operators))
        found.insert(edge.from)
      }
    }
    return found.filter { if case .source = operators[$0].kind { true } else { false } }
  }

  /// All operators whose rows come to this one, or through it: not those of tables, which must be
  /// read however full it is.
  private static func ancestors(
    of index: PhysicalPlan.Index, _ operators: [PhysicalOperator]
  ) -> Set<PhysicalPlan.Index> {
    var found: Set<PhysicalPlan.Index> = []
    var open = operators[index].rowInputs.map(\.from)
    while let next = open.popLast() {
      guard operators.indices.contains(next), found.insert(next).inserted else { continue }
      open += operators[next].rowInputs.map(\.from)
    }
    return found
  }

  private static func isRead(
    _ output: NodeOutput, of index: PhysicalPlan.Index, _ operators: [PhysicalOperator]
  ) -> Bool {
    operators.contains { $0.inputs.contains { $0.from == index && $0.output == output } }
  }

  private static func dependsOnOrder(_ kind: PhysicalKind) -> Bool {
    switch kind {
    case .localWindow(let window), .globalWindow(let window), .sessionWindow(let window):
      dependOnOrder(window.aggregates)
    case .running(let running): running.dependsOnOrder
    case .order: true
    default: false
    }
  }

  private static func dependOnOrder(_ aggregates: [PhysicalWindow.Aggregate]) -> Bool {
    aggregates.contains { aggregate in
      AggregateCatalogue.signatures(named: aggregate.function).contains(where: \.dependsOnOrder)
    }
  }

  private static func invalid(_ step: PhysicalOperator, _ reason: String) -> JobFailure {
    .operatorFailed(OperatorError(stage: step.id, reason: reason))
  }
}
