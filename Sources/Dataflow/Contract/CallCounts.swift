import Instruments
package import Schemas

/// A reading of what an operator counts of its calls to the outside world.
package struct CallCounts: Hashable, Sendable {
  package var sent: Int64
  package var failed: Int64
  package var hits: Int64
  package var misses: Int64
  package var refused: Int64
  package var tokensRead: Int64
  package var tokensWritten: Int64
  /// In billionths.
  package var cost: Int64
  package var underWay: Int64
  /// Calls that may be, where their bound follows who is called.
  package var bound: Int64?
  /// Until when there is nothing left of a budget; that may be past.
  package var budgetUntil: Timestamp?
  /// No call is made at present, because too many failed.
  package var isOpen: Bool
  /// Answered calls by how long they took, as `Spans.bounds` has it, and all together in
  /// microseconds.
  package var latencies: [Int64]
  package var latency: Int64
  /// The same of how long tasks that were due waited for their calls.
  package var waits: [Int64]
  package var wait: Int64

  /// nil where none was asked for yet.
  init?(_ metrics: CallMetrics) {
    sent = metrics.sent.value
    hits = metrics.hits.value
    misses = metrics.misses.value
    guard sent + hits + misses > 0 else { return nil }
    failed = metrics.failed.value
    refused = metrics.refused.value
    tokensRead = metrics.tokensRead.value
    tokensWritten = metrics.tokensWritten.value
    cost = metrics.cost.value
    underWay = metrics.underWay.value
    bound = metrics.bound.value > 0 ? metrics.bound.value : nil
    let time = metrics.budgetUntil.value
    budgetUntil = time > 0 ? Timestamp(microseconds: time) : nil
    isOpen = metrics.isOpen.value > 0
    latencies = metrics.latency.counts
    latency = metrics.latency.sum
    waits = metrics.wait.counts
    wait = metrics.wait.sum
  }
}
