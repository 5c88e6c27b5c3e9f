import KeyedState
package import Plans
import Schemas
import Synchronization

/// What holds back the calls of one task, of all its stages on all workers: its rates, how many
/// calls are under way, its breaker, and for how long its server wants to be left alone. Where a
/// limit is for each value, the values are what has its own breaker and pauses.
///
/// A call takes its share of all limits at once, or of none. A rate's bucket begins empty, so that
/// a restart is no way to a second burst; buckets of values of which nothing is left are forgotten.
package final class TaskLimits: Sendable {
  /// Where a call takes its shares: of each limit, rates first, a bucket.
  struct Shares: Hashable, Sendable {
    var buckets: [Int]
  }

  enum Answer: Equatable {
    case taken(opening: Int)
    /// No call may begin at all until then; nil: until the worker's bell.
    case stalled(until: Timestamp?)
    /// None of this limit's bucket.
    case blocked(bucket: Int, until: Timestamp?)
  }

  /// How whoever is called is.
  private struct Health {
    var breaker: CallBreaker
    var quietUntil = Timestamp.beginning
    /// Who waits for the outcome of the call by which the breaker tries.
    var trying = WorkerTurns()

    func isFine(at now: Timestamp) -> Bool { breaker.isClosed && now >= quietUntil }
  }

  private struct Bucket {
    var limit: Int
    var key: LookupKey?
    /// Lanes of all workers that take from it.
    var users = 0
    /// When a rate's next call may be promised, and when it may leave.
    var next: Int64 = 0
    var leaving: Int64 = 0
    var underWay = 0
    var turns = WorkerTurns()
    /// Of the first limit that each value has for itself.
    var health: Health?
  }

  private struct Place: Hashable {
    var limit: Int
    var key: LookupKey?
  }

  private struct State {
    var buckets: [Bucket] = []
    var free: [Int] = []
    var places: [Place: Int] = [:]
    /// Of values that nobody uses, to be looked at.
    var idle: [Int] = []
    /// Looked at once there are so many.
    var looksAt = TaskLimits.fewIdle
    /// Where no limit is of values: of all calls.
    var health: Health
    /// Buckets of values whose breakers are open.
    var open: Set<Int> = []
    var began: Timestamp?
    var bells: [Int: @Sendable () -> Void] = [:]
    /// What became free since a worker that waits for it was told.
    var freed: [Int: [Int]] = [:]
  }

  private let rates: [CallRate]
  /// Of a call's shares so many are of rates.
  var rateCount: Int { rates.count }
  /// By limit: whether each value has its own.
  let isShared: [Bool]
  private let calls: [Int]
  private let breaker: LookupPolicy.Breaker?
  /// The limit whose buckets have a health each.
  private let ofHealth: Int?
  private let state: Mutex<State>

  package init(_ task: TaskSpec) {
    rates = task.rates.map { CallRate($0) }
    let concurrency =
      task.concurrency.isEmpty
      ? [TaskSpec.Concurrency(calls: TaskSpec.usualConcurrency)] : task.concurrency
    calls = concurrency.map { max($0.calls, 1) }
    isShared = task.rates.map { $0.per == nil } + concurrency.map { $0.per == nil }
    ofHealth = isShared.firstIndex(of: false)
    breaker = task.breaker
    state = Mutex(State(health: Health(breaker: CallBreaker(task.breaker))))
  }

  /// The columns whose values have buckets of their own, by limit.
  static func columns(of task: TaskSpec) -> [String?] {
    let concurrency = task.concurrency.isEmpty ? [nil] : task.concurrency.map(\.per)
    return task.rates.map(\.per) + concurrency
  }

  /// The number of one who makes calls: an operator on a worker, which elsewhere is the `worker`.
  /// `bell` is rung, by any thread, when it may go on.
  @discardableResult
  func join(at now: Timestamp, bell: @escaping @Sendable () -> Void) -> Int {
    state.withLock { state in
      let number = state.bells.count
      state.bells[number] = bell
      if state.began == nil { state.began = now }
      return number
    }
  }

  /// The buckets of some values, one for each limit, to be given back by `close`. A null has a
  /// bucket too.
  func open(_ keys: [LookupKey?], at now: Timestamp) -> Shares {
    state.withLock { state in
      if state.idle.count >= state.looksAt { forget(&state, at: now) }
      return Shares(
        buckets: isShared.indices.map { limit in
          let place = Place(limit: limit, key: isShared[limit] ? nil : keys[limit])
          let bucket = state.places[place] ?? make(place, &state, at: now)
          state.buckets[bucket].users += 1
          return bucket
        })
    }
  }

  func close(_ shares: Shares) {
    state.withLock { state in
      for bucket in shares.buckets {
        state.buckets[bucket].users -= 1
        if state.buckets[bucket].users == 0 { state.idle.append(bucket) }
      }
    }
  }

  private static let fewIdle = 256

  private func make(_ place: Place, _ state: inout State, at now: Timestamp) -> Int {
    var bucket = Bucket(limit: place.limit, key: place.key)
    if place.limit < rates.count {
      // What it has gathered since the stage began.
      bucket.next = rates[place.limit].empty(at: state.began ?? now)
      bucket.leaving = bucket.next
    }
    if place.limit == ofHealth { bucket.health = Health(breaker: CallBreaker(breaker)) }
    let number = state.free.popLast() ?? state.buckets.count
    if number == state.buckets.count {
      state.buckets.append(bucket)
    } else {
      state.buckets[number] = bucket
    }
    state.places[place] = number
    return number
  }

  /// Lets go of the buckets of values that nobody has tasks of, where a new one says the same.
  private func forget(_ state: inout State, at now: Timestamp) {
    var kept: [Int] = []
    var seen: Set<Int> = []
    for number in state.idle where seen.insert(number).inserted {
      let bucket = state.buckets[number]
      guard bucket.users == 0 else { continue }
      let isFull =
        bucket.limit >= rates.count
        || rates[bucket.limit].isFull(max(bucket.next, bucket.leaving), at: now)
      if isFull, bucket.underWay == 0, bucket.health?.isFine(at: now) ?? true {
        state.places[Place(limit: bucket.limit, key: bucket.key)] = nil
        state.free.append(number)
      } else {
        kept.append(number)
      }
    }
    state.idle = kept
    // Each is looked at a bounded number of times, however slowly buckets fill.
    state.looksAt = max(Self.fewIdle, 2 * kept.count)
  }
}

