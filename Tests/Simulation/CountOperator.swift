import Columns
import KeyedState
import Operators
import Dataflow
import Plans
import Schemas
import TestKit

/// Counts the rows of each key and emits every new count; its snapshots are deltas where that is
/// allowed.
final class CountOperator: Operator {
  static let state = StateDeclaration(
    name: "counts", kind: .keyed,
    schema: Schema([Field("key", .string), Field("count", .int)]), keyColumns: 1)

  private var counts: [String: Int64] = [:]
  private var changed: Set<String> = []

  var states: [StateDeclaration] { [Self.state] }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      for cells in block.rows.cells {
        if case .int(let count) = cells[1] { counts[cells[0].plain] = count }
      }
    }
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    var rows: [[Cell]] = []
    for cells in batch.cells {
      let key = cells[0].plain
      counts[key, default: 0] += 1
      changed.insert(key)
      rows.append([.text(key), .int(counts[key] ?? 0)])
    }
    if !rows.isEmpty { output.emit(Batch(Self.state.schema, rows), port: .main) }
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    let saved = full ? counts : counts.filter { changed.contains($0.key) }
    changed = []
    return CountSnapshot(saved, isDelta: !full)
  }
}

private final class CountSnapshot: StateSnapshot {
  let isDelta: Bool
  private let counts: [String: Int64]

  init(_ counts: [String: Int64], isDelta: Bool) {
    self.counts = counts
    self.isDelta = isDelta
  }

  func write(to writer: any StateWriter) throws {
    for (key, count) in counts.sorted(by: { $0.key < $1.key }) {
      var text = key
      let hash = text.withUTF8 { KeyHasher.hash(text: $0) }
      try writer.write(
        StateBlock(
          state: CountOperator.state.name, scope: .keyGroup(KeyGroup(hash: hash)),
          rows: Batch(CountOperator.state.schema, [[.text(key), .int(count)]])))
    }
  }
}

/// Makes the operators of the simulated plans.
final class SimulatedOperators: OperatorMaker {
  private let plan: PhysicalPlan

  init(_ plan: PhysicalPlan) { self.plan = plan }

  func make(_ index: PhysicalPlan.Index, worker: Int) throws -> any Operator {
    let step = plan.operators[index]
    if step.id == OperatorID("views.count") { return CountOperator() }
    let inputs = step.inputs.map { plan.operators[$0.from].schema }
    return try OperatorFactory.make(step, inputSchemas: inputs, plan: plan, tables: [])
  }
}
