public import Schemas

extension LogicalKind {
  /// All expressions of the step.
  public var expressions: [Expression] {
    switch self {
    case .source, .table, .union, .sample, .limit, .throttle: []
    case .keyBy(let keys): keys
    case .dedupe(let spec): spec.keys
    case .top(let spec): spec.per + spec.orders.map(\.value)
    case .fold(let spec): spec.keys + spec.columns.map(\.expression)
    case .funnel(let spec): (spec.keys + spec.steps).map(\.expression)
    case .match(let spec): spec.inputs + (spec.asks + spec.results).map(\.expression)
    case .join(let spec): spec.leftInputs + spec.rightInputs
    case .frequencyCap(let spec): spec.keys
    case .attribute(let spec): spec.leftKeys + spec.rightKeys + spec.conditions + [spec.value]
    case .over(let spec): spec.inputs + spec.results.map(\.expression)
    case .running(let spec): spec.inputs + spec.results.map(\.expression)
    case .filter(let condition): [condition]
    case .project(let columns): columns.map(\.expression)
    case .enrich(let spec): spec.keys
    case .infer(let spec): spec.inputs
    case .execute(let spec): spec.values.map(\.expression)
    case .asOf(let spec): spec.keys
    case .flatten(let spec): [spec.list]
    case .window(let spec): spec.inputs + spec.results.map(\.expression)
    case .sink(let spec):
      spec.encoding.headers.map(\.expression) + (spec.encoding.tombstone.map { [$0] } ?? [])
    }
  }

  /// Whether rows can come too late for the step, which sets them aside.
  public var hasLateRows: Bool {
    switch self {
    case .top(let spec): spec.running == nil
    case .join(let spec): spec.running == nil
    case .window, .dedupe, .fold, .funnel, .match, .attribute, .frequencyCap, .over:
      true
    case .asOf(let spec): spec.moment == .eventTime
    default: false
    }
  }

  /// Whether rows that find nothing are set aside.
  public var setsUnmatchedAside: Bool {
    switch self {
    case .enrich(let spec): spec.isRequired
    case .asOf(let spec): spec.isRequired
    default: false
    }
  }

  /// Whether its rows are the outcomes of calls, and those that failed are set aside: what somebody
  /// wants done, whoever reads of it.
  public var makesCalls: Bool {
    if case .execute = self { true } else { false }
  }

  /// Of the rows that the step tells of keys that it forgets.
  public var expiredSchema: Schema? {
    guard case .fold(let spec) = self else { return nil }
    return spec.expiredSchema
  }

  /// Whether some row can fail in the step: be unreadable, uncomputable or unwritable.
  public var isFallible: Bool {
    switch self {
    case .source, .sink, .infer: return true
    case .enrich(let spec) where spec.isAsked: return true
    case .window(let spec): return hasFallible(spec.aggregates)
    case .running(let spec): return hasFallible(spec.aggregates)
    case .over(let spec): return hasFallible(spec.aggregates)
    // There may be too many ways to go on.
    case .match(let spec): return !spec.asks.isEmpty || hasFallible(spec.aggregates)
    default: return expressions.contains(where: \.isFallible)
    }
  }

  private func hasFallible(_ aggregates: [AggregateCall]) -> Bool {
    expressions.contains(where: \.isFallible)
      || aggregates.contains { call in
        AggregateCatalogue.signature(named: call.function, arguments: call.arguments.count)?
          .isFallible ?? true
      }
  }
}

extension WindowSpec {
  /// What it computes of the rows that come in.
  public var inputs: [Expression] {
    keys.map(\.expression) + aggregates.flatMap(\.inputs)
  }
}
