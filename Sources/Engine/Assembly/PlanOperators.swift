package import Dataflow
import KeyedState
package import Operators
package import Plans
import Schemas
import Synchronization

/// Makes a plan's operators, with its tables read once for all workers.
package final class PlanOperators: OperatorMaker {
  private let plan: PhysicalPlan
  private let reading: TableReading
  private let tables = Mutex<[ReplicatedTable]>([])

  package init(_ plan: PhysicalPlan, tables reading: TableReading) {
    self.plan = plan
    self.reading = reading
  }

  /// Reads the tables; again only after it failed. Blocks.
  package func prepare() throws {
    guard tables.withLock({ $0.count }) < plan.tables.count else { return }
    let read = try plan.tables.map { try reading.read($0) }
    tables.withLock { $0 = read }
  }

  package func make(
    _ index: PhysicalPlan.Index, worker: Int
  ) throws -> any Operator {
    let step = plan.operators[index]
    return try OperatorFactory.make(
      step, inputSchemas: step.inputs.map { plan.schema(of: $0) }, plan: plan,
      tables: tables.withLock { $0 })
  }
}

extension PhysicalPlan {
  /// The schema of the rows that travel along an edge.
  package func schema(of edge: PhysicalEdge) -> Schema {
    let from = operators[edge.from]
    return switch edge.output {
    case .main: from.schema
    case .late, .unmatched: from.inputs.first.map { schema(of: $0) } ?? from.schema
    case .errors, .failed: PhysicalOperator.errorSchema
    }
  }
}
