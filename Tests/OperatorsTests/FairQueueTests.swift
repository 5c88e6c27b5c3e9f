import KeyedState
import Schemas
import TestKit
import Testing

/// The order in which tasks have their turn, against a model that looks at all of them.
@Suite("Fair queue")
struct FairQueueTests {
  private struct Waiting {
    var task: UInt32
    var lane: Int
    var flow: Int
    var rank: FairQueue.Rank
  }

  @Test("Values share by weight, and a value's tasks go by priority and arrival, parked ones never")
  func model() {
    for seed in 1...150 {
      var random = SeededRandom(seed: UInt64(seed))
      var queue = FairQueue()
      let flows = (0..<3).map { _ in queue.makeFlow() }
      let lanes = (0..<7).map { (number: queue.makeLane(of: flows[$0 % 3]), flow: $0 % 3) }
      let weights: [Int64] = [1, 2, 5]
      var (waiting, parked): ([Waiting], Set<Int>) = ([], [])
      /// Each value's virtual time, and that of all.
      var (starts, finishes, time) = ([0.0, 0, 0], [0.0, 0, 0], 0.0)
      func active(_ flow: Int) -> Bool {
        waiting.contains { $0.flow == flow && !parked.contains($0.lane) }
      }
      func change(_ body: () -> Void) {
        let before = flows.indices.map(active)
        body()
        for flow in flows.indices where !before[flow] && active(flow) {
          starts[flow] = max(time, finishes[flow])
        }
      }
      for step in 0..<800 {
        let lane = lanes[Int.random(in: 0..<7, using: &random)]
        switch random.next() % 8 {
        case 0...2:
          let task = UInt32(step)
          let priority = seed % 3 == 0 ? 0 : Int64.random(in: 0...2, using: &random)
          let arrival = UInt64.random(in: 0...UInt64(step) + 5, using: &random) << 12 | UInt64(step)
          let rank = FairQueue.Rank(priority: priority, arrival: arrival)
          queue.add(task, to: lane.number, rank: rank, weight: weights[lane.flow])
          change {
            waiting.append(
              Waiting(task: task, lane: lane.number, flow: lane.flow, rank: rank))
          }
        case 3:
          queue.park(lane.number)
          change { parked.insert(lane.number) }
        case 4:
          queue.unpark(lane.number)
          change { parked.remove(lane.number) }
        default:
          let next = queue.next()
          guard let next, let place = waiting.firstIndex(where: { $0.task == next.task }) else {
            #expect(next == nil && !flows.indices.contains(where: active), "seed \(seed)")
            continue
          }
          let taken = waiting[place]
          let least = flows.indices.filter(active).map { starts[$0] }.min() ?? -1
          #expect(abs(starts[taken.flow] - least) < 1e-6, "seed \(seed)")
          let better = waiting.contains {
            $0.flow == taken.flow && !parked.contains($0.lane) && $0.rank < taken.rank
          }
          #expect(!better && !parked.contains(taken.lane), "seed \(seed)")
          queue.take()
          change { waiting.remove(at: place) }
          time = starts[taken.flow]
          finishes[taken.flow] = time + 1 / Double(weights[taken.flow])
          starts[taken.flow] = finishes[taken.flow]
        }
        #expect(queue.count == waiting.count)
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
    var parked = ParkedLanes()
    parked.park(1, on: 7, until: .init(microseconds: 50))
    parked.park(2, on: 7, until: .init(microseconds: 40))
    parked.park(3, on: 8, until: nil)
    #expect(parked.nextDue?.microseconds == 40)
    #expect(parked.due(.init(microseconds: 39)) == nil)
    #expect(parked.due(.init(microseconds: 60)) == 7)
    #expect(parked.due(.init(microseconds: 60)) == nil)
    #expect([parked.next(of: 7), parked.next(of: 7), parked.next(of: 7)] == [1, 2, nil])
    #expect(parked.next(of: 8) == 3)
  }
}
