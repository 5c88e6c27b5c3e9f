import Schemas

/// Stages that hold rows until the watermark is past them.
extension StateEstimates {
  func values(of keys: [Expression]) -> Double {
    keys.map { workload.values(of: $0, named: Self.name($0)) }.reduce(1, *)
  }

  /// A row of each key that came within the span, and the rows that wait for earlier ones.
  func latest(
    _ spec: DedupeSpec, _ rate: Double, _ node: LogicalNode, _ lateness: Double
  ) -> StateEstimate {
    let keys = values(of: spec.keys)
    let seconds = Double(spec.span) / 1_000_000
    let held = min(keys, rate * seconds)
    let entries = held + rate * lateness
    let width = node.schema.fields.map(\.type.usualBytes).reduce(96, +)
    return StateEstimate(
      rate: min(rate, keys / max(seconds, 1e-6)),
      kept: "the last row of each key in \(TimeRendering.duration(spec.span)), and rows that wait",
      entries: entries, bytes: entries * width)
  }

  /// Of rows in frames only what keys and aggregates read.
  func over(
    _ spec: OverSpec, _ rate: Double, _ node: LogicalNode, _ lateness: Double
  ) -> StateEstimate {
    let (frames, waiting): (Double, Double)
    switch spec.frame {
    case .rows(let count): (frames, waiting) = (values(of: spec.keys) * Double(count), lateness)
    case .time(let length): (frames, waiting) = (rate * Double(length) / 1_000_000, lateness)
    }
    let input = spec.inputs.map(\.type.usualBytes).reduce(64, +)
    let row = node.schema.fields.map(\.type.usualBytes).reduce(64, +)
    return StateEstimate(
      rate: rate, kept: "rows that frames of later ones may hold, and rows that wait",
      entries: frames + rate * waiting, bytes: frames * input + rate * waiting * row)
  }

  /// Rows that a match may begin with, and those behind them; that meet none of its steps is not
  /// known of any.
  func match(
    _ spec: MatchSpec, _ rate: Double, _ node: LogicalNode, _ lateness: Double
  ) -> StateEstimate {
    let keys = values(of: spec.keys.map(\.expression))
    let rows = Double(spec.pattern.leastRows)
    let held = spec.span.map { rate * Double($0) / 1_000_000 } ?? keys * rows
    let width = spec.inputs.map(\.type.usualBytes).reduce(128, +)
    let entries = held + rate * lateness
    return StateEstimate(
      rate: rate / rows, kept: "rows of sequences that are not complete, and rows that wait",
      entries: entries, bytes: entries * width)
  }

  /// Tasks under way, each taken to last as long as it may, and those that are not due yet: taken
  /// to wait for a day, and for their hours as long as those are not.
  func execute(_ task: TaskSpec, _ rate: Double, _ node: LogicalNode) -> StateEstimate {
    let limit = task.rates.filter { $0.per == nil }.map(\.rate).min() ?? .infinity
    let seconds =
      Double(task.timeout) / 1_000_000 + (task.dueAt == nil ? 0 : 86_400)
      + (task.hours?.closedSeconds ?? 0)
    let entries = rate * seconds
    let width = node.schema.fields.map(\.type.usualBytes).reduce(96, +)
    return StateEstimate(
      rate: min(rate, limit), kept: "tasks that wait, or are under way", entries: entries,
      bytes: entries * width)
  }

  /// Of a window that is open: bounds of windows are one value at a time.
  func top(_ spec: TopSpec, _ rate: Double, _ node: LogicalNode) -> StateEstimate {
    let groups = values(of: spec.per.filter { $0.type != .timestamp })
    let entries = min(rate, groups * Double(spec.count))
    let width = node.schema.fields.map(\.type.usualBytes).reduce(96, +)
    if let running = spec.running { return runningTop(spec, running, rate, node, width) }
    return StateEstimate(
      rate: entries, kept: "the best rows of groups that are open", entries: entries,
      bytes: entries * width)
  }
}
