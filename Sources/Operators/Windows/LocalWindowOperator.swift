import Columns
import KeyedState
import Instruments
import Plans
import Schemas

/// The first phase of a window: folds rows into one partial row for each (key, slice), before the
/// exchange.
///
/// It puts its partial rows out at a watermark that closes a window, at every barrier, so that it
/// has no rows in checkpoints, and when it holds 64 k groups or 64 MB of values; where open windows
/// tell results, also at their moments. Rows that are late for all their windows go to output
/// `late`; its watermark is kept, so that after a restore the second phase gets none of them.
final class LocalWindowOperator: Operator {
  static let groupLimit = 65_536
  /// Bytes of texts, collections and sets that it holds at most before it puts them out.
  static let byteLimit = 64 << 20

  private let stage: OperatorID
  private let store: WindowStore
  private let inputs: WindowInputs
  private let groupLimit: Int
  private var watermark = Timestamp.beginning
  private var outbox = Outbox()
  private var emission: PartialEmission?
  private var context: (any OperatorContext)?

  init(
    _ plan: PhysicalOperator, _ window: PhysicalWindow, input: Schema,
    groupLimit: Int = LocalWindowOperator.groupLimit
  ) throws(OperatorError) {
    let setup = try WindowSetup(window, plan.id)
    stage = plan.id
    store = try setup.store(tracksChanges: false)
    inputs = try setup.inputs(input)
    self.groupLimit = groupLimit
  }

  var states: [StateDeclaration] { [WindowProgress.declaration] }

  /// What it has not passed on counts as groups too.
  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  /// The least of all workers.
  func restore(from reader: any StateReader) throws {
    watermark = max(watermark, try WindowProgress.least(reader))
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    JoinedSnapshot([], blocks: [WindowProgress.block(watermark)], isDelta: false)
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage) else { return .done }
    let absorbed = store.absorb(batch, inputs, watermark: watermark)
    if let metrics = context?.metrics {
      metrics.rowsIn.add(batch.selectedCount)
      metrics.absorbed.add(absorbed.taken)
      metrics.filtered.add(absorbed.outside)
      metrics.lateAfterIdle.add(absorbed.lateAfterIdle)
      metrics.late.add(absorbed.late?.count ?? 0)
    }
    if let late = absorbed.late {
      context?.metrics.lateness.raise(to: batch.greatestLateness(of: late, watermark))
      batch.selection = late
      outbox.add(batch, .late, output)
    }
    if store.groupCount >= groupLimit || store.valueBytes >= Self.byteLimit {
      emission = PartialEmission(of: store)
    }
    return resumeEmission(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    let before = watermark
    watermark = max(watermark, time)
    defer { store.forgetRows(before: watermark) }
    if store.passesMoment(before, watermark) {
      if !store.isEmpty { emission = PartialEmission(of: store) }
    } else if store.closesWindow(watermark) {
      emission = PartialEmission(of: store, watermark: watermark)
    }
    return resumeEmission(output)
  }

  func barrier(_ epoch: Epoch, output: any Output) throws(OperatorError) -> Progress {
    if !store.isEmpty { emission = PartialEmission(of: store) }
    return resumeEmission(output)
  }

  func finish(_ output: any Output) throws(OperatorError) -> Progress {
    if !store.isEmpty { emission = PartialEmission(of: store) }
    return resumeEmission(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { resumeEmission(output) }

  /// Emits one batch, and more as long as there is credit.
  private func resumeEmission(_ output: any Output) -> Progress {
    outbox.drain(output) { outbox in
      guard let batch = emission?.next() else {
        emission = nil
        return false
      }
      context?.metrics.rowsOut.add(batch.rowCount)
      context?.metrics.made.add(batch.rowCount)
      outbox.add(batch, .main, output)
      return true
    }
  }
}
