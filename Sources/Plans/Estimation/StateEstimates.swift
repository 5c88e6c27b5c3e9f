import Glibc
import Schemas

/// Estimates the state of each step of a plan. No step is taken to leave rows out but `sample` and
/// windows, so estimates err on the large side.
public struct StateEstimates: Sendable {
  /// By the step's place in the plan.
  public private(set) var steps: [StateEstimate] = []
  let plan: LogicalPlan
  let workload: Workload

  /// O(steps × columns).
  public init(_ plan: LogicalPlan, _ workload: Workload) {
    self.plan = plan
    self.workload = workload
    for node in plan.nodes { steps.append(estimate(node)) }
  }

  private func estimate(_ node: LogicalNode) -> StateEstimate {
    // A table's rows are none of those that a stage executes.
    let rows = node.kind.makesCalls ? node.inputs.prefix(1) : node.inputs[...]
    let incoming = rows.map { input -> Double in
      // What is set aside is taken to be nothing beside what goes on.
      input.output == .main ? steps[input.node].rate : 0
    }.reduce(0, +)
    switch node.kind {
    case .source(let spec):
      let rate = workload.rates[spec.name] ?? Workload.usualRate
      if let updates = spec.updates, updates.keepsRows { return newest(updates, rate, node) }
      return StateEstimate(
        rate: rate, kept: "the place of each partition", entries: 1, bytes: 64)
    case .table(let spec): return table(spec)
    case .window(let spec): return window(spec, incoming, lateness(before: node))
    case .running(let spec): return running(spec, incoming, node)
    case .sample(let spec): return plain(incoming * spec.share)
    case .limit:
      return StateEstimate(
        rate: incoming, kept: "how many rows it has let through", entries: 1, bytes: 9)
    case .dedupe(let spec) where spec.keepsLast:
      return latest(spec, incoming, node, lateness(before: node))
    case .dedupe(let spec): return dedupe(spec, incoming)
    case .top(let spec): return top(spec, incoming, node)
    case .fold(let spec):
      let width = spec.states.map(\.field.type.usualBytes).reduce(48, +)
      return byKey(
        spec.keys, for: spec.expiry, node, incoming, "states of keys", width: width,
        rate: incoming)
    case .funnel(let spec):
      return byKey(
        spec.keys.map(\.expression), for: spec.span, node, incoming, "open attempts",
        width: Double(72 + 8 * spec.steps.count), rate: incoming / Double(spec.steps.count))
    case .match(let spec): return match(spec, incoming, node, lateness(before: node))
    case .over(let spec): return over(spec, incoming, node, lateness(before: node))
    case .throttle(let spec): return throttle(spec, incoming, node)
    case .join(let spec):
      return spec.running.map { runningJoin(spec, $0, node) } ?? join(spec, node)
    case .attribute(let spec): return attribute(spec, node)
    case .frequencyCap(let spec): return frequencyCap(spec, incoming, node)
    case .asOf(let spec): return asOf(spec, node)
    case .execute(let spec): return execute(spec.task, incoming, node)
    default: return plain(incoming)
    }
  }

  /// Rows that may be under way to a step when the sources before it are stopped.
  private static let underWay = 4_096.0

  private func plain(_ rate: Double) -> StateEstimate {
    StateEstimate(rate: rate, kept: nil, entries: 0, bytes: 0)
  }

  private func table(_ spec: TableSpec) -> StateEstimate {
    let all = spec.keys.map { workload.values[$0] ?? Workload.usualValues }.reduce(1, *)
    let width = spec.decoding.columns.map(\.field.type.usualBytes).reduce(16, +)
    if let lookup = spec.lookup {
      guard let cache = lookup.cache else { return plain(0) }
      let rows = min(all, Double(cache.rows))
      return StateEstimate(
        rate: 0, kept: "rows in the cache, on each worker; not in checkpoints", entries: rows,
        bytes: rows * width)
    }
    let rows = all
    return StateEstimate(
      rate: 0, kept: "all rows, on each worker; not in checkpoints", entries: rows,
      bytes: rows * width)
  }

