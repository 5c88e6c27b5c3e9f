import Columns
import Expressions
import Instruments
import KeyedState
import Plans
import Schemas

/// Computes a new row from each row and the states of its key, and the states from both.
///
/// It stands directly behind an `OrderOperator`, which brings it rows in event-time order. Rows are
/// taken in rounds, in which a key occurs once, so that expressions are evaluated for many rows at
/// a time. A row of which one expression fails takes the error route and changes no state.
///
/// Where somebody reads which keys it forgets, the watermark waits for those that are over: what it
/// has no room to tell is still in its state, and so in snapshots.
final class FoldOperator: HoldingOperator {
  /// Batches of keys in one call, so that others have their turn.
  private static let stepLimit = 16

  private let stage: OperatorID
  private let store: FoldStore
  private let keys: [Int]
  private let schema: Schema
  private let steps: FoldSteps
  private let routing: ErrorRouting
  /// Which columns of what the store tells go out, and how they are called; nil: nothing is told.
  private let expired: ExpiredRows?
  private var outbox = Outbox()
  private var watermark = Timestamp.beginning
  private(set) var releasedWatermark = Timestamp.beginning
  private var isLetGo = false
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, keys: [String], _ spec: FoldSpec, input: Schema,
    functions: ForeignFunctions = [:]
  ) throws(OperatorError) {
    stage = plan.id
    let places = try ColumnPlaces.find(keys, in: input, plan.id)
    self.keys = places
    schema = plan.schema
    steps = try FoldSteps(spec, plan.id, input: input, functions: functions)
    expired = ExpiredRows(spec, keys: keys)
    store = FoldStore(
      keys: places.map { input[$0] },
      states: try FoldSteps.states(spec, plan.id, functions: functions), expiry: spec.expiry)
    routing = ErrorRouting(plan)
  }

  var states: [StateDeclaration] { [store.declaration] }

  /// Keys of which states are kept.
  var keptCount: Int { store.count }

  /// Keys that are over and not yet told hold back the end.
  var holdsRows: Bool { hasMore }

  var hasMore: Bool { !isLetGo && releasedWatermark < watermark }

  /// Rows that came now would wait until there is room again.
  var isFull: Bool { hasMore }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() { store.restore(block.rows) }
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage) else { return .done }
    context?.metrics.rowsIn.add(batch.selectedCount)
    let rows = batch.gathered()
    store.tells = tells(output)
    // Where states are long texts few rows make a batch; how many changes with the states.
    var start = 0
    while start < rows.rowCount {
      let end = min(start + max(store.rowLimit, 1), rows.rowCount)
      let isAll = start == 0 && end == rows.rowCount
      try fold(isAll ? rows : rows.gathered(rows: (start..<end).map(UInt32.init)), output)
      start = end
    }
    tell(output)
    return outbox.flush(output)
  }

  private func fold(_ rows: Batch, _ output: any Output) throws(OperatorError) {
    let rounds = store.rounds(rows, keys: keys)
    let results = steps.results(rounds.count)
    for round in 0..<rounds.count {
      let numbers = rounds.count == 1 ? nil : rounds.rowNumbers(round)
      let states = store.states(round, of: rounds, rows)
      let folded = steps.fold(rows, numbers, states: states, results)
      store.keep(folded.states, round, of: rounds, rows, failed: folded.failed)
    }
    var selection: Selection?
    if !results.failures.isEmpty {
      let failed = results.failures.sorted { $0.row < $1.row }
      context?.metrics.failed.add(failed.count)
      if let errors = try routing.route(failed, of: rows) { outbox.add(errors, .errors, output) }
      selection = .rows(of: rows, without: failed.map(\.row))
    }
    let order = rounds.count == 1 ? nil : rounds.placesOfRows
    let folded = Batch(
      schema: schema, columns: steps.columns(results, of: rows, order: order),
      rowCount: rows.rowCount, selection: selection, hidden: rows.hidden)
    context?.metrics.rowsOut.add(folded.selectedCount)
    outbox.add(folded, .main, output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress {
    outbox.isEmpty ? expire(output) : outbox.flush(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    watermark = max(watermark, time)
    return expire(output)
  }

  func letGo() {
    isLetGo = true
    releasedWatermark = max(releasedWatermark, watermark)
  }

  /// Tells a batch of the keys that are over, and more as long as there is credit. Done, it may
  /// have more to tell; `more` says that what is told is not out.
  private func expire(_ output: any Output) -> Progress {
    guard releasedWatermark < watermark else { return .done }
    store.tells = tells(output)
    guard store.tells else {
      store.expire(watermark)
      releasedWatermark = watermark
      return .done
    }
    var mayEmit = true
    for _ in 0..<Self.stepLimit {
      guard mayEmit || output.hasCredit else { return .done }
      let isMore = store.expireSome(watermark)
      tell(output)
      if !outbox.isEmpty {
        mayEmit = false
        if outbox.flush(output) == .more { return .more }
      }
      guard isMore else {
        releasedWatermark = watermark
        return .done
      }
    }
    return .done
  }

  private func tells(_ output: any Output) -> Bool {
    expired != nil && !isLetGo && output.isRead(.expired)
  }

  private func tell(_ output: any Output) {
    guard let expired else { return }
    for rows in store.takeOver() {
      context?.metrics.made.add(rows.rowCount)
      context?.metrics.expired.add(rows.rowCount)
      outbox.add(expired.rows(of: rows), .expired, output)
    }
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }
}
