import Operators
import Schemas

/// What a stage keeps of an operator that holds rows: it says what the operator has let go of.
///
/// Idleness waits like a watermark: behind an idle input others would go ahead of what is held.
final class StageHold {
  let work: any HoldingOperator
  private let gate: FlowGate
  /// Whether no row of it can come to a sink any more, as the workers have found out.
  private let isUnwanted: () -> Bool
  private var hasLetGo = false
  private var watermark = Timestamp.beginning
  private var isIdle = false
  private var saysIdle = false
  private var isFull = false

  init(_ work: any HoldingOperator, gate: FlowGate, isUnwanted: @escaping () -> Bool) {
    self.work = work
    self.gate = gate
    self.isUnwanted = isUnwanted
  }

  /// Tells the operator once when nobody wants its rows; whether it was told now.
  func letGo() -> Bool {
    guard !hasLetGo, isUnwanted() else { return false }
    hasLetGo = true
    work.letGo()
    return true
  }

  /// The inputs have fallen idle, or come back from it.
  func idle(_ isIdle: Bool) { self.isIdle = isIdle }

  /// Called after each call of the operator. Returns what is to be said to those behind it.
  func look() -> (idle: Bool?, watermark: Timestamp?) {
    if work.isFull != isFull {
      isFull.toggle()
      if isFull { gate.shut() } else { gate.open() }
    }
    var idle: Bool?
    if (isIdle && !work.holdsRows) != saysIdle {
      saysIdle.toggle()
      idle = saysIdle
    }
    guard work.releasedWatermark > watermark else { return (idle, nil) }
    watermark = work.releasedWatermark
    return (idle, watermark)
  }
}
