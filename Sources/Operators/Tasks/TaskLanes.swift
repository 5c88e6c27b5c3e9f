import Columns
import KeyedState
import Plans
import Schemas

/// The lanes in which the tasks of a worker are queued: one for each set of values that fairness
/// and limits go by, that a table steers and that say when calls may begin, as long as there are
/// tasks of them. There is one of a stage: a copy would count what it holds for each access.
struct TaskLanes: ~Copyable {
  struct Lane {
    var values: [LookupKey?] = []
    var flow = 0
    var tasks = 0
    /// Those of them whose time has not come, or that wait for another task of their key or line.
    var waiting = 0
    var shares = TaskLimits.Shares(buckets: [])
    /// A table has paused its tasks, or has no row of them and must have one.
    var isPaused = false
    /// It has none.
    var isAwaited = false
    /// A table has cancelled those that are there.
    var isCancelled = false
    /// It is not their hour.
    var isClosed = false

    var isHeld: Bool { isPaused || isClosed }
    /// Tasks whose turn can't come now, however many calls may be made.
    var aside: Int { isHeld ? tasks : waiting }
    var rowless: Int { isAwaited ? tasks : 0 }
  }

  private struct Flow {
    var number: Int
    var lanes: Int
  }

  private let limits: TaskLimits
  /// The columns that are gone by, each once.
  private let columns: [Int]
  private let keys: [LookupKeys]
  /// In `columns`; nil: all tasks are of one value.
  private let fair: Int?
  private let ofLimits: [Int?]
  /// That of the table's key.
  private let ofTable: Int?
  /// That of the zone.
  private let ofZone: Int?
  /// What the table says.
  var steering: TaskSteering?
  private(set) var hours: TaskHours?
  var lanes: [Lane] = []
  /// About what a lane takes, with its buckets in the limits and its place in the queue.
  static let bytesOfLane = 900
  private var numbers: [[LookupKey?]: Int] = [:]
  private var flows: [LookupKey?: Flow] = [:]
  /// The lanes of each key of the table that takes further tasks.
  private var ofKeys: [LookupKey: Set<Int>] = [:]
  private var ofZones: [LookupKey: Set<Int>] = [:]
  /// Lanes that have tasks, or the only one that there is.
  private(set) var usedCount = 0
  /// Tasks in all lanes that are aside.
  private(set) var asideCount = 0
  /// Those of which the table has no row, where it must have one.
  private var rowlessCount = 0

  init(
    _ task: TaskSpec, _ limits: TaskLimits, steering: TaskSteering?, input: Schema,
    _ stage: OperatorID
  ) throws(OperatorError) {
    self.limits = limits
    self.steering = steering
    hours = task.hours.map { TaskHours($0) }
    let named = TaskLimits.columns(of: task)
    var names: [String] = []
    let others = [task.fairBy, steering?.column, hours?.column]
    for case let name? in others + named where !names.contains(name) { names.append(name) }
    columns = try ColumnPlaces.find(names, in: input, stage)
    keys = columns.map { LookupKeys([input.fields[$0].type]) }
    func place(_ name: String?) -> Int? { name.flatMap { names.firstIndex(of: $0) } }
    fair = place(task.fairBy)
    ofTable = place(steering?.column)
    ofZone = place(hours?.column)
    ofLimits = named.map(place)
  }

  /// A lane for each row of a batch without selection; each has one task more.
  mutating func add(_ rows: Batch, to queue: inout FairQueue, at now: Timestamp) -> [UInt32] {
    guard !columns.isEmpty else {
      let lane = lane(of: [], &queue, at: now)
      lanes[lane].tasks += rows.rowCount
      return Array(repeating: UInt32(truncatingIfNeeded: lane), count: rows.rowCount)
    }
    let values = zip(columns, keys).map { column, keys in
      keys.keys(of: [rows.columns[column]], rowCount: rows.rowCount)
    }
    return (0..<rows.rowCount).map { row in
      let lane = lane(of: values.map { $0[row] }, &queue, at: now)
      change(lane) { $0.tasks += 1 }
      return UInt32(truncatingIfNeeded: lane)
    }
  }

  private mutating func lane(
    of values: [LookupKey?], _ queue: inout FairQueue, at now: Timestamp
  ) -> Int {
    if let lane = numbers[values] { return lane }
    let value = fair.flatMap { values[$0] }
    var flow = flows[value] ?? Flow(number: queue.makeFlow(), lanes: 0)
    flow.lanes += 1
    flows[value] = flow
    let lane = queue.makeLane(of: flow.number)
    while lanes.count <= lane { lanes.append(Lane()) }
    let key = ofTable.flatMap { values[$0] }
    lanes[lane] = Lane(
      values: values, flow: flow.number, tasks: 0,
      shares: limits.open(
        ofLimits.map { place in place.flatMap { values[$0] } },
        steered: key.flatMap { steering?.steered($0) }, at: now))
    numbers[values] = lane
    usedCount += 1
    if let key {
      ofKeys[key, default: []].insert(lane)
      if let order = steering?.order(of: key) { follow(order, lane, &queue) }
    }
    if let zone = ofZone.flatMap({ values[$0] }), let isOpen = hours?.isOpen(zone, at: now) {
      ofZones[zone, default: []].insert(lane)
      close(lane, !isOpen, &queue)
    }
    return lane
  }

