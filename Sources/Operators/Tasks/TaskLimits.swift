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
/// Behind the declared rates stands one that tables say while calls go on, for keys that have one.
package final class TaskLimits: Sendable {
  /// How whoever is called is.
  struct Health {
    var breaker: CallBreaker
    var budget: RetryBudget?
    var quietUntil = Timestamp.beginning
    /// Who waits for the outcome of the call by which the breaker tries.
    var trying = WorkerTurns()

    func isFine(at now: Timestamp) -> Bool {
      breaker.isClosed && now >= quietUntil && budget?.isUnused ?? true
    }
  }

  struct Bucket {
    var place: Place
    /// Lanes of all workers that take from it.
    var users = 0
    /// When a rate's next call may be promised, and when it may leave.
    var next: Int64 = 0
    var leaving: Int64 = 0
    /// What a table says; nil: no bound.
    var steered: CallRate?
    var underWay = 0
    /// Of a bound that follows the server.
    var adaptive: AdaptiveBound?
    var turns = WorkerTurns()
    /// Of the first limit that each value has for itself.
    var health: Health?
  }

  struct Place: Hashable {
    var limit: Int
    var key: LookupKey?
    /// Of the limit that tables say: whose key it is.
    var table: String?
  }

  struct State {
    var buckets: [Bucket] = []
    var free: [Int] = []
    var places: [Place: Int] = [:]
    /// The rates that tables say.
    var steered: [SteeredKey: CallRate] = [:]
    /// Of values that nobody uses, to be looked at.
    var idle: [Int] = []
    /// Looked at once there are so many.
    var looksAt = TaskLimits.fewIdle
    /// Where no limit is of values: of all calls.
    var health: Health
    /// Buckets of values whose breakers are open.
    var open: Set<Int> = []
    var began: Timestamp?
    var isRestart = false
    var bells: [Int: @Sendable () -> Void] = [:]
    /// Those who make no calls any more, by stage.
    var ended: [OperatorID: Set<Int>] = [:]
    /// What became free since a worker that waits for it was told.
    var freed: [Int: [Int]] = [:]
    /// What journals and checkpoints say of slow rates.
    var recalled: [Place: Int64] = [:]
    /// And of servers that want to be left alone.
    var quiet: [Place: Timestamp] = [:]
    /// Stages with how many of their workers have not told yet what they know of slow rates.
    var untold: [OperatorID: Int] = [:]
  }

  let rates: [CallRate]
  /// Of a call's shares so many are of rates, the last of them that of a table.
  var rateCount: Int { rates.count + 1 }
  /// By limit: whether each value has its own.
  let isShared: [Bool]
  let concurrency: [TaskSpec.Concurrency]
  private let health: Health
  /// The limit whose buckets have a health each.
  let ofHealth: Int?
  let state: Mutex<State>

  package init(_ task: TaskSpec) {
    rates = task.rates.map { CallRate($0) }
    concurrency =
      task.concurrency.isEmpty
      ? [TaskSpec.Concurrency(calls: TaskSpec.usualConcurrency)] : task.concurrency
    let declared = task.rates.map { $0.per == nil }
    let isShared = declared + [false] + concurrency.map { $0.per == nil }
    self.isShared = isShared
    ofHealth = isShared.indices.first { !isShared[$0] && $0 != declared.count }
    health = Health(
      breaker: CallBreaker(task.breaker), budget: RetryBudget(task.retry.budget))
    state = Mutex(State(health: health))
  }

  /// The columns whose values have buckets of their own, by limit without that of tables.
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

  /// One who makes a stage's calls makes none any more. Rings the others if it was the last.
  func end(member: Int, of stage: OperatorID, workers: Int) {
    let bells = state.withLock { state -> [@Sendable () -> Void] in
      guard state.ended[stage, default: []].insert(member).inserted,
        let members = state.ended[stage], members.count == workers
      else { return [] }
      return members.subtracting([member]).compactMap { state.bells[$0] }
    }
    for bell in bells { bell() }
  }

  func haveAllEnded(_ stage: OperatorID, workers: Int) -> Bool {
    state.withLock { $0.ended[stage]?.count == workers }
  }

  private func place(of limit: Int, _ keys: [LookupKey?], _ steered: SteeredKey?) -> Place {
    if limit == rates.count {
      return Place(limit: limit, key: steered?.key, table: steered?.table)
    }
    let key = keys[limit < rates.count ? limit : limit - 1]
    return Place(limit: limit, key: isShared[limit] ? nil : key)
  }

  /// The buckets of some values, one for each limit, to be given back by `close`. A null has a
  /// bucket too. `steered`: the key by which a table steers such calls.
  func open(_ keys: [LookupKey?], steered: SteeredKey? = nil, at now: Timestamp) -> Shares {
    state.withLock { state in
      if state.idle.count >= state.looksAt { forget(&state, at: now) }
      return Shares(
        buckets: isShared.indices.map { limit in
          let place = place(of: limit, keys, steered)
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
    var bucket = Bucket(place: place)
    if let table = place.table, let key = place.key {
      bucket.steered = state.steered[SteeredKey(table: table, key: key)]
    }
    if let rate = rate(of: bucket) {
      bucket.next = begin(rate, isSteered: bucket.steered != nil, state, at: now)
      if let next = state.recalled.removeValue(forKey: place) {
        bucket.next = max(bucket.next, rate.recalled(next, at: now))
      }
      bucket.leaving = bucket.next
    }
    if place.limit >= rateCount {
      bucket.adaptive = AdaptiveBound(concurrency[place.limit - rateCount])
    }
    if place.limit == ofHealth {
      bucket.health = health
      bucket.health?.quietUntil = state.quiet.removeValue(forKey: place) ?? .beginning
    }
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
      let isFull = rate(of: bucket)?.isFull(max(bucket.next, bucket.leaving), at: now) ?? true
      if isFull, bucket.underWay == 0, bucket.health?.isFine(at: now) ?? true,
        bucket.adaptive?.isForgotten(at: now) ?? true
      {
        state.places[bucket.place] = nil
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
      guard state.untold.isEmpty else { return .stalled(until: now.later(by: Self.settling)) }
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
        if limit >= rateCount {
          state.buckets[bucket].underWay += 1
        } else if let rate = rate(of: state.buckets[bucket]) {
          rate.pass(&state.buckets[bucket].next)
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

  /// nil: of a limit that bounds how many calls are under way, and where nothing is said.
  private func rate(of bucket: Bucket) -> CallRate? {
    bucket.place.limit < rates.count ? rates[bucket.place.limit] : bucket.steered
  }

  /// How often it is looked at how a value's breaker has tried.
  private static let look: Int64 = 100_000

  func change<Value>(
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
    let rate = rate(of: state.buckets[bucket])
    let available: Int
    if limit >= rateCount {
      let most = state.buckets[bucket].adaptive?.calls ?? concurrency[limit - rateCount].calls
      available = most - state.buckets[bucket].underWay
      if available <= 0 { state.buckets[bucket].adaptive?.reach() }
    } else if let rate {
      rate.look(&state.buckets[bucket].next, at: now)
      available = rate.available(state.buckets[bucket].next, at: now)
    } else {
      return nil
    }
    if state.buckets[bucket].turns.allows(worker, of: available, at: now) { return nil }
    state.buckets[bucket].turns.wait(worker)
    if available > 0 { return Refusal(until: now.later(by: WorkerTurns.patience + 1)) }
    guard let rate else { return Refusal(until: nil) }
    let ahead = state.buckets[bucket].turns.ahead(of: worker)
    return Refusal(until: rate.due(state.buckets[bucket].next, number: ahead))
  }

  /// When a call that has taken its shares may leave: now, unless what was held up on its way here
  /// would meet what came after it. To be asked once for a call.
  func leave(_ shares: Shares, at now: Timestamp) -> Timestamp {
    state.withLock { state in
      var due = now
      for bucket in shares.buckets.prefix(rateCount) {
        guard let rate = rate(of: state.buckets[bucket]) else { continue }
        rate.look(&state.buckets[bucket].leaving, at: now)
        due = max(due, rate.due(state.buckets[bucket].leaving))
      }
      for bucket in shares.buckets.prefix(rateCount) {
        guard let rate = rate(of: state.buckets[bucket]) else { continue }
        rate.look(&state.buckets[bucket].leaving, at: due)
        rate.pass(&state.buckets[bucket].leaving)
      }
      return due
    }
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
        for bucket in end.shares.buckets[rateCount...] {
          state.buckets[bucket].underWay -= 1
          if let sample = end.sample {
            state.buckets[bucket].adaptive?.record(sample, at: now)
          }
          for waiting in state.buckets[bucket].turns.workers where waiting != worker {
            rung.insert(waiting)
            if !isShared[state.buckets[bucket].place.limit] {
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
