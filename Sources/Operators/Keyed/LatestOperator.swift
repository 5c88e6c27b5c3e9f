import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Adds to each row the latest row of its key that has come from a table.
///
/// It stands behind exchanges of both inputs by their keys. It holds no rows: where the table is to
/// be read first, it is full until that is done, which keeps rows at their sources. What comes in
/// the meantime after a restore, out of what stages before hold, finds the table as it was at the
/// checkpoint. Where rows may be taken back, what each has found is kept while it is there.
final class LatestOperator: TableKeepingOperator {
  private let stage: OperatorID
  private let keys: [Int]
  private let found: FoundRows
  private let store: VersionStore
  private let given: GivenAnswers?
  private let expires: Bool
  private var rest = RowsInTurn()
  private var outbox = Outbox()
  private var isRead: Bool
  private(set) var releasedWatermark = Timestamp.beginning
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ latest: PhysicalLatest, inputs: [Schema]
  ) throws(OperatorError) {
    guard inputs.count == 2 else {
      throw OperatorError(stage: plan.id, reason: "the plan gives it no table")
    }
    stage = plan.id
    keys = try ColumnPlaces.find(latest.keys, in: inputs[0], plan.id)
    found = try FoundRows(
      plan, input: inputs[0], values: latest.values, added: latest.columns,
      isRequired: latest.isRequired)
    let table = inputs[1]
    let stamps = try ColumnPlaces.find([latest.version, latest.deleted], in: table, plan.id)
    let places = VersionStore.Places(
      keys: try ColumnPlaces.find(latest.tableKeys.map(\.name), in: table, plan.id),
      version: stamps[0], deleted: stamps[1],
      values: try ColumnPlaces.find(latest.values.map(\.name), in: table, plan.id))
    store = VersionStore(
      table: latest.table, keys: latest.tableKeys, values: latest.values, places: places,
      expiry: latest.expiry, isLatest: true)
    given =
      latest.takesUpdates
      ? try Self.given(latest, inputs[0], of: plan) : nil
    expires = latest.expiry != nil
    isRead = !latest.isReadFirst
  }

  private static func given(
    _ latest: PhysicalLatest, _ row: Schema, of plan: PhysicalOperator
  ) throws(OperatorError) -> GivenAnswers {
    var names: [String] = []
    for name in latest.columns(of: plan.schema) where !names.contains(name) { names.append(name) }
    let places = try ColumnPlaces.find(names, in: row, plan.id)
    let told = Set(latest.columns.map(\.tableColumn))
    let answer = latest.values.indices.filter { told.contains(latest.values[$0].name) }
    let shape = GivenAnswers.Shape(
      row: places.map { row[$0] }, keys: latest.keys.compactMap { names.firstIndex(of: $0) },
      answer: answer.map { Field("$told.\(latest.values[$0].name)", latest.values[$0].fieldType) },
      isTimed: latest.tellsTimes, parameters: latest.origin)
    return GivenAnswers(shape, GivenAnswers.Places(row: places, answer: answer))
  }

  var states: [StateDeclaration] {
    [store.declaration] + (given.map { [$0.declaration] } ?? [])
  }

  /// Keys of which a row is kept.
  var keptCount: Int { store.count }

  var holdsRows: Bool { false }

  var isFull: Bool { !isRead }

  /// Nobody looks anything up any more, on any worker: the rows of each have ended. So a table that
  /// never ends does not keep the run from its end.
  var isExhausted: Bool { releasedWatermark == .endOfTime }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      if block.state == GivenAnswers.stateName {
        given?.restore(block.rows)
      } else {
        store.restore(block.rows)
      }
    }
    needsFull = true
  }

  func tableIsRead() { isRead = true }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    context?.metrics.rowsIn.add(batch.selectedCount)
    guard batch.selectedCount > 0 else { return .done }
    if input == tableInput {
      store.take(batch.gathered())
      context?.metrics.absorbed.add(batch.selectedCount)
      return .done
    }
    if expires { _ = try Intake.hasRows(batch, stage) }
    rest.add(batch.gathered())
    return goOn(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { goOn(output) }

  /// Looks up as much as there is room for.
  private func goOn(_ output: any Output) -> Progress {
    outbox.drain(output) { outbox in
      let limit = min(store.rowLimit, given?.rowLimit ?? .max)
      guard let rows = rest.next(limit: { _ in limit }) else { return false }
      var seen = store.look(rows, keys: keys)
      if let given { seen = given.settle(rows, seen) }
      found.put(rows, seen.columns, missing: seen.missing, context?.metrics, &outbox, output)
      return true
    }
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    releasedWatermark = max(releasedWatermark, time)
    store.expire(time)
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    let versions = store.snapshot(full: full || needsFull)
    guard let given else { return versions }
    return JoinedSnapshot(
      [versions, given.snapshot(full: !versions.isDelta)], isDelta: versions.isDelta)
  }
}
