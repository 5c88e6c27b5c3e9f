import Columns
import KeyedState
import Plans
import Schemas

/// The table by which the tasks of a stage are paused, slowed down and cancelled, as one worker has
/// it: what it says, and since when that counts.
struct TaskSteering {
  let name: String
  /// Of the stage's input: the key of the table that a task belongs to.
  let column: String
  private let places: SteeredKeys.Places
  /// Where the table was read whole before, and which of its readings is known.
  private let loaded: SharedTable?
  private var version = -1
  private(set) var keys: SteeredKeys
  /// Tasks of which the table has no row wait for it.
  let isRequired: Bool
  /// Whether the table is in the state, for it comes row by row.
  let isKept: Bool
  /// What was in the table at the start has come: until then nothing is decided.
  private(set) var isRead: Bool
  /// No row of it comes any more.
  var hasEnded = false

  /// `input`: of the stage, the table's where its rows come.
  init(
    _ plan: PhysicalSteering, input: Schema?, loaded: SharedTable?, _ stage: OperatorID
  ) throws(OperatorError) {
    guard let schema = input ?? loaded?.current.schema,
      let key = schema.field(named: plan.tableKey)
    else {
      throw OperatorError(stage: stage, reason: "the plan gives it no table")
    }
    func place(_ name: String) throws(OperatorError) -> Int {
      try ColumnPlaces.find([name], in: schema, stage)[0]
    }
    func known(_ name: String?) throws(OperatorError) -> Int? {
      if let name { try place(name) } else { nil }
    }
    self.loaded = loaded
    name = plan.table
    column = plan.key
    keys = SteeredKeys(key.type, of: plan.table, isRequired: plan.isRequired)
    places = SteeredKeys.Places(
      key: try place(plan.tableKey), state: try place(plan.state), rate: try known(plan.rate),
      deleted: try known(loaded == nil ? plan.deleted : nil))
    isRequired = plan.isRequired
    isKept = loaded == nil
    isRead = loaded != nil || !plan.isReadFirst
    hasEnded = loaded != nil
    _ = readAgain()
  }

  func steered(_ key: LookupKey) -> TaskLimits.SteeredKey {
    TaskLimits.SteeredKey(table: name, key: key)
  }

  /// nil: it is not known yet.
  func order(of key: LookupKey) -> SteeredKeys.Order? { isRead ? keys[key] : nil }

  /// Takes rows of the table; the keys of which something else is so now.
  mutating func take(_ rows: Batch) -> [LookupKey] {
    let told = keys.take(rows, places)
    return isRead ? told : []
  }

  /// Where the table has been read anew, the keys of which something else is so now.
  mutating func readAgain() -> [LookupKey] {
    guard let loaded, loaded.version != version else { return [] }
    version = loaded.version
    return keys.replace(with: loaded.current.batches, places)
  }

  /// What it says counts from now on; the keys of which it says something.
  mutating func begin() -> [LookupKey] {
    isRead = true
    return Array(keys.steered)
  }

  mutating func restore(_ rows: Batch) { keys.restore(rows) }

  mutating func snapshot(isDelta: Bool) -> [StateBlock] { keys.snapshot(isDelta: isDelta) }
}
