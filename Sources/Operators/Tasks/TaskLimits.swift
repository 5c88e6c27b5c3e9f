import KeyedState
package import Plans
import Schemas
import Synchronization

/// What holds back the calls of one `execute`, on all workers: its rates, how many calls are under
/// way, its breaker, and for how long its server wants to be left alone.
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
    var breaker: CallBreaker
    var quietUntil = Timestamp.beginning
    var began: Timestamp?
    var bells: [Int: @Sendable () -> Void] = [:]
    /// What became free since a worker that waits for it was told.
    var freed: [Int: [Int]] = [:]
    /// A worker that waits for the outcome of the call by which the breaker tries.
    var trying = WorkerTurns()
  }

  private let rates: [CallRate]
  /// Of a call's shares so many are of rates.
  var rateCount: Int { rates.count }
  /// By limit: whether each value has its own.
  let isShared: [Bool]
  private let calls: [Int]
  private let state: Mutex<State>

  package init(_ task: TaskSpec) {
    rates = task.rates.map { CallRate($0) }
    let concurrency =
      task.concurrency.isEmpty
      ? [TaskSpec.Concurrency(calls: TaskSpec.usualConcurrency)] : task.concurrency
    calls = concurrency.map { max($0.calls, 1) }
    isShared = task.rates.map { $0.per == nil } + concurrency.map { $0.per == nil }
    state = Mutex(State(breaker: CallBreaker(task.breaker)))
  }

  /// The columns whose values have buckets of their own, by limit.
  static func columns(of task: TaskSpec) -> [String?] {
    let concurrency = task.concurrency.isEmpty ? [nil] : task.concurrency.map(\.per)
    return task.rates.map(\.per) + concurrency
  }

  /// `bell` is rung, by any thread, when the worker may go on.
  func join(worker: Int, at now: Timestamp, bell: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.bells[worker] = bell
      if state.began == nil { state.began = now }
    }
  }

  /// The buckets of some values, one for each limit, to be given back by `close`. A null has a
  /// bucket too.
  func open(_ keys: [LookupKey?], at now: Timestamp) -> Shares {
    state.withLock { state in
      if state.idle.count > 2 * (Self.fewIdle + state.places.count - state.idle.count) {
        forget(&state, at: now)
      }
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
      if isFull, bucket.underWay == 0 {
        state.places[Place(limit: bucket.limit, key: bucket.key)] = nil
        state.free.append(number)
      } else {
        kept.append(number)
      }
    }
    state.idle = kept
  }
}

// Calls.
extension TaskLimits {
  /// Takes a call's shares of all limits, or says when to ask again.
  func take(_ shares: Shares, worker: Int, at now: Timestamp) -> Answer {
    state.withLock { state in
      if now < state.quietUntil { return .stalled(until: state.quietUntil) }
      if !state.breaker.allowsCall(at: now) {
        if let until = state.breaker.opensUntil { return .stalled(until: until) }
        state.trying.wait(worker)
        return .stalled(until: nil)
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
      state.breaker.begin()
      return .taken(opening: state.breaker.openings)
    }
  }

  private struct Refusal {
    var until: Timestamp?
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
    /// Whether its server is not as it should be.
    var isFailure: Bool
    /// Microseconds for which the server wants to be left alone.
    var retryAfter: Int64
  }

  /// Gives back what calls of a worker took, and rings the others that wait for it.
  func end(_ ends: [End], worker: Int, at now: Timestamp) {
    guard !ends.isEmpty else { return }
    let bells = state.withLock { state in
      var rung: Set<Int> = []
      for end in ends {
        state.breaker.record(isFailure: end.isFailure, of: end.opening, at: now)
        state.quietUntil = max(state.quietUntil, now.later(by: end.retryAfter))
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
      for waiting in state.trying.workers {
        rung.insert(waiting)
        state.trying.end(waiting)
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
  var isOpen: Bool { state.withLock { $0.breaker.opensUntil != nil } }

  /// Buckets that are kept.
  var bucketCount: Int { state.withLock { $0.places.count } }
}
