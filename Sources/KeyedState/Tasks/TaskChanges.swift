/// What a store of tasks has changed since its last snapshot.
struct TaskChanges {
  /// Those that came or changed; some are gone, and some stand here twice.
  var tasks: [UInt32] = []
  /// The keys of those that the last snapshot has and that are gone.
  private(set) var gone: [UInt64] = []
  /// Whether there was one, and which arrivals it knew: those before this.
  private(set) var hasBase = false
  private var known: UInt64 = 0

  /// Names a task in the state: a key group's tasks have come at different times.
  static func key(_ entry: TaskEntry) -> UInt64 { key(entry.group, entry.arrival) }

  static func key(_ group: UInt16, _ arrival: UInt64) -> UInt64 {
    UInt64(group) << 54 | arrival & (1 << 54 - 1)
  }

  static func parts(_ key: UInt64) -> (group: UInt16, arrival: UInt64) {
    (UInt16(truncatingIfNeeded: key >> 54), key & (1 << 54 - 1))
  }

  mutating func remove(_ entry: TaskEntry) {
    if hasBase, entry.arrival < known { gone.append(Self.key(entry)) }
  }

  /// A snapshot has been taken, when the next task to come had that number.
  mutating func end(_ arrivals: UInt64) {
    (tasks, gone) = ([], [])
    (hasBase, known) = (true, arrivals)
  }
}
