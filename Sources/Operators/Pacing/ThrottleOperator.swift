import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Lets rows go on at a rate that it shares with its copies on all workers.
///
/// What has no turn yet it holds, in its order: watermarks wait behind the rows they follow, and
/// barriers pass, for the rows are in the snapshot. When too many wait it is full.
final class ThrottleOperator: HoldingOperator {
  /// Of texts, where rows are large.
  static let byteCapacity = 64 << 20

  private let pace: Pace
  private let capacity: Int
  private let schema: Schema
  private var held = WaitingRows()
  private(set) var isFull = false
  /// Nobody takes rows any more.
  private var isUnwanted = false
  /// When to ask for a turn again.
  private(set) var nextWallTimer: Timestamp?
  private var context: (any OperatorContext)?

  init(_ plan: PhysicalOperator, _ spec: ThrottleSpec, pace: Pace, input: Schema) {
    self.pace = pace
    capacity = spec.capacity
    schema = input
  }

  var states: [StateDeclaration] { [HeldRows.declaration(of: schema), NextTurn.declaration] }

  var holdsRows: Bool { held.count > 0 }

  var waiting: Waiting { Waiting(rows: held.count) }

  var releasedWatermark: Timestamp { held.watermark }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      if block.state == NextTurn.declaration.name {
        pace.resume(at: NextTurn.time(block.rows))
      } else if block.rows.rowCount > 0 {
        held.add(HeldRows.rows(of: block, schema))
      }
    }
    guard holdsRows, let context else { return }
    nextWallTimer = context.now()
    checkFull()
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard batch.selectedCount > 0 else { return .done }
    if isUnwanted {
      context?.metrics.rowsIn.add(batch.selectedCount)
      context?.metrics.filtered.add(batch.selectedCount)
      return .done
    }
    Intake.letGoOfRecords(batch)
    let rows = batch.gathered()
    context?.metrics.rowsIn.add(rows.rowCount)
    context?.metrics.absorbed.add(rows.rowCount)
    let isFirst = !holdsRows
    held.add(rows)
    if isFirst, let context { release(context, output) }
    checkFull()
    return .done
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    held.add(time)
    return .done
  }

  func wallTime(_ now: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    if let context { release(context, output) }
    checkFull()
    return .done
  }

  func letGo() {
    isUnwanted = true
    held.removeRows()
    nextWallTimer = nil
    isFull = false
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    guard let context else { return nil }
    var blocks = held.batches.map { HeldRows.block($0, of: context.keyGroups) }
    if context.worker == 0 { blocks.append(NextTurn.block(pace.time)) }
    return JoinedSnapshot([], blocks: blocks, isDelta: false)
  }

  /// Emits one batch of the rows whose turn it is.
  private func release(_ context: any OperatorContext, _ output: any Output) {
    let now = context.now()
    nextWallTimer = nil
    let most = held.firstCount
    var rows = 0
    while rows < most, nextWallTimer == nil {
      let turn = pace.ask(for: most - rows, worker: context.worker, now: now)
      rows += turn.rows
      if turn.rows == 0 { nextWallTimer = turn.again }
    }
    guard let batch = held.take(rows) else { return }
    context.metrics.made.add(rows)
    context.metrics.rowsOut.add(rows)
    output.emit(batch, port: .main)
    if holdsRows, nextWallTimer == nil { nextWallTimer = now }
  }

  /// Full until half of it is gone, so that sources read more than a row when they are let.
  private func checkFull() {
    let part = isFull ? 2 : 1
    isFull = held.count * part >= capacity || held.textBytes * part >= Self.byteCapacity
  }
}
