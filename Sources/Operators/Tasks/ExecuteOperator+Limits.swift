import KeyedState
import Plans
import Schemas

// Calls that are made again, within the budget of who is called.
extension ExecuteOperator {
  /// Whether a task may be called as far as the budget of calls that are made again goes; else it
  /// waits, behind those of its server that do.
  func mayCall(_ task: UInt32) -> Bool {
    let entry = store[task]
    guard self.task.retry.budget != nil, entry.attempts > 0, entry.doubt == .none,
      let now = context?.now()
    else { return true }
    let owner = limits.owner(of: lanes.shares(of: entry.lane))
    var until: Timestamp?
    if spent.isEmpty(at: owner) {
      until = limits.takeAgain(owner, at: now)
      if until == nil { return true }
    }
    store[task].phase = .spent
    lanes.wait(entry.lane, true)
    spent.wait(Int(task), at: owner, until: until)
    return false
  }

  /// Lets those be called for which there is a budget now.
  func letCallAgain(_ owner: Int, at now: Timestamp) {
    while true {
      // Those that were cancelled are gone.
      spent.skip(at: owner) { store[UInt32(truncatingIfNeeded: $0)].phase != .spent }
      guard !spent.isEmpty(at: owner) else { return }
      if let until = limits.takeAgain(owner, at: now) {
        return spent.look(at: owner, at: until)
      }
      guard let number = spent.next(of: owner) else { return }
      let task = UInt32(truncatingIfNeeded: number)
      lanes.wait(store[task].lane, false)
      queueUp(task)
    }
  }

  /// A task's first call brings a part of what others may take.
  func beginFirst(_ task: UInt32, at now: Timestamp) {
    guard self.task.retry.budget != nil else { return }
    let shares = lanes.shares(of: store[task].lane)
    limits.beginFirst(shares)
    letCallAgain(limits.owner(of: shares), at: now)
  }
}

// Slow rates and servers that want to be left alone, over restarts.
extension ExecuteOperator {
  /// What a call that begins takes of slow rates goes into the journal with its intent.
  func notePaces(of task: UInt32, at now: Timestamp) {
    for pace in limits.paces(of: lanes.shares(of: store[task].lane)) {
      note(pace, of: task, at: now)
    }
  }

  /// And for how long whoever was called wants to be left alone.
  func noteQuiet(_ delay: Int64, _ shares: TaskLimits.Shares, of task: UInt32, at now: Timestamp) {
    guard delay >= TaskLimits.memorable else { return }
    note(limits.quiet(shares, for: delay, at: now), of: task, at: now)
  }

  private func note(_ pace: RatePace, of task: UInt32, at now: Timestamp) {
    let entry = TaskJournal.Entry(
      fact: .pace(pace), group: store.group(of: task), key: "", attempt: 0,
      time: now.microseconds)
    paces.note(entry)
    round.lines.append(JournalLine(TaskJournal.encode(entry), of: entry.group))
  }
}
