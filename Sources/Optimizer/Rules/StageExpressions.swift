import Plans

/// Stages with all their expressions changed.
extension TopSpec {
  func mapExpressions(_ change: (Expression) -> Expression) -> TopSpec {
    var spec = self
    spec.per = per.map(change)
    for index in orders.indices { spec.orders[index].value = change(orders[index].value) }
    return spec
  }
}

extension FoldSpec {
  func mapExpressions(_ change: (Expression) -> Expression) -> FoldSpec {
    var spec = self
    spec.keys = keys.map(change)
    for (index, state) in states.enumerated() { spec.states[index].first = change(state.first) }
    spec.columns = columns.map { $0.replacing(change($0.expression)) }
    return spec
  }
}

extension FunnelSpec {
  func mapExpressions(_ change: (Expression) -> Expression) -> FunnelSpec {
    var spec = self
    spec.keys = keys.map { $0.replacing(change($0.expression)) }
    spec.steps = steps.map { $0.replacing(change($0.expression)) }
    return spec
  }
}

extension MatchSpec {
  func mapExpressions(_ change: (Expression) -> Expression) -> MatchSpec {
    var spec = self
    spec.keys = keys.map { $0.replacing(change($0.expression)) }
    spec.steps = steps.map { $0.replacing(change($0.expression)) }
    spec.asks = asks.map { $0.replacing(change($0.expression)) }
    spec.before = before.map { $0.mapExpressions(change) }
    spec.aggregates = aggregates.map { $0.mapExpressions(change) }
    spec.results = results.map { $0.replacing(change($0.expression)) }
    return spec
  }
}

extension JoinSpec {
  func mapExpressions(_ change: (Expression) -> Expression) -> JoinSpec {
    mapExpressions(left: change, right: change)
  }
}

extension InferSpec {
  /// The names of the added columns.
  var added: [String] { columns.map(\.name) }
}

extension FrequencyCapSpec {
  func mapExpressions(_ change: (Expression) -> Expression) -> FrequencyCapSpec {
    var spec = self
    spec.keys = keys.map(change)
    return spec
  }
}

extension AttributeSpec {
  func mapExpressions(_ change: (Expression) -> Expression) -> AttributeSpec {
    mapExpressions(change, ofTouches: change)
  }

  func mapExpressions(
    _ change: (Expression) -> Expression, ofTouches changeOther: (Expression) -> Expression
  ) -> AttributeSpec {
    var spec = self
    spec.leftKeys = leftKeys.map(change)
    spec.rightKeys = rightKeys.map(changeOther)
    spec.value = change(value)
    for (index, lookBack) in lookBacks.enumerated() {
      spec.lookBacks[index].condition = lookBack.condition.map(changeOther)
    }
    return spec
  }
}

extension OverSpec {
  func mapExpressions(_ change: (Expression) -> Expression) -> OverSpec {
    var spec = self
    spec.keys = keys.map(change)
    spec.results = results.map { $0.replacing(change($0.expression)) }
    spec.aggregates = aggregates.map { $0.mapExpressions(change) }
    return spec
  }
}

extension RunningSpec {
  func mapExpressions(_ change: (Expression) -> Expression) -> RunningSpec {
    var spec = mapInputs(change)
    spec.results = results.map { $0.replacing(change($0.expression)) }
    return spec
  }

  /// What is computed of the rows, not of the aggregates.
  func mapInputs(_ change: (Expression) -> Expression) -> RunningSpec {
    var spec = self
    spec.keys = keys.map { $0.replacing(change($0.expression)) }
    spec.aggregates = aggregates.map { $0.mapExpressions(change) }
    return spec
  }
}
