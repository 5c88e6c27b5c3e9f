import Columns
import Instruments
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
  private var context: (any OperatorContext)?
  /// Called with all rows.
  private let answer: () -> Void

  init(answer: @escaping () -> Void) { self.answer = answer }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

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
    answer()
    for cells in batch.cells {
      let key = cells[0].plain
      counts[key, default: 0] += 1
      changed.insert(key)
      rows.append([.text(key), .int(counts[key] ?? 0)])
    }
    if let metrics = context?.metrics {
      metrics.rowsIn.add(rows.count)
      metrics.absorbed.add(rows.count)
      metrics.made.add(rows.count)
      metrics.rowsOut.add(rows.count)
    }
    if !rows.isEmpty { output.emit(Batch(Self.state.schema, rows), port: .main) }
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    let saved = full ? counts : counts.filter { changed.contains($0.key) }
    changed = []
    let rows = saved.sorted { $0.key < $1.key }
    return RowSnapshot(
      rows.map { ($0.key, [.text($0.key), .int($0.value)]) }, of: Self.state, isDelta: !full)
  }
}

/// Rows of a keyed state at a barrier.
final class RowSnapshot: StateSnapshot {
  let isDelta: Bool
  private let rows: [(key: String, cells: [Cell])]
  private let state: StateDeclaration

  init(_ rows: [(key: String, cells: [Cell])], of state: StateDeclaration, isDelta: Bool) {
    self.rows = rows
    self.state = state
    self.isDelta = isDelta
  }

  func write(to writer: any StateWriter) throws {
    for (key, cells) in rows {
      var text = key
      let hash = text.withUTF8 { KeyHasher.hash(text: $0) }
      try writer.write(
        StateBlock(
          state: state.name, scope: .keyGroup(KeyGroup(hash: hash)),
          rows: Batch(state.schema, [cells])))
    }
  }
}

/// Makes the operators of the simulated plans.
final class SimulatedOperators: OperatorMaker {
  private let plan: PhysicalPlan
  private let outside: Outside
  private let table: ReplicatedTable
  private let pace = Pace(SimulatedPlan.throttle)
  private let service: SimulatedService
  private let tasks: SimulatedTasks
  private let limits: [TaskLimits]
  private let voices: ModelVoices
  let models: [String: String]

  init(
    _ plan: PhysicalPlan, _ outside: Outside, _ service: SimulatedService,
    _ tasks: SimulatedTasks, _ models: [String: String], _ voices: ModelVoices
  ) throws {
    (self.models, self.voices) = (models, voices)
    self.plan = plan
    self.service = service
    self.tasks = tasks
    limits = plan.tasks.map { TaskLimits($0) }
    self.outside = outside
    let colors = (0..<5).map { [Cell.text("k\($0)"), .text("blue")] }
    let schema = Schema([Field("key", .string), Field("color", .string)])
    table = try ReplicatedTable(schema: schema, keys: ["key"], batches: [Batch(schema, colors)])
  }

  func make(_ index: PhysicalPlan.Index, worker: Int) throws -> any Operator {
    let step = plan.operators[index]
    if step.id == OperatorID("views.count") {
      return CountOperator { [voices, models] in voices.answer(models) }
    }
    if step.id == OperatorID("views.answer") { return AnswerOperator(outside) }
    let inputs = step.inputs.map { PhysicalVerifier.schema(of: $0, in: plan) }
    // Windows of a few rows are put out in many pieces as well.
    return try OperatorFactory.make(
      step, inputSchemas: inputs, plan: plan, tables: [table],
      questions: [{ [service] in service.ask($0, $1) }], service: calls(of: step), pace: pace,
      rowLimit: 1)
  }

  /// Of a step that executes a task.
  private func calls(of step: PhysicalOperator) -> TaskService? {
    guard case .execute(let execution) = step.kind else { return nil }
    return TaskService(
      limits: limits[execution.task], perform: { [tasks] in tasks.perform($0, $1) },
      read: SimulatedTasks.read)
  }
}
