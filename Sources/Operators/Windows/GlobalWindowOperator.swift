import KeyedState
import Columns
import Instruments
import Plans
import Schemas

/// The second phase of a window, behind the exchange by key: merges partial rows, and emits a
/// window's groups when the watermark reaches its end.
///
/// What it has no room to put out it holds, and takes further rows meanwhile: they are for later
/// windows. How far it has come is in its snapshots, so a barrier does not wait for the rest.
///
/// A result's event time is the last microsecond of its window and its lane is its key's hash, so
/// that results have one order at any parallelism.
final class GlobalWindowOperator: HoldingOperator {
  private static let stateName = "panes"
  /// Pieces of work in one call, so that others have their turn.
  private static let stepLimit = 16

  private let stage: OperatorID
  private let store: WindowStore
  private let schema: Schema
  private let results: ResultRouting
  private let rowLimit: Int
  private var watermark = Timestamp.beginning
  private var outbox = Outbox()
  private var emission: WindowEmission?
  private(set) var releasedWatermark = Timestamp.beginning
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ window: PhysicalWindow, rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    store = try WindowSetup(window, plan.id).store(tracksChanges: true)
    schema = window.resultSchema
    results = ResultRouting(plan, window)
    self.rowLimit = rowLimit
  }

  var states: [StateDeclaration] {
    [store.declaration(Self.stateName), WindowProgress.declaration, EmissionPlaces.declaration]
  }

  var waiting: Waiting { store.waiting }

  var holdsRows: Bool { emission != nil }

  var hasMore: Bool { emission != nil && outbox.isEmpty }

  /// Rows that came now would wait in panes until there is room again.
  var isFull: Bool { emission != nil }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var places = EmissionPlaces()
    while let block = try reader.next() {
      if block.state == Self.stateName {
        store.restore(block.rows)
      } else if block.state == WindowProgress.declaration.name {
        watermark = max(watermark, WindowProgress.watermark(block.rows))
        store.restoreProgress(watermark)
      } else if block.state == EmissionPlaces.declaration.name {
        places.restore(block.rows)
      }
    }
    store.finishRestore()
    needsFull = true
    emission = WindowEmission(
      resuming: store, places, in: keyGroups, schema: schema, rowLimit: rowLimit)
  }

  private var keyGroups: Range<Int> { context?.keyGroups ?? 0..<KeyGroup.count }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    let late = store.merge(batch, watermark: watermark)
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    // Nobody could say any more which rows those were: better to stop than to lose them.
    guard late == 0 else {
      throw Intake.bug(
        stage, "\(late) groups came for windows that the watermark \(watermark) has closed")
    }
    return .done
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    guard time > watermark else {
      if emission == nil { releasedWatermark = max(releasedWatermark, time) }
      return .done
    }
    watermark = time
    if let emission {
      emission.extend(to: watermark)
    } else {
      emission = WindowEmission(
        closing: store, watermark: watermark, schema: schema, rowLimit: rowLimit)
    }
    return try emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { try emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    let isFull = full || needsFull
    needsFull = false
    let panes = store.snapshot(Self.stateName, full: isFull)
    let places = emission?.places(of: keyGroups) ?? EmissionPlaces()
    var blocks = [places.block(of: keyGroups)]
    if context?.worker ?? 0 == 0 { blocks.append(WindowProgress.block(watermark)) }
    return JoinedSnapshot([panes], blocks: blocks, isDelta: !isFull)
  }

  /// Emits one batch, and more as long as there is credit. Done, it may hold more; `more` says that
  /// a batch of what counts as put out is not.
  private func emit(_ output: any Output) throws(OperatorError) -> Progress {
    var mayEmit = true
    var steps = 0
    while true {
      if !outbox.isEmpty {
        guard mayEmit || output.hasCredit else { return .more }
        mayEmit = false
        if outbox.flush(output) == .more { return .more }
        continue
      }
      guard let emission else {
        releasedWatermark = max(releasedWatermark, watermark)
        return .done
      }
      mayEmit = mayEmit || output.hasCredit
      guard mayEmit, steps < Self.stepLimit else { return .done }
      steps += 1
      switch emission.next() {
      case .rows(let batch, let failed):
        try results.add(batch, failed, to: &outbox, output, context?.metrics)
      case .combining: break
      case .done: self.emission = nil
      }
      if let time = emission.time { releasedWatermark = max(releasedWatermark, time) }
    }
  }
}