  /// What waits where more comes than may leave, on one worker.
  private func throttle(
    _ spec: ThrottleSpec, _ rate: Double, _ node: LogicalNode
  ) -> StateEstimate {
    let entries = rate > spec.rate ? Double(spec.capacity) + Self.underWay : 0
    let width = node.schema.fields.map(\.type.usualBytes).reduce(16, +)
    return StateEstimate(
      rate: min(rate, spec.rate), kept: "rows that wait for their turn", entries: entries,
      bytes: entries * width)
  }

  /// Each key that came within the span, and the time that keys are remembered longer.
  private func dedupe(_ spec: DedupeSpec, _ rate: Double) -> StateEstimate {
    let (sum, overflows) = spec.span.addingReportingOverflow(
      2 * DedupeSpec.allowance(of: spec.span))
    let kept = overflows ? Int64.max : sum
    let values = spec.keys.map { workload.values(of: $0, named: Self.name($0)) }.reduce(1, *)
    let entries = min(values, rate * Double(kept) / 1_000_000)
    let width = spec.keys.map(\.type.usualBytes).reduce(56, +)
    return StateEstimate(
      rate: rate, kept: "keys of the last \(TimeRendering.duration(kept))", entries: entries,
      bytes: entries * width)
  }

  /// What is kept of each key for a time after its rows, and the rows that wait for earlier ones.
  private func byKey(
    _ keys: [Expression], for span: Int64?, _ node: LogicalNode, _ incoming: Double,
    _ what: String, width: Double, rate: Double
  ) -> StateEstimate {
    let values = keys.map { workload.values(of: $0, named: Self.name($0)) }.reduce(1, *)
    let kept = span.map { min(values, incoming * Double($0) / 1_000_000) } ?? values
    let waiting = incoming * lateness(before: node)
    let row = node.schema.fields.map(\.type.usualBytes).reduce(32, +)
    let each = keys.map(\.type.usualBytes).reduce(width, +)
    return StateEstimate(
      rate: rate, kept: "\(what), and rows that wait for earlier ones", entries: kept + waiting,
      bytes: kept * each + waiting * row)
  }

  /// The newest version of each key, and the rows that wait for earlier versions; of a table of
  /// latest rows none wait.
  private func asOf(_ spec: AsOfSpec, _ node: LogicalNode) -> StateEstimate {
    let rates = node.inputs.map { $0.output == .main ? steps[$0.node].rate : 0 }
    let values = spec.tableKeys.map { workload.values[$0] ?? Workload.usualValues }.reduce(1, *)
    let kept = spec.expiry.map { min(values, rates[1] * Double($0) / 1_000_000) } ?? values
    let isTimed = spec.moment == .eventTime
    let waiting = isTimed ? (rates[0] + rates[1]) * lateness(before: node) : 0
    let added = Set(spec.columns.map(\.name))
    let widths = node.schema.fields.map { (added.contains($0.name), $0.type.usualBytes) }
    let table = PlanVerifier.schema(of: node.inputs[1], in: plan)
    let held = spec.held.compactMap { table.field(named: $0)?.type.usualBytes }
    let version = held.reduce(56, +)
    let row = widths.filter { !$0.0 }.map(\.1).reduce(32, +)
    let keys = spec.keys.map(\.type.usualBytes).reduce(0, +)
    let told = node.mode.isUpdating ? standingRows(before: node) ?? 0 : 0
    let what = told > 0 ? "latest rows, and what rows were told" : "latest rows"
    return StateEstimate(
      rate: rates[0],
      kept: isTimed ? "newest versions, and rows that wait for earlier ones" : what,
      entries: kept + waiting + told,
      bytes: kept * (version + keys) + waiting * (row + version) + told * (row + version + 64))
  }

  /// Rows of both sides, for as long as a match may come. Those of a key meet at random.
  private func join(_ spec: JoinSpec, _ node: LogicalNode) -> StateEstimate {
    let rates = node.inputs.map { $0.output == .main ? steps[$0.node].rate : 0 }
    let late = lateness(before: node)
    let (before, after) = (Double(spec.before) / 1_000_000, Double(spec.after) / 1_000_000)
    let keys = spec.leftKeys.map { workload.values(of: $0, named: Self.name($0)) }.reduce(1, *)
    let found = rates[0] * rates[1] * (before + after) / max(1, keys)
    let rows = [rates[0] * (after + late), rates[1] * (before + late)]
    let columns = [spec.leftColumns, spec.rightColumns]
    let keyBytes = spec.leftKeys.map(\.type.usualBytes).reduce(0, +)
    let bytes = zip(node.inputs, zip(rows, columns)).map { input, side in
      let row = PlanVerifier.schema(of: input, in: plan)
      let width = side.1.compactMap { row.field(named: $0)?.type.usualBytes }.reduce(0, +)
      // A row's time, number and place in its chain; and each key beside them in tables.
      return side.0 * (width + 2 * keyBytes + 64)
    }
    let rate =
      switch spec.kind {
      case .inner: found
      case .left: max(found, rates[0])
      case .right: max(found, rates[1])
      case .full: max(found, rates[0] + rates[1])
      case .semi, .anti: rates[0]
      }
    return StateEstimate(
      rate: rate, kept: "rows of both sides that may find a match", entries: rows[0] + rows[1],
      bytes: bytes[0] + bytes[1])
  }

