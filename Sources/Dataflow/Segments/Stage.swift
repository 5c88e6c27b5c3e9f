import Columns
import Instruments
import KeyedState
import Operators
import Schemas

/// One operator on one worker, called as its contract says: one call at a time, resumed until it is
/// done, in the order in which things came.
final class Stage {
  /// What comes in from upstream.
  enum Item {
    case rows(Batch, input: Int)
    case watermark(Timestamp)
    case idle(Bool)
    /// All that the operator's table held at the start; or all that it ever will.
    case tableRead(hasEnded: Bool)
  }

  /// What follows a call that is done.
  private enum Sequel {
    case nothing
    case passWatermark(Timestamp)
    case snapshot(Barrier)
  }

  let id: OperatorID
  let work: any Operator
  let outlet: Outlet
  let context: StageContext
  private unowned let segment: Segment
  private let times: StageTimes
  /// Of rows that come in by key.
  private let hotKeys: HotKeys?
  private var merge: WatermarkMerge
  /// What came while an earlier thing was not done.
  private var inbox: [Item] = []
  /// Set while a call wants to be resumed.
  private var pending: Sequel?
  /// Set while answers must come before what is held here.
  private var held: Sequel?
  private var hold: StageHold?
  private let table: (any TableKeepingOperator)?
  /// Told once that the operator is exhausted.
  var dismiss: (() -> Void)?

  init(
    id: OperatorID, work: any Operator, inputs: Int, outlet: Outlet, context: StageContext,
    segment: Segment, hotKeys: HotKeys? = nil
  ) {
    self.hotKeys = hotKeys
    self.id = id
    self.work = work
    self.outlet = outlet
    self.context = context
    self.segment = segment
    times = segment.times
    table = work as? any TableKeepingOperator
    merge = WatermarkMerge(inputs: table == nil ? inputs : 1)
  }

  /// The operator is one that holds rows.
  func holdRows(_ hold: StageHold) {
    self.hold = hold
    follow()
  }

  /// The operator has rows that wait for their time.
  var holdsRows: Bool { hold?.work.holdsRows ?? false }

  /// Of those the ones that only another run can let go on.
  var restingCount: Int { hold?.work.restingCount ?? 0 }

  /// Nothing goes on here before something comes in.
  var isStill: Bool {
    guard isClear, !context.hasAnswers else { return false }
    guard let work = hold?.work, work.holdsRows, work.restingCount == nil else { return true }
    return work.nextWallTimer == nil && !work.hasMore && !work.awaitsAnswers
  }

  /// Nothing is unfinished here.
  var isClear: Bool { pending == nil && held == nil && inbox.isEmpty }

  func accept(_ item: Item) {
    guard !segment.hasFailed else { return }
    if isClear { run(item) } else { inbox.append(item) }
  }

  func watermark(_ time: Timestamp, input: Int) {
    if isTable(input) {
      if time == .endOfTime { accept(.tableRead(hasEnded: true)) }
      return
    }
    if let time = merge.update(input, watermark: time).watermark { accept(.watermark(time)) }
  }

  func idle(_ isIdle: Bool, input: Int) {
    if isTable(input) {
      if isIdle { accept(.tableRead(hasEnded: false)) }
      return
    }
    let change = merge.update(input, isIdle: isIdle)
    if let isIdle = change.isIdle { accept(.idle(isIdle)) }
    if let time = change.watermark { accept(.watermark(time)) }
  }

  private func isTable(_ input: Int) -> Bool { table?.tableInput == input }

  /// Goes on with what is unfinished; false if it can't at present. A call may put out a batch
  /// without asking, so none is made while what it reaches has no room.
  func advance() -> Bool {
    if let sequel = pending {
      guard outlet.hasCredit else { return false }
      if let stalling = work as? any StallingOperator, stalling.isStalled { return false }
      pending = nil
      call(sequel) { (work, outlet) throws(OperatorError) in try work.resume(outlet) }
      return true
    }
    if let sequel = held {
      guard !work.holdsBack else { return false }
      held = nil
      finish(sequel)
      return true
    }
    guard !inbox.isEmpty, outlet.hasCredit else { return false }
    run(inbox.removeFirst())
    return true
  }

  /// What the operator holds waits for nothing but room.
  var hasMore: Bool { isClear && hold?.work.hasMore ?? false }

