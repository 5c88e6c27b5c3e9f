package import Connectors
import KeyedState
package import Operators
package import Plans
import Schemas
import Synchronization

/// The operators that a plan says, over tables that are loaded once and shared by all workers.
package final class PlannedOperators: OperatorMaker {
  private let plan: PhysicalPlan
  private let sources: [any Source]
  private let decoders: @Sendable (DecodingSpec) throws -> JobSetup.Decoder
  private let tables = Mutex<[ReplicatedTable]?>(nil)

  /// `tables` are the plan's, connected, in its order; `decoders` serve those that give records.
  package init(
    _ plan: PhysicalPlan, tables: [any Source],
    decoders: @escaping @Sendable (DecodingSpec) throws -> JobSetup.Decoder
  ) {
    self.plan = plan
    self.sources = tables
    self.decoders = decoders
  }

  /// Loads the tables; once, also if called again.
  package func prepare() throws {
    guard tables.withLock({ $0 == nil }) else { return }
    var loaded: [ReplicatedTable] = []
    for (index, spec) in plan.tables.enumerated() {
      guard sources.indices.contains(index) else {
        throw ConnectorError(.configuration, "table `\(spec.name)` is not connected")
      }
      loaded.append(try TableReader(spec, decoders: decoders).read(sources[index]))
    }
    tables.withLock { $0 = loaded }
  }

  package func make(_ index: PhysicalPlan.Index, worker: Int) throws -> any Operator {
    let step = plan.operators[index]
    return try OperatorFactory.make(
      step, inputSchemas: step.inputs.map { PhysicalVerifier.schema(of: $0, in: plan) },
      plan: plan, tables: tables.withLock { $0 } ?? [])
  }
}
