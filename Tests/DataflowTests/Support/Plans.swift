import Columns
import Operators
import Plans
import Schemas
import Synchronization

@testable import Dataflow

/// Writes plans of the tests step by step. The kinds between source and sink do not matter: the
/// tests' own maker makes the operators by id.
struct PlanWriter {
  var operators: [PhysicalOperator] = []

  static let connector = ConnectorSpec(connector: "memory", options: [])

  mutating func source(
    _ name: String = "events", lateness: Int64 = 0, idle: Int64? = nil, maxDrift: Int64? = nil,
    eventTime: Bool = true, route: PhysicalErrorRoute = .fail
  ) -> Int {
    let time = EventTimeSpec(
      origin: .column("time"), lateness: lateness, idle: idle, maxDrift: maxDrift)
    let spec = SourceSpec(
      name: name, connector: Self.connector, decoding: DecodingSpec(format: .json, columns: []),
      eventTime: eventTime ? time : nil)
    return add(name, .source(spec), [], route: route)
  }

  /// An operator that the maker knows by this id.
  mutating func step(
    _ id: String, _ inputs: PhysicalEdge..., route: PhysicalErrorRoute = .fail
  ) -> Int { add(id, .union, inputs, route: route) }

  mutating func sink(
    _ name: String = "out", _ inputs: PhysicalEdge..., route: PhysicalErrorRoute = .fail
  ) -> Int {
    let spec = SinkSpec(
      name: name, connector: Self.connector, encoding: EncodingSpec(), delivery: .exactlyOnce)
    return add(name, .sink(spec), inputs, route: route)
  }

  mutating func add(
    _ id: String, _ kind: PhysicalKind, _ inputs: [PhysicalEdge], route: PhysicalErrorRoute
  ) -> Int {
    operators.append(
      PhysicalOperator(
        id: OperatorID(id), kind: kind, inputs: inputs, schema: Row.schema, segment: 0,
        errorRoute: route))
    return operators.count - 1
  }

  var plan: PhysicalPlan {
    PhysicalPlan(
      pipeline: "test", operators: operators, tables: [], checkpoints: CheckpointPolicy())
  }
}

extension PhysicalEdge {
  static func from(_ index: Int, _ output: NodeOutput = .main) -> PhysicalEdge {
    PhysicalEdge(from: index, output: output)
  }

  static func byKey(_ index: Int) -> PhysicalEdge {
    PhysicalEdge(from: index, exchange: .key(["key"]))
  }

  static func broadcast(_ index: Int) -> PhysicalEdge {
    PhysicalEdge(from: index, exchange: .broadcast)
  }
}

/// Makes the tests' operators by their id.
final class TestMaker: OperatorMaker {
  typealias Make = @Sendable (_ worker: Int) -> any Operator

  private let steps: [String: Make]
  private let plan: PhysicalPlan

  init(_ plan: PhysicalPlan, _ steps: [String: Make]) {
    self.plan = plan
    self.steps = steps
  }

  func make(_ index: PhysicalPlan.Index, worker: Int) throws -> any Operator {
    let id = plan.operators[index].id
    guard let make = steps[id.name] else {
      throw OperatorError(stage: id, reason: "the test makes no such operator")
    }
    return make(worker)
  }
}