  /// Lets it put out more of that.
  func release() {
    call(.nothing) { (work, outlet) throws(OperatorError) in try work.resume(outlet) }
  }

  /// Hands over an answer, a timer that is due, or that nobody wants rows any more; false if there
  /// is none.
  func deliver(at now: Timestamp, timer mayTell: inout Bool) -> Bool {
    guard pending == nil else { return false }
    if hold?.letGo() ?? false {
      follow()
      return true
    }
    do throws(OperatorError) {
      if let completion = try context.nextCompletion() {
        call(.nothing) { (work, outlet) throws(OperatorError) in
          try work.completed(completion, output: outlet)
        }
        return true
      }
    } catch {
      segment.fail(.operatorFailed(error))
      return true
    }
    if mayTell, let timer = work.nextWallTimer, timer <= now {
      mayTell = false
      call(.nothing) { (work, outlet) throws(OperatorError) in
        try work.wallTime(now, output: outlet)
      }
      return true
    }
    return false
  }

  func barrier(_ barrier: Barrier) {
    if barrier.isFinal { work.prepareToStop() }
    call(.snapshot(barrier)) { (work, outlet) throws(OperatorError) in
      try work.barrier(barrier.epoch, output: outlet)
    }
  }

  func finish() {
    call(.nothing) { (work, outlet) throws(OperatorError) in try work.finish(outlet) }
  }

  private func run(_ item: Item) {
    switch item {
    case .tableRead(let hasEnded):
      table?.tableIsRead()
      if hasEnded { table?.tableHasEnded() }
      follow()
    case .rows(let batch, let input):
      if input == 0 { hotKeys?.take(batch) }
      call(.nothing) { (work, outlet) throws(OperatorError) in
        try work.process(batch, input: input, output: outlet)
      }
    case .watermark(let time):
      call(.passWatermark(time)) { (work, outlet) throws(OperatorError) in
        try work.watermark(time, output: outlet)
      }
    case .idle(let isIdle):
      guard hold != nil else { return outlet.idle(isIdle) }
      hold?.idle(isIdle)
      follow()
    }
  }

  /// Passes on what the operator has let go of.
  private func follow() {
    guard let said = hold?.look() else { return }
    if let isIdle = said.idle, isIdle == false { outlet.idle(false) }
    if let time = said.watermark { pass(time) }
    if let isIdle = said.idle, isIdle { outlet.idle(true) }
  }

  private func pass(_ time: Timestamp) {
    context.watermark.set(time.microseconds)
    outlet.watermark(time)
  }

  private func call(
    _ sequel: Sequel,
    _ body: (any Operator, Outlet) throws(OperatorError) -> Progress
  ) {
    let outer = times.enter(context.metrics.busy)
    defer { times.leave(to: outer) }
    do throws(OperatorError) {
      switch try body(work, outlet) {
      case .more: pending = sequel
      case .done: finish(sequel)
      }
    } catch {
      segment.fail((work as? any StallingOperator)?.connectorFailure ?? .operatorFailed(error))
    }
  }

  private func finish(_ sequel: Sequel) {
    guard !segment.hasFailed else { return }
    switch sequel {
    case .nothing: break
    case _ where work.holdsBack: held = sequel
    case .passWatermark(let time): if hold == nil { pass(time) }
    case .snapshot(let barrier):
      if let snapshot = work.snapshot(barrier.epoch, full: barrier.isFull) {
        segment.report(.snapshot(barrier.epoch, worker: context.worker, operator: id, snapshot))
      }
      context.barrierPassed(barrier.epoch)
    }
    if hold != nil { follow() }
    lookForEnd()
  }

  /// Shows what waits here and which key comes most often.
  func show() {
    let waiting = (work as? any WaitingOperator)?.waiting
    context.instruments.post(waiting, hotKeys?.hottest)
  }

  /// Says it if no row is wanted any more: after each call, and at the start.
  func lookForEnd() {
    guard work.isExhausted, let dismiss else { return }
    self.dismiss = nil
    dismiss()
  }
}

/// An operator of the runtime's own that can be unable to go on until the outside lets it.
protocol StallingOperator: Operator {
  var isStalled: Bool { get }
  /// What the outside world did, where that is why a call failed.
  var connectorFailure: JobFailure? { get }
}
