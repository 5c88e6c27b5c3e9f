import Plans

extension PhysicalPlan {
  /// The names of the sources by which tasks are steered: those of tables, and others of which
  /// nothing else comes. What they say counts whenever it comes, so they may be read on when time
  /// has ended for all else.
  var steeringSources: Set<String> {
    var steers = Array(repeating: false, count: operators.count)
    var leadsElsewhere = steers
    // Who reads a step stands behind it.
    for (index, step) in operators.enumerated().reversed() {
      switch step.kind {
      case .sink, .execute: leadsElsewhere[index] = true
      default: break
      }
      for (input, edge) in step.inputs.enumerated() {
        if case .execute = step.kind, input > 0 {
          steers[edge.from] = true
          continue
        }
        // What can't be read has no time of its own.
        guard edge.output != .errors else { continue }
        steers[edge.from] = steers[edge.from] || steers[index]
        leadsElsewhere[edge.from] = leadsElsewhere[edge.from] || leadsElsewhere[index]
      }
    }
    return Set(
      operators.indices.compactMap { index in
        guard case .source(let spec) = operators[index].kind, steers[index] else { return nil }
        return spec.isTable || !leadsElsewhere[index] ? spec.name : nil
      })
  }
}
