import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// A session or count window: gathers rows of a key that follow each other within a gap, or so many
/// rows, and emits a window when the watermark has passed its end.
///
/// It stands directly behind an `OrderOperator`, which brings it rows in event-time order. What it
/// has no room to put out it holds, as sessions that its snapshots hold too, and takes further rows
/// meanwhile: no session that is closed gets any.
final class SessionOperator: HoldingOperator {
  /// Batches of one call, so that others have their turn.
  private static let stepLimit = 16

  private let stage: OperatorID
  private let store: SessionStore
  private let inputs: WindowInputs
  private let schema: Schema
  private let results: ResultRouting
  private let rowLimit: Int
  private var outbox = Outbox()
  private var emission: SessionEmission?
  private var watermark = Timestamp.beginning
  private(set) var releasedWatermark = Timestamp.beginning
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ window: PhysicalWindow, input: Schema,
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    let setup = try WindowSetup(window, plan.id)
    stage = plan.id
    inputs = try setup.inputs(input)
    store = try setup.sessions()
    schema = window.resultSchema
    results = ResultRouting(plan, window)
    self.rowLimit = rowLimit
  }

  var states: [StateDeclaration] { [store.declaration] }

  var holdsRows: Bool { emission != nil }

  var hasMore: Bool { emission != nil && outbox.isEmpty }

  /// Rows that came now would wait in sessions until there is room again.
  var isFull: Bool { emission != nil }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var restored = RestoredSessions()
    while let block = try reader.next() { store.restore(block.rows, into: &restored) }
    store.finishRestore(restored)
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    store.absorb(batch, inputs)
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    return .done
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    watermark = max(watermark, time)
    if let emission {
      emission.extend(to: watermark)
    } else {
      emission = SessionEmission(
        closing: store, watermark: watermark, schema: schema, rowLimit: rowLimit)
    }
    return try emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { try emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }

  /// Emits one batch, and more as long as there is credit. Done, it may hold more; `more` says that
  /// a batch of what counts as put out is not.
  private func emit(_ output: any Output) throws(OperatorError) -> Progress {
    for step in 0..<Self.stepLimit {
      guard step == 0 || output.hasCredit else { return outbox.isEmpty ? .done : .more }
      if outbox.isEmpty {
        guard let next = emission?.next() else {
          emission = nil
          releasedWatermark = max(releasedWatermark, watermark)
          return .done
        }
        try results.add(next.rows, next.failed, to: &outbox, output, context?.metrics)
      }
      if outbox.flush(output) == .more { return .more }
    }
    return .done
  }
}
