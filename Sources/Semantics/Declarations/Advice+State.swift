import Diagnostics
import Plans
import Schemas
import Syntax

/// Warnings of state that grows, of keys that leave workers idle, and of output that repeats.
extension Advice {
  /// Aggregates whose partial state holds the values, not a summary of them.
  private static let keepers: Set<String> = [
    "collect", "count_distinct", "median", "percentile",
  ]

  /// Windows of a day or longer (microseconds) hold what they keep for that long.
  private static let longWindow: Int64 = 86_400_000_000

  /// How long rows may be kept. Sessions without a bound last as long as rows come.
  private static func length(of kind: WindowSpec.Kind) -> Int64 {
    if case .count(let rows) = kind { return rows > manyRows ? .max : 0 }
    return kind.length ?? .max
  }

  /// Values of so many rows of a key are no more than a window of some hours has.
  private static let manyRows: Int64 = 100_000

  func warnOfState(_ node: LogicalNode, _ index: Int) {
    switch node.kind {
    case .window(let window):
      warnOfWindow(window, index)
    case .fold(let fold):
      // Those of one key are few.
      if fold.expiry == nil, Self.groups(fold.keys) == nil {
        report(.keepsStates(fix: expiry(index)), index)
      }
    case .over(let spec):
      // Of keys that are known to be few no more is kept than of few windows.
      guard case .rows = spec.frame, Self.groups(spec.keys) == nil else { return }
      report(.keepsFrames, index)
    case .running(let spec):
      if !spec.keys.isEmpty { warnOfGroups("aggregate", node, index) }
    case .top(let spec):
      if spec.running != nil, !spec.per.isEmpty { warnOfGroups("top", node, index) }
    case .join(let spec):
      guard let running = spec.running, running.expiry == nil else { return }
      graph.definitions.log.report(
        RunningJoinProblem.keepsSides(canExpire: !running.mode.isUpdating), at: graph.spans[index])
    case .match(let spec):
      if spec.span == nil { report(.keepsRows(fix: expiry(index)), index) }
    case .asOf(let spec): warnOfLatest(spec, node, index)
    default: return
    }
  }

  private func warnOfGroups(_ stage: String, _ node: LogicalNode, _ index: Int) {
    report(.keepsGroups(of: stage, isBehindUpdatingWindow: isBehindUpdatingWindow(node)), index)
  }

  /// Whether what updates the rows that come to a step is a window.
  private func isBehindUpdatingWindow(_ node: LogicalNode) -> Bool {
    var open = node.inputs.map(\.node)
    while let next = open.popLast() {
      let before = graph.nodes[next]
      guard before.mode.isUpdating else { continue }
      switch before.kind {
      case .window(let window): if window.isUpdating { return true }
      case .running, .top, .source: continue
      default: open += before.inputs.map(\.node)
      }
    }
    return false
  }

  /// Of a log's table the log has as many rows, and of a stream that updates its own stage tells.
  /// Said once, at the declaration.
  private func warnOfLatest(_ spec: AsOfSpec, _ node: LogicalNode, _ index: Int) {
    guard spec.moment == .latestOfStream, spec.expiry == nil, node.inputs.count == 2 else { return }
    let table = node.inputs[1].node
    let isFirst = !graph.nodes[..<index].contains { other in
      guard case .asOf = other.kind else { return false }
      return other.inputs.last?.node == table
    }
    guard isFirst, !graph.nodes[table].mode.isUpdating,
      Self.groups(
        spec.tableKeys.compactMap { graph.nodes[table].schema.field(named: $0) }
          .map { .column($0) }) == nil
    else { return }
    graph.definitions.log.report(
      TableProblem.keepsRows(table: spec.table), at: graph.spans[table])
  }

  private func warnOfWindow(_ window: WindowSpec, _ index: Int) {
    let span = graph.spans[index]
    let late = window.allowLate ?? 0
    let (sum, overflows) = Self.length(of: window.kind).addingReportingOverflow(late)
    let length = overflows ? .max : sum
    let keeper = window.aggregates.first { call in
      let isLimited = call.function == "collect" && call.arguments.count == 2
      return Self.keepers.contains(call.function) && !isLimited
    }
    if let keeper = keeper?.function, length >= Self.longWindow {
      graph.definitions.log.report(
        StageProblem.keepsValues(
          keeper,
          span: window.kind.length.map { _ in TimeRendering.duration(length) }
            ?? "a window without a bound"),
        at: span)
    }
    if case .count = window.kind, Self.groups(window.keys.map(\.expression)) == nil {
      graph.definitions.log.report(StageProblem.keepsKeys, at: span)
    }
  }

  /// A source without `idle` is told once, with the stages that wait for its time.
  func warnOfIdleness() {
    for (source, node) in graph.nodes.enumerated() {
      guard case .source(let spec) = node.kind, spec.connector.connector == "kafka",
        let time = spec.eventTime, time.idle == nil
      else { continue }
      let stages = waiting(behind: source)
      if stages.isEmpty { continue }
      let fix = graph.adding("idle: 30s", toSource: spec.name)
      graph.definitions.log.report(
        StageProblem.neverIdle(
          source: spec.name, stages: stages.map(\.name), areWindows: stages.allSatisfy(\.isWindow),
          fix: fix),
        at: graph.spans[source])
    }
  }

  private func expiry(_ index: Int) -> Edit? {
    graph.expiryPlaces[index].map { Edit($0.place, $0.clause) }
  }

