import Columns
import KeyedState
import Schemas

/// What operators that go by event time ask of the rows that come to them.
enum Intake {
  /// Whether there are rows. Refuses those without event times.
  static func hasRows(_ batch: Batch, _ stage: OperatorID) throws(OperatorError) -> Bool {
    guard batch.selectedCount > 0 else { return false }
    guard batch.hidden.eventTimes != nil else {
      throw bug(stage, "rows without an event time came to it")
    }
    return true
  }

  /// Refuses rows whose time is over: nothing would put them out as they should be any more, and it
  /// is better to stop than to mislead.
  static func refuseLate(
    _ batch: Batch, _ watermark: Timestamp, _ stage: OperatorID
  ) throws(OperatorError) {
    guard LateSplit(batch, watermark).late == nil else {
      throw bug(stage, "rows came behind the watermark \(watermark)")
    }
  }

  /// Held rows would hold whole fetches of their source as well.
  static func letGoOfRecords(_ batch: Batch) {
    batch.hidden.records = nil
    batch.hidden.recordRows = nil
  }

  static func bug(_ stage: OperatorID, _ what: String) -> OperatorError {
    OperatorError(
      stage: stage,
      reason: "\(what), which the step before never sends: a bug of the engine, report it")
  }
}