  func shares(of lane: UInt32) -> TaskLimits.Shares { lanes[Int(lane)].shares }

  /// A task of the lane waits for its time or for another task, or no more.
  mutating func wait(_ lane: UInt32, _ waits: Bool) {
    change(Int(lane)) { $0.waiting += waits ? 1 : -1 }
  }

  private mutating func change(_ lane: Int, _ body: (inout Lane) -> Void) {
    asideCount -= lanes[lane].aside
    rowlessCount -= lanes[lane].rowless
    body(&lanes[lane])
    asideCount += lanes[lane].aside
    rowlessCount += lanes[lane].rowless
  }

  /// A task of the lane is queued no more, and will not be.
  mutating func remove(_ lane: UInt32, _ queue: inout FairQueue) {
    let number = Int(lane)
    change(number) { $0.tasks -= 1 }
    // The only one there is stays.
    guard lanes[number].tasks == 0, !columns.isEmpty else { return }
    let values = lanes[number].values
    detach(number)
    Self.remove(number, ofZone.flatMap { values[$0] }, &ofZones)
    limits.close(lanes[number].shares)
    queue.free(lane: number)
    let value = fair.flatMap { values[$0] }
    flows[value]?.lanes -= 1
    if let flow = flows[value], flow.lanes == 0 {
      queue.free(flow: flow.number)
      flows[value] = nil
    }
    lanes[number] = Lane()
    usedCount -= 1
  }

  /// Further tasks do not come to the lane.
  private mutating func detach(_ lane: Int) {
    let values = lanes[lane].values
    if numbers[values] == lane { numbers[values] = nil }
    Self.remove(lane, ofTable.flatMap { values[$0] }, &ofKeys)
  }

  private static func remove(
    _ lane: Int, _ key: LookupKey?, _ lanes: inout [LookupKey: Set<Int>]
  ) {
    guard let key else { return }
    lanes[key]?.remove(lane)
    if lanes[key]?.isEmpty ?? false { lanes[key] = nil }
  }
}

// What a table says of lanes.
extension TaskLanes {
  func isCancelled(_ lane: UInt32) -> Bool { lanes[Int(lane)].isCancelled }

  /// The key of the table that a lane's tasks belong to.
  func steeredKey(of lane: UInt32) -> LookupKey? {
    ofTable.flatMap { lanes[Int(lane)].values[$0] }
  }

  /// The keys of the table that lanes with tasks belong to.
  var tableKeys: some Collection<LookupKey> { ofKeys.keys }

  /// Holds the lanes of a key to what the table says now; those that may not go on.
  mutating func follow(_ key: LookupKey, _ queue: inout FairQueue) -> [Int] {
    guard let order = steering?.order(of: key), let all = ofKeys[key] else { return [] }
    for lane in all {
      // Those of a lane that was cancelled stay so, whatever it says from here on.
      if lanes[lane].isCancelled { detach(lane) } else { follow(order, lane, &queue) }
    }
    return order.state == .running ? [] : Array(all)
  }

  /// Tasks that wait for a row of the table; nil where none is required.
  var rowless: Waiting.Rowless? {
    guard let steering, steering.isRequired else { return nil }
    var found = Waiting.Rowless(table: steering.name, count: rowlessCount)
    if rowlessCount > 0, let lane = lanes.firstIndex(where: { $0.rowless > 0 }) {
      found.key = steeredKey(of: UInt32(truncatingIfNeeded: lane))?.text
    }
    return found
  }

  private mutating func follow(_ order: SteeredKeys.Order, _ lane: Int, _ queue: inout FairQueue) {
    change(lane) {
      $0.isAwaited = order.state == .awaited
      $0.isPaused = $0.isAwaited || order.state == .paused
    }
    queue.pause(lane, lanes[lane].isHeld)
    guard order.state == .cancelled else { return }
    lanes[lane].isCancelled = true
    queue.clear(lane)
  }
}

// The hours of lanes.
extension TaskLanes {
  /// Why the tasks of a lane will never have an hour.
  func zoneProblem(_ lane: UInt32) -> String? {
    guard let hours, let ofZone else { return nil }
    guard let name = lanes[Int(lane)].values[ofZone] else {
      return "`\(hours.column)`, whose hours it keeps, is null"
    }
    guard ofZones[name] == nil, case .bytes(let bytes) = name else { return nil }
    return "there is no time zone `\(String(decoding: bytes.prefix(64), as: UTF8.self))`"
  }

  /// Opens and closes lanes whose zones have; those that have closed.
  mutating func turnHours(at now: Timestamp, _ queue: inout FairQueue) -> [Int] {
    var closed: [Int] = []
    for (zone, isOpen) in hours?.changes(at: now) ?? [] {
      for lane in ofZones[zone] ?? [] {
        close(lane, !isOpen, &queue)
        if !isOpen { closed.append(lane) }
      }
    }
    return closed
  }

  private mutating func close(_ lane: Int, _ isClosed: Bool, _ queue: inout FairQueue) {
    change(lane) { $0.isClosed = isClosed }
    queue.pause(lane, lanes[lane].isHeld)
  }

  /// Whether tasks wait for their hour, and nothing else.
  var areSomeClosed: Bool { lanes.contains { $0.isClosed && !$0.isPaused && $0.tasks > 0 } }
}
