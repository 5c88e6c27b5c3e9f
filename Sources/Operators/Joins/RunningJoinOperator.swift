import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Joins all rows of two streams that are there: takes rows of either side as they come, or back,
/// and puts out what this changes in the result.
///
/// It stands behind an exchange of both inputs by their keys. A row may meet very many: what it has
/// no room to put out it holds, and takes further rows meanwhile. Results have no event time: one
/// side's row may be as old as the stream.
final class RunningJoinOperator: HoldingOperator {
  private let stage: OperatorID
  private let store: RunningJoinStore
  private let takesUpdates: [Bool]
  private let expires: Bool
  private let isUpdating: Bool
  private var emission: JoinEmission
  /// Of rows that came too late, those that are counted.
  private var forgotten = 0
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ join: PhysicalRunningJoin, inputs: [Schema],
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    takesUpdates = [join.running.leftUpdates, join.running.rightUpdates]
    expires = join.running.expiry != nil
    isUpdating = join.running.mode.isUpdating
    store = RunningJoinStore(
      RunningJoinShape(
        try JoinSetup(plan, join.join, inputs).shape,
        pairs: try ColumnPlaces.find(join.pairs, in: plan.schema, plan.id),
        expiry: join.running.expiry, origin: join.origin))
    emission = JoinEmission(store, rowLimit: rowLimit)
  }

  var states: [StateDeclaration] { store.declarations }

  var holdsRows: Bool { store.hasWork }

  var hasMore: Bool { emission.hasMore }

  /// Rows that came now would wait until there is room again.
  var isFull: Bool { store.hasWork }

  var releasedWatermark: Timestamp { store.watermark }

  var waiting: Waiting { Waiting(keys: store.keyCount) }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var restored = RestoredRunningJoin()
    while let block = try reader.next() {
      if !restored.add(block) { store.restore(block) }
    }
    store.finishRestore(restored, of: keyGroups)
    needsFull = true
  }

  private var keyGroups: Range<Int> { context?.keyGroups ?? 0..<KeyGroup.count }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard batch.selectedCount > 0, let side = JoinSide(rawValue: input) else { return .done }
    guard takesUpdates[input] || batch.hidden.rowKinds == nil else {
      throw Intake.bug(stage, "rows are taken back, and the plan has none")
    }
    if expires { _ = try Intake.hasRows(batch, stage) }
    Intake.letGoOfRecords(batch)
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    store.add(batch.gathered(), side)
    return emit(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
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
    if store.forgotten > forgotten {
      context?.metrics.late.add(store.forgotten - forgotten)
      context?.metrics.absorbed.add(forgotten - store.forgotten)
      forgotten = store.forgotten
    }
    guard let rows else { return }
    if isUpdating, rows.hidden.rowKinds == nil {
      rows.hidden.rowKinds = .repeating(RowKind.insert.rawValue, .int, rowCount: rows.rowCount)
    }
    context?.metrics.made.add(rows.rowCount)
    context?.metrics.rowsOut.add(rows.rowCount)
  }
}
