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
          // Calls may still be held up on their way, and leave behind their turn.
          next: max(bucket.next, bucket.leaving + rates[limit].period))
      }
    }
  }

  /// How often it is looked whether all workers have told what they know, in microseconds.
  static let settling: Int64 = 5_000

  /// A stage's workers know something of slow rates, and of servers that want to be left alone:
  /// none calls before all have told it.
  func expect(_ stage: OperatorID, workers: Int) {
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
    if pace.limit == RatePace.ofServer { return recallQuiet(pace, at: now) }
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

// Servers that want to be left alone, over restarts.
extension TaskLimits {
  /// For so long at least a server must want that, in microseconds: a restart takes about as long.
  static let memorable: Int64 = 1_000_000

  /// What is remembered of whoever was called: for how long from now on it wants to be left alone.
  func quiet(_ shares: Shares, for delay: Int64, at now: Timestamp) -> RatePace {
    let time = now.later(by: delay)
    return state.withLock { state in
      RatePace(
        limit: RatePace.ofServer, period: CallRate.time(time) - CallRate.time(now),
        value: ofHealth.flatMap { state.buckets[shares.buckets[$0]].place.key },
        next: CallRate.time(time))
    }
  }

  /// As much of it as can be true: the clock may have been set back since.
  private func recallQuiet(_ pace: RatePace, at now: Timestamp) {
    let time = CallRate.timestamp(min(pace.next, CallRate.time(now) + max(pace.period, 0)))
    state.withLock { state in
      guard let ofHealth else {
        if pace.value == nil { state.health.quietUntil = max(state.health.quietUntil, time) }
        return
      }
      let place = Place(limit: ofHealth, key: pace.value)
      if let bucket = state.places[place] {
        change(bucket, &state) { $0.quietUntil = max($0.quietUntil, time) }
      } else {
        state.quiet[place] = max(state.quiet[place] ?? .beginning, time)
      }
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

// Rates that tables say.
extension TaskLimits {
  /// The process goes on where an earlier one ended, which may have made calls a moment ago.
  func goOn() { state.withLock { $0.isRestart = true } }

  /// A bucket of which nothing was remembered: what it has gathered since the stage began. What an
  /// earlier process took of a slow rate that a table says, nobody knows.
  func begin(_ rate: CallRate, isSteered: Bool, _ state: State, at now: Timestamp) -> Int64 {
    let began = state.began ?? now
    return isSteered && rate.isSlow && state.isRestart
      ? rate.soonest(at: began) : rate.empty(at: began)
  }

  /// A table says how fast the calls of a key may begin, or has said it when the stage began.
  /// Returns the key's bucket, where calls may wait for what was said before.
  func steer(_ key: SteeredKey, rate: CallRate?, isNews: Bool = true, at now: Timestamp) -> Int? {
    state.withLock { state in
      state.steered[key] = rate
      let place = Place(limit: rates.count, key: key.key, table: key.table)
      guard let bucket = state.places[place] else { return nil }
      if let rate {
        let isNew = state.buckets[bucket].steered == nil
        // What waited for a slower rate does not wait longer than this one has it.
        let first =
          isNews ? rate.empty(at: now) : begin(rate, isSteered: true, state, at: now)
        let due = isNew ? first : rate.soonest(at: now)
        for time in [\Bucket.next, \Bucket.leaving] {
          let before = isNew ? due : state.buckets[bucket][keyPath: time]
          state.buckets[bucket][keyPath: time] = min(before, due)
        }
      }
      state.buckets[bucket].steered = rate
      return bucket
    }
  }
}
