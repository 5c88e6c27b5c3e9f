import KeyedState
package import Plans
import Schemas

/// The pipelines that are simulated: a source of (key, time) in memory, an exchange by key, a
/// count.
package enum SimulatedPlan: Sendable, CaseIterable {
  /// Every row gives the new count of its key.
  case counts
  /// Counts by key in windows of event time, in two phases.
  case windows

  static let rowSchema = Schema([Field("key", .string), Field("time", .timestamp)])
  static let windowSize: Int64 = 1_000

  /// `interval`: microseconds between checkpoints.
  package func physical(interval: Int64) -> PhysicalPlan {
    var plan = self == .counts ? Self.counted : Self.windowed
    plan.checkpoints = CheckpointPolicy(interval: interval, keep: 2)
    return plan
  }

  private static let connector = ConnectorSpec(connector: "memory", options: [])

  private static var source: PhysicalOperator {
    let spec = SourceSpec(
      name: "views", connector: connector, decoding: DecodingSpec(format: .raw, columns: []),
      eventTime: EventTimeSpec(origin: .column("time"), lateness: 0, maxDrift: 1_000_000_000))
    return PhysicalOperator(
      id: OperatorID("views"), kind: .source(spec), inputs: [], schema: rowSchema, segment: 0)
  }

  private static func sink(_ schema: Schema, from: Int) -> PhysicalOperator {
    let spec = SinkSpec(
      name: "out", connector: connector, encoding: EncodingSpec(), delivery: .exactlyOnce)
    return PhysicalOperator(
      id: OperatorID("out"), kind: .sink(spec), inputs: [PhysicalEdge(from: from)],
      schema: schema, segment: 1)
  }

  private static func plan(_ operators: [PhysicalOperator]) -> PhysicalPlan {
    PhysicalPlan(
      pipeline: "p", operators: operators, tables: [], checkpoints: CheckpointPolicy())
  }

  private static var counted: PhysicalPlan {
    let count = PhysicalOperator(
      id: OperatorID("views.count"), kind: .union,
      inputs: [PhysicalEdge(from: 0, exchange: .key(["key"]))], schema: CountOperator.state.schema,
      segment: 1)
    return plan([source, count, sink(count.schema, from: 1)])
  }

  private static var windowed: PhysicalPlan {
    let window = PhysicalWindow(
      kind: .tumbling(size: windowSize), offset: 0, keys: [Field("key", .string)],
      aggregates: [
        PhysicalWindow.Aggregate(
          name: "n", function: "count", arguments: [], filter: nil, fieldType: FieldType(.int))
      ])
    let local = PhysicalOperator(
      id: OperatorID("views.window.local"), kind: .localWindow(window),
      inputs: [PhysicalEdge(from: 0)], schema: window.partialSchema, segment: 0)
    let global = PhysicalOperator(
      id: OperatorID("views.window"), kind: .globalWindow(window),
      inputs: [PhysicalEdge(from: 1, exchange: .key(["key"]))], schema: window.resultSchema,
      segment: 1)
    return plan([source, local, global, sink(global.schema, from: 2)])
  }
}