// Calls.
extension TaskLimits {
  /// Takes a call's shares of all limits, or says when to ask again.
  func take(_ shares: Shares, worker: Int, at now: Timestamp) -> Answer {
    state.withLock { state in
      let owner = ofHealth.map { shares.buckets[$0] }
      if let refusal = refusal(owner, worker, &state, at: now) {
        guard let owner else { return .stalled(until: refusal.until) }
        // Another of its tasks tries: nobody tells how that ends.
        let again = refusal.until ?? now.later(by: Self.look)
        return .blocked(bucket: owner, until: again)
      }
      // What holds back all calls is asked first.
      for hasOwn in [false, true] {
        for (limit, bucket) in shares.buckets.enumerated() where isShared[limit] != hasOwn {
          guard let refusal = refusal(limit, bucket, worker, &state, at: now) else { continue }
          return isShared[limit]
            ? .stalled(until: refusal.until) : .blocked(bucket: bucket, until: refusal.until)
        }
      }
      for (limit, bucket) in shares.buckets.enumerated() {
        state.buckets[bucket].turns.end(worker)
        if limit < rates.count {
          rates[limit].pass(&state.buckets[bucket].next)
        } else {
          state.buckets[bucket].underWay += 1
        }
      }
      let opening = change(owner, &state) { health in
        health.breaker.begin()
        return health.breaker.openings
      }
      return .taken(opening: opening)
    }
  }

  private struct Refusal {
    var until: Timestamp?
  }

  /// How often it is looked at how a value's breaker has tried.
  private static let look: Int64 = 100_000

  private func change<Value>(
    _ owner: Int?, _ state: inout State, _ body: (inout Health) -> Value
  ) -> Value {
    guard let owner, var health = state.buckets[owner].health else { return body(&state.health) }
    defer {
      state.buckets[owner].health = health
      if health.breaker.opensUntil == nil {
        state.open.remove(owner)
      } else {
        state.open.insert(owner)
      }
    }
    return body(&health)
  }

