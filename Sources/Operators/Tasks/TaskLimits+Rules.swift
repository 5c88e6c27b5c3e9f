import KeyedState
import Plans
import Schemas
import Synchronization

// Slow rates, over restarts.
extension TaskLimits {
  var hasSlowRates: Bool { rates.contains(where: \.isSlow) }

  /// How far the buckets of slow rates are used up, from which a call has taken its shares.
  func paces(of shares: Shares) -> [RatePace] {
    guard hasSlowRates else { return [] }
    return state.withLock { state in
      rates.indices.filter { rates[$0].isSlow }.map { limit in
        let bucket = state.buckets[shares.buckets[limit]]
        return RatePace(
          limit: UInt8(limit), period: rates[limit].period, value: bucket.place.key,
          next: bucket.next)
      }
    }
  }

  /// How often it is looked whether all workers have told what they know, in microseconds.
  static let settling: Int64 = 5_000

  /// A stage's workers know something of slow rates: none calls before all have told it.
  func expect(_ stage: OperatorID, workers: Int) {
    guard hasSlowRates else { return }
    state.withLock { state in
      if state.untold[stage] == nil { state.untold[stage] = workers }
    }
  }

  /// One of the stage's workers has told what it knows.
  func settle(_ stage: OperatorID) {
    state.withLock { state in
      guard let left = state.untold[stage] else { return }
      state.untold[stage] = left > 1 ? left - 1 : nil
    }
  }

  /// Takes over what was said of a bucket in an earlier run. To be called before calls are made;
  /// a bucket that is there already keeps what it has where that is less.
  func recall(_ pace: RatePace, at now: Timestamp) {
    let limit = Int(pace.limit)
    guard rates.indices.contains(limit), rates[limit].period == pace.period,
      !CallRate.isPast(pace.next, at: now), !isShared[limit] || pace.value == nil
    else { return }
    state.withLock { state in
      let place = Place(limit: limit, key: pace.value)
      guard let bucket = state.places[place] else {
        state.recalled[place] = max(state.recalled[place] ?? .min, pace.next)
        return
      }
      let next = max(state.buckets[bucket].next, rates[limit].recalled(pace.next, at: now))
      (state.buckets[bucket].next, state.buckets[bucket].leaving) = (next, next)
    }
  }
}

// Calls that are made again.
extension TaskLimits {
  /// Who is called, where each has a budget: a bucket of its own, or one that all share.
  func owner(of shares: Shares) -> Int { shares.buckets[ofHealth ?? shares.buckets.count - 1] }

  /// A task's first call brings a part of what others may take.
  func beginFirst(_ shares: Shares) {
    state.withLock { state in
      change(ofHealth.map { shares.buckets[$0] }, &state) { $0.budget?.firstCall() }
    }
  }

  /// Takes from the budget what a call costs that is made again, or says when to look again.
  func takeAgain(_ owner: Int, at now: Timestamp) -> Timestamp? {
    state.withLock { state in
      change(ofHealth.map { _ in owner }, &state) { $0.budget?.take(at: now) }
    }
  }
}

// Bounds that follow the server.
extension TaskLimits {
  var isAdaptive: Bool { concurrency.contains { $0.first != nil } }

  /// Calls that such a bound lets be under way; of values that have their own the fewest.
  /// O(buckets).
  var adaptiveCalls: Int? {
    state.withLock { state in
      state.buckets.compactMap { $0.users > 0 ? $0.adaptive?.calls : nil }.min()
    }
  }
}