  /// The largest lateness of the sources before a step, in seconds.
  func lateness(before node: LogicalNode) -> Double {
    var open = node.inputs.map(\.node)
    var seen: Set<Int> = []
    var most: Int64 = 0
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      open += plan.nodes[next].inputs.map(\.node)
      if case .source(let spec) = plan.nodes[next].kind {
        most = max(most, spec.eventTime?.lateness ?? 0)
      }
    }
    return Double(most) / 1_000_000
  }

  private func window(_ spec: WindowSpec, _ rate: Double, _ lateness: Double) -> StateEstimate {
    let (size, slide, pane): (Double, Double, Double)
    switch spec.kind {
    case .session, .count: return byRows(spec, rate, lateness)
    case .cumulative(let length, let step):
      (size, slide, pane) = (Double(length), Double(step), Double(step))
    case .tumbling(let length):
      (size, slide, pane) = (Double(length), Double(length), Double(length))
    case .hopping(let length, let every):
      (size, slide, pane) = (Double(length), Double(every), Double(Self.divisor(length, every)))
    }
    let second = 1_000_000.0
    let rows = rate * pane / second
    let keys = spec.keys.map { workload.values(of: $0.expression, named: $0.name) }.reduce(1, *)
    let groups = max(1, min(keys, rows))
    let allowed = Double(spec.allowLate ?? 0)
    let panes = ((size + lateness * second + allowed) / pane).rounded(.up)
    var width = spec.keys.map(\.expression.type.usualBytes).reduce(32, +)
    for call in spec.aggregates { width += bytes(of: call, rows: max(1, rows / groups)) }
    var out = max(1, min(keys, rate * size / second)) * second / slide
    if let period = spec.emitEvery.map(Double.init) {
      // In each period those of all windows that its rows have changed.
      out += max(1, min(keys, rate * period / second)) * second / period * (size / slide)
    }
    let name = spec.keys.isEmpty ? "one group" : "groups"
    return StateEstimate(
      rate: out,
      kept: "\(name) of \(Int(panes)) open panes of \(TimeRendering.duration(Int64(pane)))",
      entries: groups * panes, bytes: groups * panes * width)
  }

  /// Windows that depend on the rows of their key, and the rows that wait before them. Rows of a
  /// key are taken to come at random (Poisson), which says how many follow each other in a gap.
  private func byRows(_ spec: WindowSpec, _ rate: Double, _ lateness: Double) -> StateEstimate {
    let keys = max(
      1, spec.keys.map { workload.values(of: $0.expression, named: $0.name) }.reduce(1, *))
    let each = rate / keys
    var (open, rows) = (keys, 1.0)
    switch spec.kind {
    case .session(let gap, let limit):
      let inGap = each * Double(gap) / 1_000_000
      let longest = each * Double(limit ?? Self.usualLimit) / 1_000_000
      rows = max(1, min(exp(min(inGap, 700)), max(longest, 1)))
      open = keys * (1 - exp(-inGap))
    case .count(let count): rows = Double(max(count, 1))
    case .tumbling, .hopping, .cumulative: break
    }
    // Those that take late rows, and what is told early.
    open = max(1, open) + rate / rows * Double(spec.allowLate ?? 0) / 1_000_000
    var out = rate / rows
    if let period = spec.emitEvery.map({ Double($0) / 1_000_000 }) {
      out += max(1, min(keys, rate * period)) / period
    }
    var width = spec.keys.map(\.expression.type.usualBytes).reduce(64, +)
    for call in spec.aggregates { width += bytes(of: call, rows: rows) }
    let waiting = rate * lateness
    let inputs = spec.keys.map(\.expression) + spec.aggregates.flatMap(\.arguments)
    let row = inputs.map(\.type.usualBytes).reduce(32, +)
    return StateEstimate(
      rate: out, kept: "open windows, and rows that wait for earlier ones",
      entries: open + waiting, bytes: open * width + waiting * row)
  }

  /// A session without a bound is taken to end after a day.
  private static let usualLimit: Int64 = 86_400_000_000

  /// Bytes of an aggregate's partial state in a group of so many rows.
  func bytes(of call: AggregateCall, rows: Double) -> Double {
    let argument = call.arguments.first
    let width = argument?.type.usualBytes ?? 0
    switch call.function {
    case "count": return 8
    case "sum": return 25
    case "avg": return 33
    case "min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor": return width
    case "first", "last", "any", "arg_min", "arg_max": return 2 * width + 24
    case "collect": return min(rows, Self.kept(by: call)) * (width + 24)
    case "count_distinct":
      let values = argument.map { workload.values(of: $0, named: Self.name($0)) } ?? rows
      return min(rows, values) * (width + 8)
    case "median", "percentile": return rows * 8
    case "approx_count_distinct":
      let values = argument.map { workload.values(of: $0, named: Self.name($0)) } ?? rows
      return min(min(rows, values) * 12 + 128, 16_384)
    case "approx_percentile": return min(rows * 24 + 128, 8_192)
    case "approx_top":
      let values = argument.map { workload.values(of: $0, named: Self.name($0)) } ?? rows
      return min(rows, values, Self.room(of: call)) * (width + 56)
    default: return 48
    }
  }

  /// How many values `collect` keeps: with a limit about twice as many, as `CollectionState` does.
  private static func kept(by call: AggregateCall) -> Double {
    guard case .int(let limit)? = call.arguments.indices.compactMap(call.setting).first else {
      return .infinity
    }
    return 2 * Double(limit) + 16
  }

  /// How many values `approx_top` counts: as `TopSketch.room` has it.
  private static func room(of call: AggregateCall) -> Double {
    guard case .literal(.int(let limit))? = call.arguments.last?.node else { return 1024 }
    return max(1024, 16 * Double(limit))
  }

  static func name(_ expression: Expression) -> String {
    if case .column(let name) = expression.node { return name }
    return ""
  }

  private static func divisor(_ a: Int64, _ b: Int64) -> Int64 {
    b == 0 ? a : divisor(b, a % b)
  }
}

