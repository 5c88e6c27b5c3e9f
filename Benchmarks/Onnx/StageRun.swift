import Columns
import Connectors
import Instruments
import KeyedState
import OnnxRuntime
import Operators
import Plans
import Schemas

/// The same model through the stage `infer`: batches of the engine in, batches with a score and a
/// version out.
final class StageRun {
  private final class World: OperatorContext {
    let id = OperatorID("benchmark")
    let worker = 0
    let workers = 1
    let keyGroups = 0..<KeyGroup.count
    let metrics = OperatorMetrics()
    let journal: (any Journal)? = nil
    func now() -> Timestamp { Timestamp(microseconds: 0) }
    func random() -> UInt64 { 0 }
    func submit(ordered: Bool, _ work: @escaping @Sendable () -> [UInt8]) -> Ticket { Ticket(0) }
    func expect() -> (ticket: Ticket, done: @Sendable () -> Void) { (Ticket(0), {}) }
  }

  private final class Rows: Output {
    var batches: [Batch] = []
    var hasCredit: Bool { true }
    func emit(_ batch: Batch, port: OutputPort) { batches.append(batch) }
    func isRead(_ port: OutputPort) -> Bool { port == .main }
  }

  private let schema: Schema
  private let stage: any Operator
  private let world = World()
  private let batches: [[Column]]

  /// `batch`: rows of one run of the model at most; the columns are batches of the engine.
  init(path: String, batch: Int, columns: [[Column]]) throws {
    let names = columns[0].indices.map { "x\($0)" }
    schema = Schema(names.map { Field($0, .float) })
    batches = columns
    let spec = ModelSpec(
      name: "trees", kind: "onnx", inputs: schema.fields.map { ModelSpec.Input($0) },
      outputs: [ModelSpec.Output(Field("score", .float), source: "probabilities", index: 1)],
      versions: [ModelSpec.Version(name: nil, path: .string(path))], batch: batch)
    let added = ["score", "version"].map { EnrichedColumn(tableColumn: $0, name: "t.\($0)") }
    let step = PhysicalOperator(
      id: OperatorID("benchmark"),
      kind: .infer(
        PhysicalInference(model: 0, arguments: names, sticky: nil, columns: added)),
      inputs: [],
      schema: Schema(schema.fields + [Field("t.score", .float), Field("t.version", .string)]),
      segment: 0)
    let plan = PhysicalPlan(
      pipeline: "benchmark", operators: [], tables: [], models: [spec],
      checkpoints: CheckpointPolicy())
    stage = try OperatorFactory.make(
      step, inputSchemas: [schema], plan: plan, tables: [],
      models: [try OnnxModels().open(spec, path: path)])
    try stage.open(world)
  }

  /// Nanoseconds of this thread.
  func run(_ scores: UnsafeMutablePointer<Double>) throws -> Int64 {
    let output = Rows()
    let began = processorTime()
    for columns in batches {
      let rows = Batch(schema: schema, columns: columns, rowCount: columns[0].rowCount)
      _ = try stage.process(rows, input: 0, output: output)
    }
    let time = processorTime() - began
    var row = 0
    for batch in output.batches {
      let column = batch.columns[schema.count]
      (scores + row).update(from: column.floats, count: batch.rowCount)
      row += batch.rowCount
    }
    guard row == rowCount else { fail("the stage gave \(row) rows") }
    return time
  }
}
