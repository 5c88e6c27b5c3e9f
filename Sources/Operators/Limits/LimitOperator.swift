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
  /// One row, in the group of the key of no column, whose worker gets all rows.
  private static let state = StateDeclaration(
    name: "taken", kind: .keyed, schema: Schema([Field("taken", .int)]), keyColumns: 0)

  private let limit: Int64
  private let isGlobal: Bool
  private var taken: Int64 = 0
  private var context: (any OperatorContext)?

  init(limit: Int64, isGlobal: Bool) {
    self.limit = limit
    self.isGlobal = isGlobal
  }

  var states: [StateDeclaration] { isGlobal ? [Self.state] : [] }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  /// A definition may have another limit by now; a lower one lets nothing more through.
  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      for row in 0..<block.rows.rowCount {
        taken = max(taken, Self.int(block.rows.columns[0], row))
      }
    }
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
    let group = KeyGroup(hash: KeyHasher.ofNothing)
    guard isGlobal, let context, context.keyGroups.contains(Int(group.number)) else { return nil }
    let rows = Batch(
      schema: Self.state.schema, columns: [.repeating(taken, .int, rowCount: 1)], rowCount: 1)
    let block = StateBlock(state: Self.state.name, scope: .keyGroup(group), rows: rows)
    return JoinedSnapshot([], blocks: [block], isDelta: false)
  }

  private static func int(_ column: Column, _ row: Int) -> Int64 { unsafe column.ints[row] }
}
