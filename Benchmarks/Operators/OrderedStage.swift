import Columns
import Operators
import Plans
import Schemas
import TestKit

/// A stage behind an order, as plans have it: what rows out of order by up to a second cost both.
struct OrderedStage {
  static let lateness: Int64 = 1_000_000
  /// Microseconds between two rows.
  static let step: Int64 = 100

  private let order: any Operator
  private let next: any Operator
  private let between = Chain()
  private let behind = Chain()
  /// Nanoseconds of processor time.
  private(set) var spent: Int64 = 0

  /// Rows have a column `id`, the key.
  init(_ kind: PhysicalKind, input: Schema, output: Schema) throws {
    order = try makeOperator(.order(keys: ["id"]), [input], input)
    next = try makeOperator(kind, [input], output)
    between.next = next
    between.following = behind
  }

  /// Rows that came out.
  var rowsOut: Int { behind.rows }

  /// Takes so many rows, which are made out of the time that is told.
  mutating func run(rows: Int, _ batch: (Range<Int>) -> Batch) throws {
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      let batch = batch(first..<min(first + Batch.rowLimit, rows))
      let mark = Timestamp(microseconds: Int64(first) * Self.step - Self.lateness)
      let start = processorTime()
      _ = try order.process(batch, input: 0, output: between)
      _ = try order.watermark(mark, output: between)
      _ = try next.watermark(mark, output: behind)
      while let holder = next as? any HoldingOperator, holder.hasMore {
        _ = try holder.resume(behind)
      }
      spent += processorTime() - start
    }
  }

  /// The time of a row, up to `lateness` behind its place.
  static func time(_ row: Int, _ random: inout SeededRandom) -> Int64 {
    Int64(row) * step - Int64(random.next() % UInt64(lateness))
  }
}

/// An operator that is open.
func makeOperator(
  _ kind: PhysicalKind, _ inputs: [Schema], _ output: Schema
) throws -> any Operator {
  let plan = PhysicalPlan(
    pipeline: "benchmark", operators: [], tables: [], checkpoints: CheckpointPolicy())
  let step = PhysicalOperator(
    id: OperatorID("benchmark"), kind: kind, inputs: [], schema: output, segment: 0)
  let made = try OperatorFactory.make(step, inputSchemas: inputs, plan: plan, tables: [])
  try made.open(Context())
  return made
}
