import Columns
import KeyedState
import Plans
import Schemas

/// The lanes in which the tasks of a worker are queued: one for each set of values that fairness
/// and limits go by, as long as there are tasks of them.
struct TaskLanes {
  private struct Lane {
    var values: [LookupKey?] = []
    var flow = 0
    var tasks = 0
    var shares = TaskLimits.Shares(buckets: [])
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
  private var lanes: [Lane] = []
  private var numbers: [[LookupKey?]: Int] = [:]
  private var flows: [LookupKey?: Flow] = [:]

  init(
    _ task: TaskSpec, _ limits: TaskLimits, input: Schema, _ stage: OperatorID
  ) throws(OperatorError) {
    self.limits = limits
    let named = TaskLimits.columns(of: task)
    var names: [String] = []
    for case let name? in [task.fairBy] + named where !names.contains(name) { names.append(name) }
    columns = try ColumnPlaces.find(names, in: input, stage)
    keys = columns.map { LookupKeys([input.fields[$0].type]) }
    fair = task.fairBy.flatMap { names.firstIndex(of: $0) }
    ofLimits = named.map { name in name.flatMap { names.firstIndex(of: $0) } }
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
      lanes[lane].tasks += 1
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
    lanes[lane] = Lane(
      values: values, flow: flow.number, tasks: 0,
      shares: limits.open(ofLimits.map { place in place.flatMap { values[$0] } }, at: now))
    numbers[values] = lane
    return lane
  }

  func shares(of lane: UInt32) -> TaskLimits.Shares { lanes[Int(lane)].shares }

  /// A task of the lane is queued no more, and will not be.
  mutating func remove(_ lane: UInt32, _ queue: inout FairQueue) {
    let number = Int(lane)
    lanes[number].tasks -= 1
    // The only one there is stays.
    guard lanes[number].tasks == 0, !columns.isEmpty else { return }
    let values = lanes[number].values
    numbers[values] = nil
    limits.close(lanes[number].shares)
    queue.free(lane: number)
    let value = fair.flatMap { values[$0] }
    flows[value]?.lanes -= 1
    if let flow = flows[value], flow.lanes == 0 {
      queue.free(flow: flow.number)
      flows[value] = nil
    }
    lanes[number] = Lane()
  }
}
