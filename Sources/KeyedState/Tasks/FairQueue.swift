import Columns

/// Tasks that may be called, of which the next is that of the value that has had least for its
/// weight: start-time fair queueing (Goyal, Vin, Cheng). A value that had nothing waiting begins
/// where the others are, and saves nothing up.
///
/// Tasks of a value stand in lanes, one for each set of limits that they go by, so that those whose
/// limits refuse them (`park`) hold up no others. Among the lanes of a value, and in a lane, the
/// greater priority goes first, then who came first. All is O(log tasks).
package struct FairQueue: ~Copyable {
  /// Of a task in its lane, and of a lane among those of its value.
  package struct Rank: Comparable, Sendable {
    package var priority: Int64
    package var arrival: UInt64

    package init(priority: Int64, arrival: UInt64) {
      self.priority = priority
      self.arrival = arrival
    }

    package static func < (a: Rank, b: Rank) -> Bool {
      a.priority != b.priority ? a.priority > b.priority : a.arrival < b.arrival
    }
  }

  private struct Ready: HeapElement {
    var rank: Rank
    var task: UInt32

    func precedes(_ other: Ready) -> Bool { rank < other.rank }
  }

  private struct Lane {
    var flow: Int
    /// Those that came behind all others, as most do.
    var line = Queue<Ready>()
    var others = Heap<Ready>()
    var isParked = false
    var isPaused = false

    var isEmpty: Bool { line.isEmpty && others.first == nil }

    var first: Ready? { isLineNext ? line.first : others.first }

    /// Whether the first is one of the line.
    private var isLineNext: Bool {
      guard let next = line.first else { return false }
      return others.first.map { next.rank <= $0.rank } ?? true
    }

    mutating func add(_ ready: Ready) {
      if let last = line.last, ready.rank < last.rank {
        others.add(ready)
      } else {
        line.append(ready)
      }
    }

    mutating func removeFirst() {
      if isLineNext { _ = line.popFirst() } else { others.removeFirst() }
    }
  }

  private struct Flow {
    var weight: Int64 = 1
    /// The virtual time at which its next task starts, and its last one ended.
    var start: UInt64 = 0
    var finish: UInt64 = 0
    var lanes = RankedHeap<Rank>()
  }

  private struct Turn: Comparable {
    var start: UInt64
    /// Who came first, where times are equal.
    var number: UInt64

    static func < (a: Turn, b: Turn) -> Bool { (a.start, a.number) < (b.start, b.number) }
  }

  /// A task's virtual length at a weight of one.
  private static let length: UInt64 = 1 << 24
  package static let greatestWeight: Int64 = 1 << 20

  private var lanes: [Lane] = []
  private var freeLanes: [Int] = []
  private var flows: [Flow] = []
  private var freeFlows: [Int] = []
  /// Values that have lanes with tasks that are not parked.
  private var active = RankedHeap<Turn>()
  private var lanePlaces: [Int] = []
  private var flowPlaces: [Int] = []
  private var virtual: UInt64 = 0
  private var turns: UInt64 = 0
  /// Tasks, parked ones too.
  package private(set) var count = 0

  package init() {}

  package mutating func makeFlow() -> Int {
    if let flow = freeFlows.popLast() {
      flows[flow] = Flow()
      return flow
    }
    flows.append(Flow())
    flowPlaces.append(-1)
    return flows.count - 1
  }

  /// It has no lanes.
  package mutating func free(flow: Int) { freeFlows.append(flow) }

  package mutating func makeLane(of flow: Int) -> Int {
    if let lane = freeLanes.popLast() {
      lanes[lane] = Lane(flow: flow)
      return lane
    }
    lanes.append(Lane(flow: flow))
    lanePlaces.append(-1)
    return lanes.count - 1
  }

  /// It has no tasks.
  package mutating func free(lane: Int) { freeLanes.append(lane) }

  /// `weight`: of the task's value from now on.
  package mutating func add(_ task: UInt32, to lane: Int, rank: Rank, weight: Int64 = 1) {
    count += 1
    lanes[lane].add(Ready(rank: rank, task: task))
    flows[lanes[lane].flow].weight = min(max(weight, 1), Self.greatestWeight)
    if !lanes[lane].isParked, !lanes[lane].isPaused { settle(lane) }
  }

  /// The task whose turn it is; it stays.
  package func next() -> (task: UInt32, lane: Int)? {
    guard let flow = active.first, let lane = flows[flow].lanes.first,
      let ready = lanes[lane].first
    else { return nil }
    return (ready.task, lane)
  }

  /// Takes out the task whose turn it is: its value has had it.
  package mutating func take() {
    guard let flow = active.first, let lane = flows[flow].lanes.first else { return }
    count -= 1
    lanes[lane].removeFirst()
    virtual = flows[flow].start
    flows[flow].finish = virtual + Self.length / UInt64(flows[flow].weight)
    flows[flow].start = flows[flow].finish
    settle(lane)
    if !flows[flow].lanes.isEmpty { activate(flow) }
  }

  /// The lane's tasks stay, but their turn does not come until `unpark`.
  package mutating func park(_ lane: Int) {
    lanes[lane].isParked = true
    settle(lane)
  }

  /// Whether there is a task in it whose turn may come now.
  @discardableResult
  package mutating func unpark(_ lane: Int) -> Bool {
    guard lanes[lane].isParked else { return false }
    lanes[lane].isParked = false
    settle(lane)
    return !lanes[lane].isEmpty && !lanes[lane].isPaused
  }

  /// The lane's tasks stay, whatever its limits say, until it goes on.
  package mutating func pause(_ lane: Int, _ isPaused: Bool) {
    guard lanes[lane].isPaused != isPaused else { return }
    lanes[lane].isPaused = isPaused
    settle(lane)
  }

  /// Takes out all tasks of a lane.
  package mutating func clear(_ lane: Int) {
    count -= lanes[lane].line.count + lanes[lane].others.elements.count
    lanes[lane].line = Queue()
    lanes[lane].others = Heap()
    settle(lane)
  }

  /// Puts a lane where it belongs among those of its value, and the value among the others.
  private mutating func settle(_ lane: Int) {
    let flow = lanes[lane].flow
    let wasActive = !flows[flow].lanes.isEmpty
    if let first = lanes[lane].first, !lanes[lane].isParked, !lanes[lane].isPaused {
      flows[flow].lanes.set(lane, first.rank, &lanePlaces)
    } else {
      flows[flow].lanes.remove(lane, &lanePlaces)
    }
    if flows[flow].lanes.isEmpty {
      active.remove(flow, &flowPlaces)
    } else if !wasActive {
      flows[flow].start = max(virtual, flows[flow].finish)
      activate(flow)
    }
  }

  private mutating func activate(_ flow: Int) {
    turns += 1
    active.set(flow, Turn(start: flows[flow].start, number: turns), &flowPlaces)
  }
}
