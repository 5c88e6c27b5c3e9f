import Columns
package import Connectors
import Dataflow
import KeyedState
package import Operators
package import Plans
import Schemas
import Synchronization

/// Makes a plan's operators, with its tables read once for all workers.
package final class PlanOperators: OperatorMaker {
  private let plan: PhysicalPlan
  private let connections: any PlanConnections
  private let environment: ConnectorEnvironment
  private let tables = Mutex<[ReplicatedTable]>([])

  package init(
    _ plan: PhysicalPlan, _ connections: any PlanConnections, _ environment: ConnectorEnvironment
  ) {
    self.plan = plan
    self.connections = connections
    self.environment = environment
  }

  /// Reads the tables; again only after it failed. Blocks.
  package func prepare() throws {
    guard tables.withLock({ $0.count }) < plan.tables.count else { return }
    let read = try plan.tables.map(read)
    tables.withLock { $0 = read }
  }

  package func make(_ index: PhysicalPlan.Index, worker: Int) throws -> any Operator {
    let step = plan.operators[index]
    return try OperatorFactory.make(
      step, inputSchemas: step.inputs.map(plan.schema), plan: plan,
      tables: tables.withLock { $0 })
  }

  private func read(_ table: TableSpec) throws -> ReplicatedTable {
    let spec = SourceSpec(
      name: table.name, connector: table.connector, decoding: table.decoding, eventTime: nil)
    let source = try connections.source(spec, environment)
    let rows = try TableLoader.load(table, from: source)
    do {
      return try ReplicatedTable(schema: rows.schema, keys: table.keys, batches: [rows])
    } catch { throw RunFailure(.final, "table `\(table.name)`: \(error)") }
  }
}

extension PhysicalPlan {
  /// The schema of the rows that travel along an edge.
  fileprivate func schema(of edge: PhysicalEdge) -> Schema {
    let from = operators[edge.from]
    return switch edge.output {
    case .main: from.schema
    case .late, .unmatched: from.inputs.first.map(schema) ?? from.schema
    case .errors, .failed: PhysicalOperator.errorSchema
    }
  }
}
