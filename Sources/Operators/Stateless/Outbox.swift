import Columns

/// Batches that an operator has made in one call and not yet put out.
///
/// Emits the first of a call without asking, and any further one as long as there is credit; what
/// is left waits for `resume`.
struct Outbox {
  private var waiting: [(batch: Batch, port: OutputPort)] = []

  /// Puts a batch out behind those that wait. Empty batches and ports that nobody reads take none.
  mutating func add(_ batch: Batch, _ port: OutputPort, _ output: any Output) {
    guard batch.selectedCount > 0, output.isRead(port) else { return }
    waiting.append((batch, port))
  }

  /// Emits what credit allows. Called once in each of the operator's calls, at its end.
  mutating func flush(_ output: any Output) -> Progress {
    var emitted = 0
    for (batch, port) in waiting {
      guard emitted == 0 || output.hasCredit else { break }
      output.emit(batch, port: port)
      emitted += 1
    }
    waiting.removeFirst(emitted)
    return waiting.isEmpty ? .done : .more
  }

  var isEmpty: Bool { waiting.isEmpty }

  /// Puts out what waits and then what `refill` adds, which says false when there is no more: one
  /// batch in this call, and further ones as long as there is credit.
  mutating func drain<Failure: Error>(
    _ output: any Output, refill: (inout Outbox) throws(Failure) -> Bool
  ) throws(Failure) -> Progress {
    var isFirst = true
    while true {
      if isEmpty {
        guard try refill(&self) else { return .done }
        continue
      }
      guard isFirst || output.hasCredit else { return .more }
      if flush(output) == .more { return .more }
      isFirst = false
    }
  }
}
