import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Adds to each row the aggregates over the rows of its key that precede it, and itself.
///
/// It stands directly behind an `OrderOperator`, and passes rows on as they come. In frames of time
/// rows of one event time see each other, so the last ones wait for a later row, the watermark or a
/// barrier, all of which follow when their time is complete.
final class OverOperator: Operator {
  private let stage: OperatorID
  private let store: FrameStore
  /// The columns of a row that are kept.
  private let kept: [Int]
  private let keptSchema: Schema
  private let schema: Schema
  private let hasPeers: Bool
  private let results: ResultRouting
  private let rowLimit: Int
  private var watermark = Timestamp.beginning
  /// Rows of the last event time, whose peers may still come.
  private var last: Batch?
  /// Rows on their way out.
  private var leaving: (rows: Batch, frames: Frames)?
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ over: PhysicalOver, input: Schema,
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    self.rowLimit = rowLimit
    let setup = FrameSetup(over)
    kept = try ColumnPlaces.find(setup.kept, in: input, plan.id)
    keptSchema = Schema(kept.map { input[$0] })
    store = try setup.store(keptSchema, plan.id)
    schema = over.resultSchema(of: input)
    results = ResultRouting(plan, over.aggregates, schema)
    hasPeers = if case .time = over.frame { true } else { false }
  }

  var states: [StateDeclaration] { [store.declaration] }

  /// Rows of the last event time are not among those that frames hold.
  var waiting: Waiting {
    var waiting = store.waiting
    if let last { waiting.rows = (waiting.rows ?? 0) + last.rowCount }
    return waiting
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var rows: [Batch] = []
    while let block = try reader.next() { rows.append(store.rows(of: block)) }
    store.finishRestore(rows)
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage) else { return .done }
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    var rows = batch.gathered()
    guard hasPeers else { return try leave(rows, output) }
    if let last { rows = Batch.concatenated([last, rows]) }
    let split = rows.startOfLastTime
    last = rows.gathered(rows: Self.numbers(split..<rows.rowCount))
    guard split > 0 else { return .done }
    return try leave(rows.gathered(rows: Self.numbers(0..<split)), output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    watermark = max(watermark, time)
    guard let rows = last else { return try emit(output) }
    last = nil
    return try leave(rows, output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { try emit(output) }

  func barrier(_ epoch: Epoch, output: any Output) throws(OperatorError) -> Progress {
    // The step before lets none in between rows of one time.
    guard let rows = last else { return .done }
    last = nil
    return try leave(rows, output)
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }

  private func leave(_ rows: Batch, _ output: any Output) throws(OperatorError) -> Progress {
    let held = Batch(
      schema: keptSchema, columns: kept.map { rows.columns[$0] }, rowCount: rows.rowCount)
    held.hidden.eventTimes = rows.hidden.eventTimes
    held.hidden.lanes = rows.hidden.lanes
    held.hidden.places = rows.hidden.places
    leaving = (rows, store.add(held))
    return try emit(output)
  }

  /// Emits one batch, and more as long as there is credit.
  private func emit(_ output: any Output) throws(OperatorError) -> Progress {
    let progress = try outbox.drain(output) { (outbox) throws(OperatorError) in
      guard let rows = leaving?.rows, let part = leaving?.frames.results(limit: rowLimit) else {
        leaving = nil
        return false
      }
      let taken = rows.gathered(rows: Self.numbers(part.rows))
      let batch = Batch(
        schema: schema, columns: taken.columns + part.columns, rowCount: part.rows.count,
        hidden: taken.hidden)
      try results.add(batch, part.failed, to: &outbox, output, context?.metrics)
      return true
    }
    if progress == .done, last == nil { store.expire(watermark) }
    return progress
  }

  private static func numbers(_ range: Range<Int>) -> [UInt32] {
    range.map { UInt32(truncatingIfNeeded: $0) }
  }
}

/// A plan's `over` in the terms of its state.
private struct FrameSetup {
  private let over: PhysicalOver
  /// The columns that are kept: the keys, then what aggregates read.
  let kept: [String]

  init(_ over: PhysicalOver) {
    self.over = over
    var kept = over.keys
    for aggregate in over.aggregates {
      for name in Self.columns(aggregate) where !kept.contains(name) { kept.append(name) }
    }
    self.kept = kept
  }

  private static func columns(_ aggregate: PhysicalWindow.Aggregate) -> [String] {
    arguments(aggregate) + (aggregate.filter.map { [$0] } ?? [])
  }

  private static func arguments(_ aggregate: PhysicalWindow.Aggregate) -> [String] {
    aggregate.arguments.compactMap { argument in
      if case .column(let field) = argument { field.name } else { nil }
    }
  }

  func store(_ schema: Schema, _ stage: OperatorID) throws(OperatorError) -> FrameStore {
    var aggregates: [(arguments: [Int], filter: Int?)] = []
    for aggregate in over.aggregates {
      let filter = try aggregate.filter.map { name throws(OperatorError) in
        try ColumnPlaces.find([name], in: schema, stage)[0]
      }
      let arguments = try ColumnPlaces.find(Self.arguments(aggregate), in: schema, stage)
      aggregates.append((arguments, filter))
    }
    let rule: FrameRule =
      switch over.frame {
      case .rows(let count): .rows(count)
      case .time(let length): .time(length)
      }
    let specs = over.aggregates.map { WindowSetup.spec($0) }
    do {
      return try FrameStore(
        schema: schema, keyCount: over.keys.count, aggregates: specs,
        inputs: WindowInputs(keys: Array(over.keys.indices), aggregates: aggregates), rule: rule)
    } catch {
      throw WindowSetup.unknown(error.spec, stage)
    }
  }
}
