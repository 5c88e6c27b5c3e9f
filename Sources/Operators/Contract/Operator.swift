package import Columns
package import KeyedState
package import Schemas

/// Whether a call did all of its work, or stopped for lack of credit and wants to be resumed.
package enum Progress: Sendable { case done, more }

/// A step of the operator graph on one worker: a synchronous state machine without a clock, random
/// source, thread or I/O of its own; all of that comes through the context.
///
/// The runtime calls an operator from one thread at a time, in this order: `open`, then for each
/// checkpoint that is restored `restore`, then any of the others. After a call that returned
/// `.more` the next call is `resume`, until it returns `.done`; no input, watermark, barrier or
/// completion comes in between. What may wait behind other calls an operator holds, and
/// returns `.done` (`HoldingOperator`).
///
/// Emission: one batch may be emitted for each call without asking; before any further one the
/// operator asks `output.hasCredit`, and without credit keeps a cursor and returns `.more`.
package protocol Operator: AnyObject {
  /// What the operator keeps; empty for a stateless one.
  var states: [StateDeclaration] { get }

  func open(_ context: any OperatorContext) throws(OperatorError)

  /// Takes over the blocks of its states that belong to this worker.
  func restore(from reader: any StateReader) throws

  /// The batch belongs to the operator from now on. Its rows are in order of their arrival.
  func process(_ batch: Batch, input: Int, output: any Output) throws(OperatorError) -> Progress

  /// Goes on where a call returned `.more`.
  func resume(_ output: any Output) throws(OperatorError) -> Progress

  /// The least watermark of all inputs has grown to `time`. The runtime passes it on when the
  /// operator is done; `.endOfTime` comes last, when all inputs have ended.
  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress

  /// All inputs have delivered barrier `epoch`. What must not be in the snapshot (a local phase's
  /// partial rows) is emitted here. Then comes `snapshot`, and the barrier goes on.
  func barrier(_ epoch: Epoch, output: any Output) throws(OperatorError) -> Progress

  /// The barrier that comes next is the run's last: what can be brought to its end soon should be,
  /// and nothing begun that the outside world sees. `holdsBack` says how long that takes.
  func prepareToStop()

  /// The state as it is, at once; nil for a stateless operator. `full`: a delta won't do.
  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)?

  /// All inputs have ended and the watermark is at the end of time.
  func finish(_ output: any Output) throws(OperatorError) -> Progress

  /// The answer to a ticket (see `OperatorContext.submit`).
  func completed(_ completion: Completion, output: any Output) throws(OperatorError) -> Progress

  /// The earliest wall-clock timer that is set.
  var nextWallTimer: Timestamp? { get }

  /// The wall clock has reached `nextWallTimer`.
  func wallTime(_ now: Timestamp, output: any Output) throws(OperatorError) -> Progress

  /// Whether the context has a journal for this operator.
  var needsJournal: Bool { get }

  /// An entry of the operator's journal after the restored checkpoint, in order, before any input.
  /// Those of a key come to the key's owner.
  func replay(_ entry: [UInt8]) throws(OperatorError)

  /// Whether answers are still outstanding that must come before the next barrier or watermark is
  /// passed on. The runtime holds those back, and goes on delivering completions.
  var holdsBack: Bool { get }

  /// Whether no row that may still come makes a difference, here or on another worker: from now on
  /// the operator drops them all. The runtime ends sources that nobody else reads.
  var isExhausted: Bool { get }
}

/// What a simple operator need not say.
extension Operator {
  package var states: [StateDeclaration] { [] }
  package func open(_ context: any OperatorContext) throws(OperatorError) {}
  package func restore(from reader: any StateReader) throws {}
  package func resume(_ output: any Output) throws(OperatorError) -> Progress { .done }
  package func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    .done
  }
  package func barrier(_ epoch: Epoch, output: any Output) throws(OperatorError) -> Progress {
    .done
  }
  package func prepareToStop() {}
  package func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? { nil }
  package func finish(_ output: any Output) throws(OperatorError) -> Progress { .done }
  package func completed(
    _ completion: Completion, output: any Output
  ) throws(OperatorError) -> Progress { .done }
  package var nextWallTimer: Timestamp? { nil }
  package func wallTime(
    _ now: Timestamp, output: any Output
  ) throws(OperatorError) -> Progress { .done }
  package var needsJournal: Bool { false }
  package func replay(_ entry: [UInt8]) throws(OperatorError) {}
  package var holdsBack: Bool { false }
  package var isExhausted: Bool { false }
}

/// Where an operator puts its rows.
package protocol Output: AnyObject {
  /// Hands a batch to whatever follows `port`; a port that nobody reads drops it.
  func emit(_ batch: Batch, port: OutputPort)
  /// Whether another batch may be emitted in this call.
  var hasCredit: Bool { get }
  /// Whether anything reads the port, so that rows for it need not be made otherwise.
  func isRead(_ port: OutputPort) -> Bool
}

/// The outputs of an operator, by the names the language gives them.
package enum OutputPort: Int, Sendable, CaseIterable {
  case main = 0, late, unmatched, capped, expired, errors, failed
}

/// Why an operator cannot go on. The pipeline stops, or restarts where `isRetriable`.
package struct OperatorError: Error, Sendable {
  package var stage: OperatorID
  /// What happened and what to do.
  package var reason: String
  /// The record at fault, where it is known: `topic[partition]@offset`.
  package var origin: String?
  package var isRetriable: Bool

  package init(
    stage: OperatorID, reason: String, origin: String? = nil, isRetriable: Bool = false
  ) {
    self.stage = stage
    self.reason = reason
    self.origin = origin
    self.isRetriable = isRetriable
  }

  /// A row that failed where the route is `fail`. `place` names where the definition may say
  /// otherwise: "source `orders`".
  package static func row(
    _ stage: OperatorID, _ reason: String, row: Int, of batch: Batch, place: String,
    separator: String = ":"
  ) -> OperatorError {
    // A result of several rows has no record that could be mended.
    let isRecord = FailedRows.isRecord(row, in: batch)
    let advice = isRecord ? "Mend the record, or let" : "Let"
    return OperatorError(
      stage: stage,
      reason: "\(reason). \(advice) the pipeline go on without it: at \(place) write"
        + " `on_error\(separator) skip` or `on_error\(separator) dead_letter to …`",
      origin: FailedRows.origin(of: row, in: batch))
  }
}

extension OperatorError: CustomStringConvertible {
  package var description: String {
    "\(stage)\(origin.map { " (\($0))" } ?? ""): \(reason)"
  }
}
