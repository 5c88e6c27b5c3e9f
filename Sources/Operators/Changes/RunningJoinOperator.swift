import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Joins all rows of two streams that are there: takes rows of either side as they come, or back,
/// and puts out what this changes in the result.
///
/// It stands behind an exchange of both inputs by their keys. A row may meet very many, so what it
/// makes is put out piece by piece, and the next batch waits for that. Results have no event time:
/// one side's row may be as old as the stream.
final class RunningJoinOperator: Operator {
  private let stage: OperatorID
  private let store: RunningJoinStore
  private let rowLimit: Int
  private let takesUpdates: [Bool]
  private let expires: Bool
  private let isUpdating: Bool
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ join: PhysicalRunningJoin, inputs: [Schema],
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    self.rowLimit = rowLimit
    takesUpdates = [join.running.leftUpdates, join.running.rightUpdates]
    expires = join.running.expiry != nil
    isUpdating = join.running.mode.isUpdating
    let sides = try JoinSetup(plan, join.join, inputs).shape
    store = RunningJoinStore(
      RunningJoinShape(
        kind: sides.kind, left: sides.left, right: sides.right, leftKeys: sides.leftKeys,
        rightKeys: sides.rightKeys, columns: sides.columns, result: sides.result,
        pairs: try ColumnPlaces.find(join.pairs, in: plan.schema, plan.id),
        expiry: join.running.expiry, origin: join.origin))
  }

  var states: [StateDeclaration] { store.declarations }

  var waiting: Waiting { Waiting(keys: store.keyCount) }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var progress = RunningJoinProgress()
    while let block = try reader.next() {
      if !progress.add(block) { store.restore(block) }
    }
    store.finishRestore(progress, of: keyGroups)
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
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    store.take(batch, side)
    return emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { emit(output) }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    store.advance(to: time)
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull, of: keyGroups)
  }

  private func emit(_ output: any Output) -> Progress {
    outbox.drain(output) { outbox in
      let before = store.forgotten
      let rows = store.next(limit: rowLimit)
      let forgotten = store.forgotten - before
      if forgotten > 0 {
        context?.metrics.late.add(forgotten)
        context?.metrics.absorbed.add(-forgotten)
      }
      guard let rows else { return false }
      if isUpdating, rows.hidden.rowKinds == nil {
        rows.hidden.rowKinds = .repeating(
          RowKind.insert.rawValue, .int, rowCount: rows.rowCount)
      }
      context?.metrics.made.add(rows.rowCount)
      context?.metrics.rowsOut.add(rows.rowCount)
      outbox.add(rows, .main, output)
      return true
    }
  }
}
