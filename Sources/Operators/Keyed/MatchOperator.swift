import Columns
import Expressions
import Instruments
import KeyedState
import Plans
import Schemas

/// Looks for sequences of rows of a key, and puts out a row for each that it finds.
///
/// It stands directly behind an `OrderOperator`. What it has no room to put out stays undecided in
/// its state, and so in snapshots, and it takes further rows meanwhile. A match has the event time
/// of its last row, and may be decided by a later one or by time; so the watermark that it passes
/// on lags behind matches that wait for that.
final class MatchOperator: HoldingOperator {
  /// Pieces of work in one call, so that others have their turn.
  private static let stepLimit = 16

  private let stage: OperatorID
  private let store: MatchStore
  private let results: ResultRouting
  private var watermark = Timestamp.beginning
  private(set) var releasedWatermark = Timestamp.beginning
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ match: PhysicalMatch, input: Schema,
    functions: ForeignFunctions = [:], rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    store = try MatchSetup(match, input, plan.id, functions).store(rowLimit: rowLimit)
    results = ResultRouting(plan, match.measures.map(\.aggregate), match.schema)
  }

  var states: [StateDeclaration] { store.declarations }

  /// A match that waits to be decided holds back the time, and idleness too.
  var holdsRows: Bool { store.hasWork || store.heldTime != nil }

  var hasMore: Bool { store.hasWork && outbox.isEmpty }

  /// Rows that came now would wait until there is room again.
  var isFull: Bool { store.hasWork }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var rows: [Batch] = []
    while let block = try reader.next() { store.restore(block, &rows) }
    store.finishRestore(rows)
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage) else { return .done }
    Intake.letGoOfRecords(batch)
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    store.add(batch.gathered())
    return try emit(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    watermark = max(watermark, time)
    store.advance(to: watermark)
    return try emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { try emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }

  /// Emits one batch, and more as long as there is credit. Done, it may have more to decide; `more`
  /// says that a batch of what is decided is not out.
  private func emit(_ output: any Output) throws(OperatorError) -> Progress {
    var mayEmit = true
    for _ in 0..<Self.stepLimit {
      guard outbox.isEmpty, store.hasWork else { break }
      guard mayEmit || output.hasCredit else { return .done }
      if let found = store.next() {
        try results.add(
          found.rows, found.failed, broken: found.reasons, to: &outbox, output, context?.metrics)
      }
      guard !outbox.isEmpty else { continue }
      mayEmit = false
      if outbox.flush(output) == .more { return .more }
    }
    if !outbox.isEmpty, outbox.flush(output) == .more { return .more }
    if !store.hasWork {
      releasedWatermark = max(releasedWatermark, min(watermark, store.heldTime ?? watermark))
    }
    return .done
  }
}
