import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Gives the value of conversions to the touches before them, and puts out a row for each share.
///
/// It stands directly behind an `OrderOperator`, which brings it touches and conversions of a key
/// in event-time order. What it has no room to put out waits in its state, and so in snapshots,
/// where it is known how many rows of a conversion are out; and it takes further rows meanwhile.
/// Rows have the event time of their conversion; so the watermark that it passes on lags behind
/// conversions that wait.
final class AttributionOperator: HoldingOperator {
  /// Pieces of work in one call, so that others have their turn.
  private static let stepLimit = 16

  private let stage: OperatorID
  private let store: AttributionStore
  private let rowLimit: Int
  private var watermark = Timestamp.beginning
  private(set) var releasedWatermark = Timestamp.beginning
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ attribution: PhysicalAttribution, input: Schema,
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    self.rowLimit = rowLimit
    store = AttributionStore(try AttributionSetup(attribution, input, plan).shape)
  }

  var states: [StateDeclaration] { store.declarations }

  /// A conversion that waits holds back the time, and idleness too.
  var holdsRows: Bool { store.hasWork || store.heldTime != nil }

  var hasMore: Bool { store.hasWork && outbox.isEmpty }

  /// Rows that came now would wait until there is room again.
  var isFull: Bool { store.hasWork }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  private var keyGroups: Range<Int> { context?.keyGroups ?? 0..<KeyGroup.count }

  func restore(from reader: any StateReader) throws {
    var restored = RestoredAttribution()
    while let block = try reader.next() { store.restore(block, into: &restored) }
    store.finishRestore(restored)
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
    return emit(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    watermark = max(watermark, time)
    store.advance(to: watermark)
    return emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull, of: keyGroups)
  }

  /// Emits one batch, and more as long as there is credit. Done, it may have more to give; `more`
  /// says that a batch of what was given is not out.
  private func emit(_ output: any Output) -> Progress {
    var mayEmit = true
    for _ in 0..<Self.stepLimit {
      guard outbox.isEmpty, store.hasWork else { break }
      guard mayEmit || output.hasCredit else { return .done }
      guard let rows = store.next(limit: rowLimit) else { continue }
      context?.metrics.made.add(rows.rowCount)
      context?.metrics.rowsOut.add(rows.rowCount)
      outbox.add(rows, .main, output)
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
