import Schemas

/// `attribute`, `frequency_cap`.
extension StateEstimates {
  /// Touches for as long as the longest look-back sees them; what no condition wants is not known.
  func attribute(_ spec: AttributeSpec, _ node: LogicalNode) -> StateEstimate {
    let rates = node.inputs.map { $0.output == .main ? steps[$0.node].rate : 0 }
    let late = lateness(before: node)
    let seconds = Double(spec.lookBacks.map(\.span).max() ?? 0) / 1_000_000
    let keys = spec.leftKeys.map { workload.values(of: $0, named: Self.name($0)) }.reduce(1, *)
    let touches = rates[1] * seconds
    let waiting = (rates[0] + rates[1]) * late
    let row = PlanVerifier.schema(of: node.inputs[1], in: plan)
    let columns = spec.rightColumns.compactMap { row.field(named: $0)?.type.usualBytes }
    // A row's time, number and tag; and each key beside them in a table.
    let width = columns.reduce(64, +) + 2 * spec.leftKeys.map(\.type.usualBytes).reduce(0, +)
    let whole = node.schema.fields.map(\.type.usualBytes).reduce(64, +)
    let each: Double =
      switch spec.model {
      case .first, .last: 1
      case .linear, .decay, .position: max(1, touches / max(1, keys))
      }
    return StateEstimate(
      rate: rates[0] * each, kept: "touches that look-backs see, and rows that wait",
      entries: touches + waiting, bytes: touches * width + waiting * whole)
  }

  /// When rows of the longest span passed, and the rows that wait.
  func frequencyCap(
    _ spec: FrequencyCapSpec, _ rate: Double, _ node: LogicalNode
  ) -> StateEstimate {
    let keys = spec.keys.map { workload.values(of: $0, named: Self.name($0)) }.reduce(1, *)
    let longest = spec.caps.max { $0.span < $1.span }
    let seconds = Double(longest?.span ?? 0) / 1_000_000
    let passed = min(rate * seconds, keys * Double(longest?.count ?? 0))
    let waiting = rate * lateness(before: node)
    let key = spec.keys.map(\.type.usualBytes).reduce(32, +)
    let row = node.schema.fields.map(\.type.usualBytes).reduce(64, +)
    return StateEstimate(
      rate: min(rate, passed / max(seconds, 1e-6)),
      kept: "times of rows that passed, and rows that wait", entries: passed + waiting,
      bytes: passed * 16 + min(passed, keys) * key + waiting * row)
  }
}
