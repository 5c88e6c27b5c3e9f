import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// A running `top`: takes rows as they come, and puts out what has become of the best rows of each
/// batch's groups. It holds nothing back; a row keeps its event time.
final class RunningTopOperator: Operator {
  private let stage: OperatorID
  private let store: RunningTopStore
  private let schema: Schema
  private let rowLimit: Int
  private let takesUpdates: Bool
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ running: PhysicalRunningTop, input: Schema,
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    schema = plan.schema
    self.rowLimit = rowLimit
    takesUpdates = running.takesUpdates
    let top = running.top
    let places = try ColumnPlaces.find(top.orders.map(\.column), in: input, plan.id)
    let orders = zip(places, top.orders).map {
      TopRule.Order(column: $0, isDescending: $1.isDescending)
    }
    let rule = TopRule(
      count: Int(clamping: top.count), withTies: top.withTies,
      per: try ColumnPlaces.find(top.per, in: input, plan.id), orders: orders,
      ties: try ColumnPlaces.find(top.ties, in: input, plan.id))
    store = RunningTopStore(
      schema: input,
      rule: RunningTopRule(
        top: rule, takesBack: running.takesUpdates, hasRank: top.rank != nil,
        key: try ColumnPlaces.find(running.pairs, in: input, plan.id), origin: running.origin))
  }

  var states: [StateDeclaration] { [store.declaration] }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() { store.restore(block.rows) }
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard batch.selectedCount > 0 else { return .done }
    guard takesUpdates || batch.hidden.rowKinds == nil else {
      throw Intake.bug(stage, "rows are taken back, and the plan has none")
    }
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    let hasTimes = batch.hidden.eventTimes != nil
    for change in store.absorb(batch, result: schema, rowLimit: rowLimit) {
      if !hasTimes { change.hidden.eventTimes = nil }
      context?.metrics.made.add(change.rowCount)
      context?.metrics.rowsOut.add(change.rowCount)
      outbox.add(change, .main, output)
    }
    return outbox.flush(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }
}
