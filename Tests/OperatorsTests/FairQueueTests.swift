import KeyedState
import Schemas
import TestKit
import Testing

/// The order in which tasks have their turn, against a model that looks at all of them.
@Suite("Fair queue")
struct FairQueueTests {
  @Test("Values share by weight, and a value's tasks go by priority and arrival, held ones never")
  func model() {
    for seed in 1...150 {
      var random = SeededRandom(seed: UInt64(seed))
      var queue = FairQueue()
      let flows = (0..<3).map { _ in queue.makeFlow() }
      let lanes = (0..<7).map { (number: queue.makeLane(of: flows[$0 % 3]), flow: $0 % 3) }
      var model = FairModel()
      for step in 0..<800 {
        let lane = lanes[Int.random(in: 0..<7, using: &random)]
        switch random.next() % 10 {
        case 0...2:
          let priority = seed % 3 == 0 ? 0 : Int64.random(in: 0...2, using: &random)
          let arrival = UInt64.random(in: 0...UInt64(step) + 5, using: &random) << 12 | UInt64(step)
          let rank = FairQueue.Rank(priority: priority, arrival: arrival)
          queue.add(
            UInt32(step), to: lane.number, rank: rank, weight: FairModel.weights[lane.flow])
          model.add(UInt32(step), lane.number, lane.flow, rank)
        case 3:
          queue.park(lane.number)
          model.change { $0.parked.insert(lane.number) }
        case 4:
          queue.unpark(lane.number)
          model.change { $0.parked.remove(lane.number) }
        case 5:
          let isPaused = random.next() % 2 == 0
          queue.pause(lane.number, isPaused)
          model.change { model in
            model.paused.remove(lane.number)
            if isPaused { model.paused.insert(lane.number) }
          }
        case 6 where random.next() % 8 == 0:
          queue.clear(lane.number)
          model.change { $0.waiting.removeAll { $0.lane == lane.number } }
        default:
          let next = queue.next()
          #expect(model.allows(next?.task), "seed \(seed)")
          queue.take()
          if let next { model.take(next.task) }
        }
        #expect(queue.count == model.waiting.count)
      }
    }
  }

  @Test("A value with a million tasks does not hold up one with ten")
  func backlog() {
    var queue = FairQueue()
    let lanes = (0..<2).map { _ in queue.makeLane(of: queue.makeFlow()) }
    for task in 0..<UInt32(1_000_000) {
      queue.add(task, to: lanes[0], rank: .init(priority: 0, arrival: UInt64(task)))
    }
    for _ in 0..<1_000 { queue.take() }
    for task in UInt32(1_000_000)..<1_000_010 {
      queue.add(task, to: lanes[1], rank: .init(priority: 0, arrival: UInt64(task)))
    }
    var turns = 0
    var small = 0
    while small < 10, let next = queue.next() {
      queue.take()
      turns += 1
      if next.lane == lanes[1] { small += 1 }
    }
    #expect(turns <= 21)
  }

  @Test("Lanes at one bucket are woken in turn")
  func parked() {
    var parked = BucketLines()
    parked.wait(1, at: 7, until: .init(microseconds: 50))
    parked.wait(2, at: 7, until: .init(microseconds: 40))
    parked.wait(3, at: 8, until: nil)
    #expect(parked.count == 3)
    #expect(parked.nextDue?.microseconds == 40)
    #expect(parked.due(.init(microseconds: 39)) == nil)
    #expect(parked.due(.init(microseconds: 60)) == 7)
    #expect(parked.due(.init(microseconds: 60)) == nil)
    #expect([parked.next(of: 7), parked.next(of: 7), parked.next(of: 7)] == [1, 2, nil])
    #expect(parked.next(of: 8) == 3)
  }
}

/// Start-time fair queueing over all tasks that wait, one by one.
private struct FairModel {
  struct Waiting {
    var task: UInt32
    var lane: Int
    var flow: Int
    var rank: FairQueue.Rank
  }

  static let weights: [Int64] = [1, 2, 5]

  var waiting: [Waiting] = []
  var parked: Set<Int> = []
  var paused: Set<Int> = []
  /// Each value's virtual times, and that of all.
  private var starts = [0.0, 0, 0]
  private var finishes = [0.0, 0, 0]
  private var time = 0.0

  private func isActive(_ flow: Int) -> Bool {
    waiting.contains { $0.flow == flow && !isHeld($0.lane) }
  }

  private func isHeld(_ lane: Int) -> Bool { parked.contains(lane) || paused.contains(lane) }

  mutating func change(_ body: (inout FairModel) -> Void) {
    let before = (0..<3).map(isActive)
    body(&self)
    for flow in 0..<3 where !before[flow] && isActive(flow) {
      starts[flow] = max(time, finishes[flow])
    }
  }

  mutating func add(_ task: UInt32, _ lane: Int, _ flow: Int, _ rank: FairQueue.Rank) {
    change { $0.waiting.append(Waiting(task: task, lane: lane, flow: flow, rank: rank)) }
  }

  /// Whether it may be that task's turn; nil: nobody's.
  func allows(_ task: UInt32?) -> Bool {
    let active = (0..<3).filter(isActive)
    guard let task else { return active.isEmpty }
    guard let next = waiting.first(where: { $0.task == task }), !isHeld(next.lane),
      let least = active.map({ starts[$0] }).min()
    else { return false }
    return abs(starts[next.flow] - least) < 1e-6
      && !waiting.contains {
        $0.flow == next.flow && !isHeld($0.lane) && $0.rank < next.rank
      }
  }

  mutating func take(_ task: UInt32) {
    guard let place = waiting.firstIndex(where: { $0.task == task }) else { return }
    let flow = waiting[place].flow
    change { $0.waiting.remove(at: place) }
    time = starts[flow]
    finishes[flow] = time + 1 / Double(Self.weights[flow])
    starts[flow] = finishes[flow]
  }
}
