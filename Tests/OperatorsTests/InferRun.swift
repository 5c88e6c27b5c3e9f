import Columns
import KeyedState
import Plans
import Schemas
import Synchronization
import TestKit

@testable import Operators

/// `probability = factor × x + y`, which fails over each call with a row whose y is `poison`.
final class SimpleModel: InferenceModel {
  static let poison: Int64 = 13

  let version: String
  let factor: Double
  let baseline: ModelBaseline?
  private let asked = Mutex((calls: 0, batches: Set<Int>()))

  init(_ version: String, factor: Double, baseline: ModelBaseline? = nil) {
    self.version = version
    self.baseline = baseline
    self.factor = factor
  }

  var calls: Int { asked.withLock { $0.calls } }
  var batches: Set<Int> { asked.withLock { Set($0.batches.map { $0 }) } }

  func run(
    _ columns: [Column], rowCount: Int, batch: Int
  ) throws(InferenceFailure) -> [Column] {
    asked.withLock { asked in
      asked.calls += 1
      asked.batches.insert(batch)
    }
    let (x, y) = (columns[0], columns[1])
    let answers = ColumnBuilder(.float)
    for row in 0..<rowCount {
      guard x.isValid(row), y.isValid(row) else {
        answers.appendNull()
        continue
      }
      if y.int(row) == Self.poison { throw InferenceFailure("thirteen is too much") }
      answers.append(float: factor * x.float(row) + Double(y.int(row)))
    }
    return [answers.finish()]
  }
}

/// An `infer` stage in a time of the tests, and what it has put out.
struct InferRun {
  struct Row: Hashable {
    var id: Int64
    var user: Int64?
    var x: Double?
    var y: Int64?
  }

  static let input = Schema([
    Field("id", .int), Field("user", .int, nullable: true), Field("x", .float, nullable: true),
    Field("y", .int, nullable: true),
  ])

  let stage: Stage
  let op: InferOperator
  let models: [SimpleModel]

  static func spec(_ versions: [ModelSpec.Version]? = nil) -> ModelSpec {
    ModelSpec(
      name: "m", kind: "onnx",
      inputs: [ModelSpec.Input(Field("x", .float)), ModelSpec.Input(Field("y", .int))],
      outputs: [ModelSpec.Output(Field("probability", .float))],
      versions: versions ?? [ModelSpec.Version(name: nil, path: .string("m"))])
  }

  init(
    _ spec: ModelSpec, route: PhysicalErrorRoute = .output, scarcity: UInt64 = 3,
    seed: UInt64 = 1, baseline: ModelBaseline? = nil
  ) throws {
    models = spec.versions.enumerated().map {
      SimpleModel($1.name ?? "hash", factor: Double($0 + 2), baseline: baseline)
    }
    let inference = PhysicalInference(
      model: 0, arguments: ["x", "y"], sticky: spec.sticky.first,
      columns: [
        EnrichedColumn(tableColumn: "probability", name: "p.probability"),
        EnrichedColumn(tableColumn: "version", name: "p.version"),
      ])
    let step = PhysicalOperator(
      id: OperatorID("s.infer"), kind: .infer(inference), inputs: [PhysicalEdge(from: 0)],
      schema: Schema(
        Self.input.fields + [
          Field("p.probability", .float, nullable: true), Field("p.version", .string),
        ]), segment: 0, errorRoute: route)
    op = try InferOperator(step, inference, spec, input: Self.input, models: models)
    stage = try Stage(op, output: CollectingOutput(scarcity: scarcity, seed: seed))
  }

  func give(_ rows: [Row], selected: [Int]? = nil) throws {
    let batch = Batch(
      Self.input,
      rows.map { row in
        [
          .int(row.id), row.user.map(Cell.int) ?? .null, row.x.map(Cell.float) ?? .null,
          row.y.map(Cell.int) ?? .null,
        ]
      })
    if let selected { batch.selection = Selection(rows: selected) }
    try stage.process(batch)
  }

  /// Rings the timer if its time has come.
  func advance(to time: Int64) throws {
    if let timer = op.nextWallTimer?.microseconds, timer <= time {
      stage.context.clock = Timestamp(microseconds: max(timer, now))
      try stage.wallTime(stage.context.clock)
    }
    stage.context.clock = Timestamp(microseconds: max(time, now))
  }

  var now: Int64 { stage.context.clock.microseconds }

  func take(_ port: OutputPort = .main) -> [[Cell]] { stage.output.take(port).flatMap(\.cells) }
}
