import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Passes on the first rows that come, up to a number, and drops all others.
///
/// The global one stands behind an exchange that brings all rows to one worker, and keeps in its
/// state how many it has passed on: so they are exactly that many over crashes and restarts. The
/// local one keeps nothing: it only spares the exchange rows that could not be taken any more.
final class LimitOperator: Operator {
  private let limit: Int64
  private let isGlobal: Bool
  private var taken: Int64 = 0
  private var context: (any OperatorContext)?

  init(limit: Int64, isGlobal: Bool) {
    self.limit = limit
    self.isGlobal = isGlobal
  }

  var states: [StateDeclaration] { isGlobal ? [TakenRows.declaration] : [] }

  /// A local one can't know what comes to the others.
  var isExhausted: Bool { isGlobal && taken >= limit }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  /// A definition may have another limit by now; a lower one lets nothing more through.
  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() { taken = max(taken, TakenRows.count(block.rows)) }
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    let count = batch.selectedCount
    let kept = Int(clamping: min(Int64(count), max(0, limit - taken)))
    taken += Int64(kept)
    if let metrics = context?.metrics {
      metrics.rowsIn.add(count)
      metrics.rowsOut.add(kept)
      metrics.filtered.add(count - kept)
    }
    guard kept > 0 else { return .done }
    if kept < count { batch.selection = .first(kept, of: batch) }
    output.emit(batch, port: .main)
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    guard isGlobal, let context,
      context.keyGroups.contains(Int(TakenRows.group.number))
    else { return nil }
    return JoinedSnapshot([], blocks: [TakenRows.block(taken)], isDelta: false)
  }
}
