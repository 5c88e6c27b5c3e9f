import Schemas

extension StateEstimates {
  /// A result is given out for each batch in which its group changed: at most one for each row.
  func running(_ spec: RunningSpec, _ rate: Double, _ node: LogicalNode) -> StateEstimate {
    let values = spec.keys.map { workload.values(of: $0.expression, named: $0.name) }.reduce(1, *)
    let standing = spec.takesUpdates ? standingRows(before: node) : nil
    let groups = min(values, standing ?? values)
    var width = spec.keys.map(\.expression.type.usualBytes).reduce(48, +)
    for call in spec.aggregates {
      width +=
        spec.takesUpdates
        ? retractableBytes(of: call, rows: max(1, (standing ?? groups) / groups))
        : bytes(of: call, rows: 1)
    }
    let keepsValues = spec.takesUpdates && spec.aggregates.contains { Self.keepsValues($0) }
    let group = spec.keys.isEmpty ? "one group" : "groups"
    let what = keepsValues ? "\(group) and their values, for ever" : "\(group), for ever"
    return StateEstimate(
      rate: rate, kept: spec.keys.isEmpty && !keepsValues ? group : what, entries: groups,
      bytes: groups * width)
  }

  /// The newest row of each key of a source.
  func newest(_ updates: SourceUpdates, _ rate: Double, _ node: LogicalNode) -> StateEstimate {
    let rows = updates.key.map { workload.values[$0] ?? Workload.usualValues }.reduce(1, *)
    let width = node.schema.fields.map(\.type.usualBytes).reduce(48, +)
    return StateEstimate(
      rate: rate, kept: "the newest row of each key", entries: rows, bytes: rows * width)
  }

  /// The best rows of each group, or all that are there.
  func runningTop(
    _ spec: TopSpec, _ running: TopSpec.Running, _ rate: Double, _ node: LogicalNode,
    _ width: Double
  ) -> StateEstimate {
    let best = values(of: spec.per) * Double(spec.count)
    guard running.takesUpdates else {
      return StateEstimate(
        rate: rate, kept: "the best rows of groups, for ever", entries: best, bytes: best * width)
    }
    let all = standingRows(before: node) ?? Workload.usualValues
    return StateEstimate(
      rate: rate, kept: "all rows that are there", entries: all, bytes: all * width)
  }

  /// All rows of both sides, or those of so much time; of a side that updates those that are there.
  func runningJoin(
    _ spec: JoinSpec, _ running: RunningJoinSpec, _ node: LogicalNode
  ) -> StateEstimate {
    let rates = node.inputs.map { $0.output == .main ? steps[$0.node].rate : 0 }
    let keys = spec.leftKeys.map { workload.values(of: $0, named: $0.description) }.reduce(1, *)
    let span = Double(running.expiry ?? Self.told) / 1_000_000
    var (entries, bytes): ([Double], Double) = ([], 0)
    for (input, columns) in zip(node.inputs, [spec.leftColumns, spec.rightColumns]) {
      let rate = rates[entries.count]
      let standing = standingRows(behind: [input.node])
      let rows = running.expiry.map { _ in rate * span } ?? standing ?? rate * span
      let row = PlanVerifier.schema(of: input, in: plan)
      let width = columns.compactMap { row.field(named: $0)?.type.usualBytes }.reduce(0, +)
      entries.append(rows)
      bytes += rows * (width + 96)
    }
    let found = (rates[0] * entries[1] + rates[1] * entries[0]) / max(1, keys)
    let kept =
      running.expiry.map { "rows of both sides for \(TimeRendering.duration($0))" }
      ?? "all rows of both sides, for ever (told: those of a day)"
    let isFilter = spec.kind == .semi || spec.kind == .anti
    return StateEstimate(
      rate: isFilter ? rates[0] : max(found, spec.kind == .inner ? 0 : rates[0]), kept: kept,
      entries: entries[0] + entries[1], bytes: bytes)
  }

  /// What grows for ever is told as it is after a day.
  private static let told: Int64 = 86_400_000_000

  /// Rows that are there of a stream that updates: what its nearest steps that update them keep.
  func standingRows(before node: LogicalNode) -> Double? {
    standingRows(behind: rowGivers(of: node))
  }

  private func standingRows(behind nodes: [LogicalPlan.NodeID]) -> Double? {
    var open = nodes
    var seen = Set(open)
    var rows: Double?
    while let next = open.popLast() {
      switch plan.nodes[next].kind {
      case .running: rows = (rows ?? 0) + steps[next].entries
      case .join(let spec) where spec.running?.mode.isUpdating ?? false:
        rows = (rows ?? 0) + steps[next].entries
      case .window(let spec) where spec.isUpdating: rows = (rows ?? 0) + steps[next].entries
      case .source(let spec) where spec.updates?.keepsRows ?? false:
        rows = (rows ?? 0) + steps[next].entries
      case .top(let spec) where spec.running != nil:
        rows = (rows ?? 0) + min(steps[next].entries, values(of: spec.per) * Double(spec.count))
      default:
        for giver in rowGivers(of: plan.nodes[next]) where seen.insert(giver).inserted {
          open.append(giver)
        }
      }
    }
    return rows
  }

  /// The nodes whose rows a node passes on: what it looks them up in is none.
  private func rowGivers(of node: LogicalNode) -> [LogicalPlan.NodeID] {
    if case .asOf = node.kind { return node.inputs.prefix(1).map(\.node) }
    return node.inputs.map(\.node)
  }

  private static func keepsValues(_ call: AggregateCall) -> Bool {
    switch call.function {
    case "min", "max", "median", "percentile", "count_distinct", "first", "last", "any", "collect",
      "arg_min", "arg_max":
      true
    default: false
    }
  }

  /// Bytes of an aggregate that can take so many rows of a group back.
  private func retractableBytes(of call: AggregateCall, rows: Double) -> Double {
    let width = call.arguments.map(\.type.usualBytes).reduce(0, +)
    // Of exact sums a block or two are in use.
    let sum = 60.0
    switch call.function {
    case "count", "sum", "avg":
      let isFloat = call.arguments.first?.type == .float
      return isFloat ? 8 + sum : bytes(of: call, rows: 1)
    case "bool_and", "bool_or": return 16
    case "bit_and", "bit_or", "bit_xor": return 520
    case "stddev_pop", "stddev_samp", "var_pop", "var_samp": return 8 + 2 * sum
    case "covar_pop", "covar_samp": return 8 + 3 * sum
    case "corr": return 8 + 5 * sum
    case "first", "last", "any", "collect", "arg_min", "arg_max": return rows * (width + 88)
    default: return rows * (width + 64)
    }
  }
}