extension StateEstimates {
  /// The steps that keep something, with the assumptions, as `raudal explain` shows them.
  public var text: String {
    var lines = ["State, about"]
    var names: [String] = []
    for (node, step) in zip(plan.nodes, steps) {
      if case .source(let spec) = node.kind {
        names.append("\(spec.name) \(Self.short(step.rate)) rows/s")
        // Where it stands is not worth a line.
        if spec.updates?.keepsRows != true { continue }
      }
      guard let kept = step.kept else { continue }
      lines.append(
        "  \(node.id): \(kept): \(Self.short(step.entries)), \(Self.size(step.bytes))")
    }
    if lines.count == 1 { lines.append("  no step keeps anything") }
    let values = workload.values.sorted { $0.key < $1.key }
      .map { "\($0.key) \(Self.short($0.value)) values" }
    let usual = "other columns \(Self.short(Workload.usualValues)) values"
    lines.append("  if: \((names + values + [usual]).joined(separator: ", "))")
    return lines.joined(separator: "\n") + "\n"
  }

  /// `1.2M`, `340`.
  static func short(_ number: Double) -> String {
    scaled(number, [("", 1), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)])
  }

  /// `1.2 MB`.
  static func size(_ bytes: Double) -> String {
    scaled(bytes, [(" B", 1), (" kB", 1e3), (" MB", 1e6), (" GB", 1e9), (" TB", 1e12)])
  }

  private static func scaled(_ number: Double, _ units: [(String, Double)]) -> String {
    let unit = units.last { number >= $0.1 } ?? units[0]
    let value = number / unit.1
    let tenths = (value * 10).rounded() / 10
    let text = value >= 10 || tenths == tenths.rounded() ? "\(Int(value.rounded()))" : "\(tenths)"
    return text + unit.0
  }
}