  /// The stages that rows of a source wait in, in their order. Inputs stand before their steps.
  private func waiting(behind source: Int) -> [(name: String, isWindow: Bool)] {
    var reached: Set<Int> = [source]
    var stages: [(name: String, isWindow: Bool)] = []
    for index in graph.nodes.indices.dropFirst(source + 1)
    where graph.nodes[index].waitedFor.contains(where: { reached.contains($0.node) }) {
      reached.insert(index)
      let name = graph.nodes[index].id.name
      switch graph.nodes[index].kind {
      case .window: stages.append((name, true))
      case .asOf(let spec) where spec.moment != .eventTime: continue
      case .join(let spec) where spec.running != nil: continue
      case .fold, .over, .funnel, .match, .join, .asOf, .attribute, .frequencyCap:
        stages.append((name, false))
      case .top(let spec) where spec.running == nil: stages.append((name, false))
      case .dedupe(let spec) where spec.keepsLast: stages.append((name, false))
      default: continue
      }
    }
    return stages
  }

  func warnOfSpread(_ node: LogicalNode, _ index: Int) {
    switch node.kind {
    case .window(let window): warnOfSpread(window, index)
    case .dedupe(let spec):
      if let groups = Self.groups(spec.keys) { report(.fewRows(groups), index) }
    case .fold(let spec):
      // What sums results up was made by a stage.
      if spec.keys.allSatisfy(\.isConstant), spec.title != nil { return }
      if let groups = Self.groups(spec.keys) { report(.fewRows(groups), index) }
    case .funnel(let spec):
      if let groups = Self.groups(spec.keys.map(\.expression)) { report(.fewRows(groups), index) }
    case .match(let spec):
      if let groups = Self.groups(spec.keys.map(\.expression)) { report(.fewRows(groups), index) }
    case .join(let spec):
      if let groups = Self.groups(spec.leftKeys) { report(.fewRows(groups), index) }
    case .frequencyCap(let spec):
      if let groups = Self.groups(spec.keys) { report(.fewRows(groups), index) }
    case .attribute(let spec):
      if let groups = Self.groups(spec.leftKeys) { report(.fewRows(groups), index) }
    case .over(let spec):
      if let groups = Self.groups(spec.keys) { report(.fewRows(groups), index) }
    case .running(let spec):
      if let groups = Self.groups(spec.keys.map(\.expression)) { report(.fewRows(groups), index) }
    case .asOf(let spec):
      if let groups = Self.groups(spec.keys) { report(.fewRows(groups), index) }
    case .execute(let spec):
      if let groups = spec.key.flatMap({ Self.groups([$0]) }) { report(.fewRows(groups), index) }
    case .keyBy(let keys):
      if let groups = Self.groups(keys) { report(.fewRows(groups), index) }
    case .sink(let spec) where spec.connector.connector == "kafka":
      let keys = spec.encoding.keys.compactMap { node.schema.field(named: $0) }
      let groups = Self.groups(keys.map { .column($0) })
      if !keys.isEmpty, let groups { report(.fewKeys(groups, columns: keys.map(\.name)), index) }
    default: return
    }
  }

  /// Windows at fixed times summarise on each worker before rows change workers, so few groups cost
  /// nothing; but not where the summary is the values. Which rows a session or a count has hangs on
  /// the order of all rows of a key.
  private func warnOfSpread(_ window: WindowSpec, _ index: Int) {
    if let constant = window.keys.first(where: { $0.expression.isConstant }) {
      return report(.constantKey(constant.name), index)
    }
    guard let groups = Self.groups(window.keys.map(\.expression)) else { return }
    let keeper = window.aggregates.first { Self.keepers.contains($0.function) }
    switch window.kind {
    case .session: report(.fewGroups(groups, reason: "sessions are made of rows in order"), index)
    case .count: report(.fewGroups(groups, reason: "rows are counted in order"), index)
    default:
      guard let keeper else { return }
      report(.fewGroups(groups, reason: "`\(keeper.function)` keeps values"), index)
    }
  }

  private func report(_ problem: MatchProblem, _ index: Int) {
    graph.definitions.log.report(problem, at: graph.spans[index])
  }

  private func report(_ problem: StageProblem, _ index: Int) {
    graph.definitions.log.report(problem, at: graph.spans[index])
  }

  /// How many groups these keys can make, if it is known that they are few.
  static func groups(_ keys: [Expression]) -> Int? {
    var groups = 1
    for key in keys {
      if key.isConstant { continue }
      guard key.type == .bool else { return nil }
      groups *= key.isNullable ? 3 : 2
    }
    return groups <= 9 ? groups : nil
  }

  /// Standard output takes no part in checkpoints: beside sinks that do it says things twice.
  func warnOfPrints() {
    let isExact = graph.nodes.contains { node in
      guard case .sink(let sink) = node.kind else { return false }
      return sink.delivery == .exactlyOnce && sink.connector.connector != "memory"
    }
    guard isExact else { return }
    for (index, node) in graph.nodes.enumerated() {
      // What is set aside is printed to be looked at.
      guard case .sink(let sink) = node.kind, sink.connector.connector == "print",
        node.inputs.first?.output == .main
      else { continue }
      report(.printsTwice(sink.name), index)
    }
  }
}

extension LogicalNode {
  /// The inputs whose time its rows wait for: none waits for that of latest rows, and outcomes have
  /// a time of their own.
  fileprivate var waitedFor: ArraySlice<LogicalInput> {
    if kind.makesCalls {
      []
    } else if case .asOf(let spec) = kind, spec.moment != .eventTime {
      inputs.prefix(1)
    } else {
      inputs[...]
    }
  }
}
