import Columns
import Instruments
import KeyedState
import Plans
import Schemas

// How calls end, and what rows are told of that.
extension AskOperator {
  func succeed(_ call: LookupCall, _ answer: LookupAnswer) {
    guard let context else { return }
    let now = context.now()
    count(answer.usage)
    let isAsked = answer.isAsked && answer.postponed.count < call.keys.count
    if isAsked {
      context.metrics.calls.sent.add(1)
      context.metrics.calls.latency.add(now.microseconds &- call.sent.microseconds)
      if answer.failed == nil { calls.succeeded(call, at: now) }
    } else {
      calls.withdraw(call)
    }
    let rows = AnswerBatch(answer.rows)
    var found = Array(repeating: FoundRow.missing, count: call.keys.count)
    for (row, key) in answer.keys.enumerated() where found.indices.contains(key) {
      found[key] = .row(rows, row)
    }
    for (key, reason) in answer.unreadable where found.indices.contains(key) {
      found[key] = replacesUnreadable ? .fallback : .unreadable(reason)
    }
    let left = Set(answer.postponed.keys).union(answer.failed?.keys ?? [])
    let answered = left.isEmpty ? Array(found.indices) : found.indices.filter { !left.contains($0) }
    cache?.keep(answered.map { found[$0] }, for: answered.map { call.keys[$0] }, at: now)
    for place in answered { tell(call.keys[place], found[place]) }
    if let failed = answer.failed {
      giveUp(call.part(failed.keys.filter { found.indices.contains($0) }), failed.failure)
    }
    if !answer.postponed.isEmpty { postpone(call, answer.postponed) }
  }

  /// Keys that were not asked for, as a budget is used up: where failing stops the pipeline, or
  /// calls under way may leave some of it, they wait; else they have their answer.
  private func postpone(_ call: LookupCall, _ postponed: [Int: Postponement]) {
    guard let context else { return }
    let left = postponed.keys.filter { call.keys.indices.contains($0) }.sorted()
    let isRefusing = policy.fallback != nil || result.goesOn
    let failure = LookupFailure("\(table) has used up its budget", isRetriable: true)
    var waiting: [Int] = []
    for place in left {
      guard isRefusing, postponed[place]?.isUsedUp ?? false else {
        waiting.append(place)
        continue
      }
      context.metrics.calls.refused.add(1)
      tell(call.keys[place], policy.fallback == nil ? .failed(failure) : .fallback)
    }
    guard !waiting.isEmpty else { return }
    let wait = waiting.compactMap { postponed[$0]?.time }.max() ?? 0
    calls.postpone(call.part(waiting), for: wait, at: context.now())
  }

  private func count(_ usage: ModelUsage) {
    guard usage != ModelUsage() else { return }
    context?.metrics.calls.tokensRead.add(Int(usage.read))
    context?.metrics.calls.tokensWritten.add(Int(usage.written))
    context?.metrics.calls.cost.add(Int(usage.cost))
  }

  func fail(_ call: LookupCall, _ failure: LookupFailure) {
    context?.metrics.calls.sent.add(1)
    count(failure.usage)
    giveUp(call, failure)
  }

  /// A call came to nothing: it is made again, or its keys have no answer.
  private func giveUp(_ call: LookupCall, _ failure: LookupFailure) {
    guard let context else { return }
    context.metrics.calls.failed.add(1)
    let outcome = calls.failed(
      call, isRetriable: failure.isRetriable, retryAfter: failure.retryAfter ?? 0,
      at: context.now(), random: context.random())
    guard case .forGood = outcome else { return }
    for key in call.keys { tell(key, policy.fallback == nil ? .failed(failure) : .fallback) }
  }

  func tell(_ key: LookupKey, _ found: FoundRow) {
    for waiter in waiters.removeValue(forKey: key) ?? [] { give(waiter.piece, waiter.row, found) }
  }
}
