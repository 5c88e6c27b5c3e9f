import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Keeps the best rows of each group and puts them out when the watermark is past their time.
///
/// It comes twice, behind a `PunctualOperator`: before the exchange by the group's keys, where it
/// leaves each worker so many rows of a group to send, and behind it. The first puts all out at a
/// barrier and has no state.
final class TopOperator: Operator {
  /// The first phase sends what it has when it keeps so many rows.
  private static let localRows = 1 << 16

  private let stage: OperatorID
  private let isGlobal: Bool
  private let store: TopStore
  private let schema: Schema
  private let rowLimit: Int
  private var watermark = Timestamp.beginning
  private var outbox = Outbox()
  private var emission: TopEmission?
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ top: PhysicalTop, isGlobal: Bool, input: Schema,
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    self.isGlobal = isGlobal
    self.rowLimit = rowLimit
    let places = try ColumnPlaces.find(top.orders.map(\.column), in: input, plan.id)
    let orders = zip(places, top.orders).map {
      TopRule.Order(column: $0, isDescending: $1.isDescending)
    }
    store = TopStore(
      schema: input,
      rule: TopRule(
        count: Int(clamping: top.count), withTies: top.withTies,
        per: try ColumnPlaces.find(top.per, in: input, plan.id), orders: orders,
        ties: try ColumnPlaces.find(top.ties, in: input, plan.id)))
    schema = isGlobal ? top.resultSchema(of: input) : input
  }

  var states: [StateDeclaration] {
    isGlobal ? [store.declaration, WindowProgress.declaration] : []
  }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      if block.state == TopStore.stateName {
        store.restore(block)
      } else if block.state == WindowProgress.declaration.name {
        watermark = max(watermark, WindowProgress.watermark(block.rows))
      }
    }
    store.finishRestore(watermark)
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage) else { return .done }
    try Intake.refuseLate(batch, watermark, stage)
    Intake.letGoOfRecords(batch)
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    store.add(batch)
    guard !isGlobal, store.count >= Self.localRows else { return .done }
    return close(before: .endOfTime, output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    watermark = max(watermark, time)
    return close(before: watermark, output)
  }

  func barrier(_ epoch: Epoch, output: any Output) throws(OperatorError) -> Progress {
    isGlobal ? .done : close(before: .endOfTime, output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    guard isGlobal else { return nil }
    let isFull = full || needsFull
    needsFull = false
    let kept = store.snapshot(full: isFull)
    guard context?.worker ?? 0 == 0 else { return kept }
    return JoinedSnapshot(
      [kept], blocks: [WindowProgress.block(watermark)], isDelta: !isFull)
  }

  private func close(before mark: Timestamp, _ output: any Output) -> Progress {
    emission = TopEmission(closing: store, before: mark, schema: schema, rowLimit: rowLimit)
    return emit(output)
  }

  /// Emits one batch, and more as long as there is credit.
  private func emit(_ output: any Output) -> Progress {
    outbox.drain(output) { outbox in
      guard let batch = emission?.next() else {
        emission = nil
        return false
      }
      context?.metrics.made.add(batch.rowCount)
      context?.metrics.rowsOut.add(batch.rowCount)
      outbox.add(batch, .main, output)
      return true
    }
  }
}
