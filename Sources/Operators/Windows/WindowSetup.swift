import KeyedState
import Plans
import Schemas

/// A plan's window in the terms of its state.
struct WindowSetup {
  let grid: WindowGrid
  let aggregates: [AggregateSpec]
  private let window: PhysicalWindow
  private let stage: OperatorID

  init(_ window: PhysicalWindow, _ stage: OperatorID) throws(OperatorError) {
    self.window = window
    self.stage = stage
    grid = try Self.grid(window, stage)
    aggregates = window.aggregates.map { Self.spec($0) }
  }

  /// A plan's aggregate in the terms of its state.
  static func spec(_ aggregate: PhysicalWindow.Aggregate) -> AggregateSpec {
    let fields = aggregate.arguments.compactMap { argument in
      if case .column(let field) = argument { field.fieldType } else { nil }
    }
    var spec = AggregateSpec(
      name: aggregate.name, function: aggregate.function, arguments: fields,
      share: share(aggregate.arguments), hasFilter: aggregate.filter != nil,
      resultType: aggregate.fieldType.type)
    spec.limit = limit(aggregate.arguments)
    for case .column(let field) in aggregate.arguments { spec.reads.append(field.name) }
    // No column's name is empty.
    spec.reads.append(aggregate.filter ?? "")
    return spec
  }

  private static func grid(
    _ window: PhysicalWindow, _ stage: OperatorID
  ) throws(OperatorError) -> WindowGrid {
    let (size, slide) =
      switch window.kind {
      case .tumbling(let size): (size, size)
      case .hopping(let size, let slide): (size, slide)
      case .cumulative(let size, let step): (size, step)
      // Windows of a key lie on no grid.
      case .session, .count: (1, 1)
      }
    let isCumulative = if case .cumulative = window.kind { true } else { false }
    guard let zone = window.zone else {
      return WindowGrid(
        size: size, slide: slide, offset: window.offset, isCumulative: isCumulative)
    }
    let grid = WindowGrid(
      size: size, slide: slide, offset: window.offset, zone: zone, isCumulative: isCumulative)
    guard let grid else {
      throw OperatorError(
        stage: stage,
        reason: "there is no time zone `\(zone)`; write an IANA name such as `Europe/Madrid`")
    }
    return grid
  }

  /// What keeps windows that depend on the rows of their key.
  func sessions() throws(OperatorError) -> SessionStore {
    let rule: SessionRule
    switch window.kind {
    case .session(let gap, let limit): rule = .gap(gap, limit: limit)
    case .count(let rows): rule = .count(rows)
    case .tumbling, .hopping, .cumulative: throw otherKind
    }
    do {
      return try SessionStore(keys: window.keys, aggregates: aggregates, rule: rule)
    } catch {
      throw Self.unknown(error.spec, stage)
    }
  }

  /// The same of windows whose results are told more than once.
  func refreshingSessions() throws(OperatorError) -> RefreshingSessionStore {
    guard case .session(let gap, let limit) = window.kind else { throw otherKind }
    do {
      return try RefreshingSessionStore(
        keys: window.keys, aggregates: aggregates, gap: gap, limit: limit, refresh: refresh)
    } catch {
      throw Self.unknown(error.spec, stage)
    }
  }

  private var otherKind: OperatorError {
    OperatorError(stage: stage, reason: "the plan gives it windows of another kind")
  }

  private var refresh: WindowRefreshRule {
    WindowRefreshRule(period: window.emitEvery, allowance: window.allowLate ?? 0)
  }

  static func unknown(_ spec: AggregateSpec, _ stage: OperatorID) -> OperatorError {
    let types = spec.arguments.map(\.description).joined(separator: ", ")
    return OperatorError(
      stage: stage, reason: "no aggregate \(spec.function)(\(types)) is known")
  }

  func store(tracksChanges: Bool) throws(OperatorError) -> WindowStore {
    do {
      return try WindowStore(configuration(tracksChanges: tracksChanges))
    } catch {
      throw Self.unknown(error.spec, stage)
    }
  }

  /// What keeps windows whose results are told more than once.
  func refreshingStore() throws(OperatorError) -> RefreshingWindowStore {
    do {
      return try RefreshingWindowStore(configuration(tracksChanges: true))
    } catch {
      throw Self.unknown(error.spec, stage)
    }
  }

  private func configuration(tracksChanges: Bool) -> WindowStore.Configuration {
    WindowStore.Configuration(
      grid: grid, keys: window.keys, aggregates: aggregates, tracksChanges: tracksChanges,
      refresh: refresh)
  }

  /// Where the keys, arguments and filters stand in the local phase's input.
  func inputs(_ schema: Schema) throws(OperatorError) -> WindowInputs {
    try Self.inputs(window.keys, window.aggregates, schema, stage)
  }

  static func inputs(
    _ keys: [Field], _ calls: [PhysicalWindow.Aggregate], _ schema: Schema, _ stage: OperatorID
  ) throws(OperatorError) -> WindowInputs {
    let keys = try ColumnPlaces.find(keys.map(\.name), in: schema, stage)
    var aggregates: [(arguments: [Int], filter: Int?)] = []
    for aggregate in calls {
      var names: [String] = []
      for case .column(let field) in aggregate.arguments { names.append(field.name) }
      let filter = try aggregate.filter.map { name throws(OperatorError) in
        try ColumnPlaces.find([name], in: schema, stage)[0]
      }
      aggregates.append((try ColumnPlaces.find(names, in: schema, stage), filter))
    }
    return WindowInputs(keys: keys, aggregates: aggregates)
  }

  /// How many values `approx_top` gives, and `collect` at most: its constant.
  private static func limit(_ arguments: [PhysicalWindow.Argument]) -> Int? {
    for case .constant(.int(let limit)) in arguments { return Int(limit) }
    return nil
  }

  /// A percentile's share: its constant.
  private static func share(_ arguments: [PhysicalWindow.Argument]) -> Double {
    for case .constant(let literal) in arguments {
      switch literal {
      case .float(let share): return share
      case .int(let share): return Double(share)
      case .decimal(let unscaled, let scale):
        return (0..<scale).reduce(Double(unscaled)) { share, _ in share / 10 }
      default: continue
      }
    }
    return 0.5
  }
}
