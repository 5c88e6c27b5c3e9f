/// Finds tasks by the hash of a value that they have: open addressing with linear probing, where a
/// removal moves back what follows. A slot is 8 bytes: the hash, and the task's number + 1.
struct TaskIndex {
  private var slots = ContiguousArray<UInt64>(repeating: 0, count: 64)
  private(set) var count = 0

  /// The task of that hash of which `isSame` says that it is the one.
  func find(_ hash: UInt32, isSame: (UInt32) -> Bool) -> UInt32? {
    var at = home(hash)
    while slots[at] != 0 {
      if UInt32(truncatingIfNeeded: slots[at] >> 32) == hash, isSame(task(at)) { return task(at) }
      at = following(at)
    }
    return nil
  }

  /// There must be no other of the same value.
  mutating func add(_ task: UInt32, _ hash: UInt32) {
    if (count + 1) * 10 > slots.count * 7 { grow() }
    insert(UInt64(hash) << 32 | UInt64(task) + 1)
    count += 1
  }

  /// The task must be there.
  mutating func remove(_ task: UInt32, _ hash: UInt32) {
    var hole = place(of: task, hash)
    var at = following(hole)
    while slots[at] != 0 {
      let home = home(UInt32(truncatingIfNeeded: slots[at] >> 32))
      // Whether the hole lies between where it should be and where it is.
      if (at &- home) & mask >= (at &- hole) & mask {
        slots[hole] = slots[at]
        hole = at
      }
      at = following(at)
    }
    slots[hole] = 0
    count -= 1
  }

  /// Puts another of the same value in a task's place.
  mutating func replace(_ task: UInt32, with other: UInt32, _ hash: UInt32) {
    slots[place(of: task, hash)] = UInt64(hash) << 32 | UInt64(other) + 1
  }

  private var mask: Int { slots.count &- 1 }

  private func home(_ hash: UInt32) -> Int { Int(hash) & mask }

  private func following(_ at: Int) -> Int { (at &+ 1) & mask }

  private func task(_ at: Int) -> UInt32 { UInt32(truncatingIfNeeded: slots[at]) &- 1 }

  private func place(of task: UInt32, _ hash: UInt32) -> Int {
    let wanted = UInt64(hash) << 32 | UInt64(task) + 1
    var at = home(hash)
    while slots[at] != wanted {
      precondition(slots[at] != 0, "a task that is not in its index")
      at = following(at)
    }
    return at
  }

  private mutating func insert(_ slot: UInt64) {
    var at = home(UInt32(truncatingIfNeeded: slot >> 32))
    while slots[at] != 0 { at = following(at) }
    slots[at] = slot
  }

  private mutating func grow() {
    let old = slots
    slots = ContiguousArray(repeating: 0, count: old.count * 2)
    for slot in old where slot != 0 { insert(slot) }
  }
}
