import Columns
import Instruments
import KeyedState
import Plans
import Schemas

// How calls end, and what rows are told of that.
extension AskOperator {
  func succeed(_ call: LookupCall, _ answer: LookupAnswer, of number: Int) {
    guard let context else { return }
    let now = context.now()
    count(answer.usage)
    let isAsked = answer.isAsked && answer.postponed.count < call.keys.count
    if isAsked {
      let time = now.microseconds &- call.sent.microseconds
      context.metrics.calls.sent.add(1)
      context.metrics.calls.latency.add(time)
      versions[number].count(callOf: time)
      if answer.failed == nil { versions[number].calls.succeeded(call, at: now) }
    } else {
      versions[number].calls.withdraw(call)
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
    versions[number].cache?.keep(
      answered.map { found[$0] }, for: answered.map { call.keys[$0] }, at: now)
    for place in answered { tell(call.keys[place], found[place], of: number) }
    if let failed = answer.failed {
      let part = call.part(failed.keys.filter { found.indices.contains($0) })
      giveUp(part, failed.failure, of: number)
    }
    if !answer.postponed.isEmpty { postpone(call, answer.postponed, of: number) }
  }

  /// Keys that were not asked for, as a budget is used up: where failing stops the pipeline, or
  /// calls under way may leave some of it, they wait; else they have their answer.
  private func postpone(
    _ call: LookupCall, _ postponed: [Int: Postponement], of number: Int
  ) {
    guard let context else { return }
    if let spent = postponed.values.filter(\.isUsedUp).map(\.time).max() {
      let end = context.now().later(by: spent).microseconds
      context.metrics.calls.budgetUntil.set(max(end, context.metrics.calls.budgetUntil.value))
    }
    let left = postponed.keys.filter { call.keys.indices.contains($0) }.sorted()
    let isRefusing =
      policy.fallback != nil || result.goesOn || versions[number].isShadow
    let failure = LookupFailure(
      "\(versions[number].place) has used up its budget", isRetriable: true)
    var waiting: [Int] = []
    for place in left {
      guard isRefusing, postponed[place]?.isUsedUp ?? false else {
        waiting.append(place)
        continue
      }
      context.metrics.calls.refused.add(1)
      tell(call.keys[place], without: failure, of: number)
    }
    guard !waiting.isEmpty else { return }
    let wait = waiting.compactMap { postponed[$0]?.time }.max() ?? 0
    versions[number].calls.postpone(call.part(waiting), for: wait, at: context.now())
  }

  func count(_ usage: ModelUsage) {
    guard usage != ModelUsage() else { return }
    context?.metrics.calls.tokensRead.add(Int(usage.read))
    context?.metrics.calls.tokensWritten.add(Int(usage.written))
    context?.metrics.calls.cost.add(Int(usage.cost))
  }

  func fail(_ call: LookupCall, _ failure: LookupFailure, of number: Int) {
    context?.metrics.calls.sent.add(1)
    versions[number].count(callOf: nil)
    count(failure.usage)
    giveUp(call, failure, of: number)
  }

  /// A call came to nothing: it is made again, or its keys have no answer.
  private func giveUp(_ call: LookupCall, _ failure: LookupFailure, of number: Int) {
    guard let context else { return }
    context.metrics.calls.failed.add(1)
    let outcome = versions[number].calls.failed(
      call, isRetriable: failure.isRetriable, retryAfter: failure.retryAfter ?? 0,
      at: context.now(), random: context.random())
    guard case .forGood = outcome else { return }
    for key in call.keys { tell(key, without: failure, of: number) }
  }

  /// The rows of a key have no answer.
  func tell(_ key: LookupKey, without failure: LookupFailure, of number: Int) {
    tell(key, policy.fallback == nil ? .failed(failure) : .fallback, of: number)
  }

  private func tell(_ key: LookupKey, _ found: FoundRow, of number: Int) {
    guard let waiting = versions[number].waiters.removeValue(forKey: key) else { return }
    versions[number].count(found, rows: waiting.rows.count + waiting.counted)
    for waiter in waiting.rows { give(waiter.piece, waiter.row, found) }
  }
}

extension Result<LookupAnswer, LookupFailure> {
  /// What it cost.
  var usage: ModelUsage {
    switch self {
    case .success(let answer): answer.usage
    case .failure(let failure): failure.usage
    }
  }
}