  /// Whether whoever is called is to be left alone.
  private func refusal(
    _ owner: Int?, _ worker: Int, _ state: inout State, at now: Timestamp
  ) -> Refusal? {
    change(owner, &state) { health in
      if now < health.quietUntil { return Refusal(until: health.quietUntil) }
      if health.breaker.allowsCall(at: now) { return nil }
      if let until = health.breaker.opensUntil { return Refusal(until: until) }
      health.trying.wait(worker)
      return Refusal(until: nil)
    }
  }

  private func refusal(
    _ limit: Int, _ bucket: Int, _ worker: Int, _ state: inout State, at now: Timestamp
  ) -> Refusal? {
    let available: Int
    if limit < rates.count {
      rates[limit].look(&state.buckets[bucket].next, at: now)
      available = rates[limit].available(state.buckets[bucket].next, at: now)
    } else {
      available = calls[limit - rates.count] - state.buckets[bucket].underWay
    }
    if state.buckets[bucket].turns.allows(worker, of: available, at: now) { return nil }
    state.buckets[bucket].turns.wait(worker)
    if available > 0 { return Refusal(until: now.later(by: WorkerTurns.patience + 1)) }
    guard limit < rates.count else { return Refusal(until: nil) }
    let ahead = state.buckets[bucket].turns.ahead(of: worker)
    return Refusal(until: rates[limit].due(state.buckets[bucket].next, number: ahead))
  }

  /// When a call that has taken its shares may leave: now, unless what was held up on its way here
  /// would meet what came after it. To be asked once for a call.
  func leave(_ shares: Shares, at now: Timestamp) -> Timestamp {
    guard !rates.isEmpty else { return now }
    return state.withLock { state in
      var due = now
      for (limit, rate) in rates.enumerated() {
        rate.look(&state.buckets[shares.buckets[limit]].leaving, at: now)
        due = max(due, rate.due(state.buckets[shares.buckets[limit]].leaving))
      }
      for (limit, rate) in rates.enumerated() {
        rate.look(&state.buckets[shares.buckets[limit]].leaving, at: due)
        rate.pass(&state.buckets[shares.buckets[limit]].leaving)
      }
      return due
    }
  }

  /// How a call ended.
  struct End {
    var shares: Shares
    var opening: Int
    /// Whether its server is not as it should be; nil: nobody was asked.
    var isFailure: Bool?
    /// Microseconds for which the server wants to be left alone.
    var retryAfter: Int64
  }

  /// Gives back what calls of a worker took, and rings the others that wait for it.
  func end(_ ends: [End], worker: Int, at now: Timestamp) {
    guard !ends.isEmpty else { return }
    let bells = state.withLock { state in
      var rung: Set<Int> = []
      for end in ends {
        change(ofHealth.map { end.shares.buckets[$0] }, &state) { health in
          if let isFailure = end.isFailure {
            health.breaker.record(isFailure: isFailure, of: end.opening, at: now)
          } else {
            health.breaker.withdraw(of: end.opening)
          }
          health.quietUntil = max(health.quietUntil, now.later(by: end.retryAfter))
          for waiting in health.trying.workers {
            rung.insert(waiting)
            health.trying.end(waiting)
          }
        }
        for bucket in end.shares.buckets[rates.count...] {
          state.buckets[bucket].underWay -= 1
          for waiting in state.buckets[bucket].turns.workers where waiting != worker {
            rung.insert(waiting)
            if !isShared[state.buckets[bucket].limit] {
              state.freed[waiting, default: []].append(bucket)
            }
          }
        }
      }
      rung.remove(worker)
      return rung.compactMap { state.bells[$0] }
    }
    for bell in bells { bell() }
  }

  /// The buckets of values that have become free since a worker was told that they were not.
  func freed(worker: Int) -> [Int] {
    state.withLock { state in
      state.freed.isEmpty ? [] : state.freed.removeValue(forKey: worker) ?? []
    }
  }

  /// Whether no call is made because too many failed.
  var isOpen: Bool {
    state.withLock { $0.health.breaker.opensUntil != nil || !$0.open.isEmpty }
  }

  /// Buckets that are kept.
  var bucketCount: Int { state.withLock { $0.places.count } }
}
