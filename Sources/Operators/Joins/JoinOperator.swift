import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Joins two streams within an interval of event time: puts out a match as soon as both rows are
/// there, and a row without one when the watermark is past all that it could match.
///
/// It stands behind an exchange of both inputs by their keys. What it has no room to put out it
/// holds, and takes further rows meanwhile. A match has the event time of its left row, which may
/// be behind the watermark by as much as a row waits; so the watermark that it passes on lags.
final class JoinOperator: HoldingOperator {
  private let stage: OperatorID
  private let store: JoinStore
  private let lag: Int64
  private var watermark = Timestamp.beginning
  private(set) var releasedWatermark = Timestamp.beginning
  private var emission: JoinEmission
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ join: PhysicalJoin, inputs: [Schema],
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    let shape = try JoinSetup(plan, join, inputs).shape
    store = JoinStore(shape)
    emission = JoinEmission(store, rowLimit: rowLimit)
    lag = shape.lag
  }

  var states: [StateDeclaration] { store.declarations }

  var holdsRows: Bool { store.hasWork }

  var hasMore: Bool { emission.hasMore }

  /// Rows that came now would wait until there is room again.
  var isFull: Bool { store.hasWork }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var restored = RestoredJoin()
    while let block = try reader.next() { restored.add(block) }
    store.finishRestore(restored, of: keyGroups)
    watermark = max(watermark, store.watermark)
    needsFull = true
    release()
  }

  private var keyGroups: Range<Int> { context?.keyGroups ?? 0..<KeyGroup.count }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage), let side = JoinSide(rawValue: input) else {
      return .done
    }
    let count = batch.selectedCount
    // A side that was idle may come back behind the time of the other.
    let split = LateSplit(batch, watermark)
    let late = split.late?.count ?? 0
    if let late = split.late {
      context?.metrics.lateness.raise(to: batch.greatestLateness(of: late, watermark))
    }
    if let onTime = split.onTime { batch.selection = onTime }
    let dropped = late < count ? store.add(batch.gathered(), side) : 0
    if let metrics = context?.metrics {
      metrics.rowsIn.add(count)
      metrics.late.add(late)
      metrics.lateAfterIdle.add(late)
      metrics.filtered.add(dropped)
      metrics.absorbed.add(count - late - dropped)
    }
    return emit(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    guard time > watermark else { return .done }
    watermark = time
    store.advance(to: time)
    return emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { emit(output) }

  func barrier(_ epoch: Epoch, output: any Output) throws(OperatorError) -> Progress {
    emission.barrier(output) { rows in made(rows) }
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull, of: keyGroups)
  }

  private func emit(_ output: any Output) -> Progress {
    emission.go(output) { rows in made(rows) }
  }

  private func made(_ rows: Batch?) {
    release()
    context?.metrics.made.add(rows?.rowCount ?? 0)
    context?.metrics.rowsOut.add(rows?.rowCount ?? 0)
  }

  /// Lets the time go on by what the store has done with.
  private func release() {
    releasedWatermark = max(releasedWatermark, store.watermark.behind(by: lag))
  }
}

extension Timestamp {
  /// The ends of time stay where they are.
  fileprivate func behind(by lag: Int64) -> Timestamp {
    if self == .endOfTime || self == .beginning { return self }
    let (time, overflows) = microseconds.subtractingReportingOverflow(lag)
    return overflows ? .beginning : Timestamp(microseconds: time)
  }
}
