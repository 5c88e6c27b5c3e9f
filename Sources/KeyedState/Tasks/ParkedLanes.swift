package import Schemas

/// Lanes whose limits have refused them, by the bucket that did: in turn, when there is something
/// in it again, one is let try; and the next when that one has got something.
package struct ParkedLanes {
  private struct Line {
    var lanes: [Int] = []
    /// Lanes in front of it are gone.
    var head = 0
    /// When to look; `max`: when it is told.
    var until = Int64.max
  }

  private var lines: [Int: Line] = [:]
  private var timers = TaskTimes()

  package init() {}

  package mutating func park(_ lane: Int, on bucket: Int, until: Timestamp?) {
    lines[bucket, default: Line()].lanes.append(lane)
    guard let until, until.microseconds < lines[bucket]?.until ?? .max else { return }
    lines[bucket]?.until = until.microseconds
    timers.add(UInt32(truncatingIfNeeded: bucket), at: until)
  }

  /// The lane whose turn it is at a bucket, parked no more.
  package mutating func next(of bucket: Int) -> Int? {
    guard var line = lines[bucket] else { return nil }
    let lane = line.lanes[line.head]
    line.head += 1
    if line.head == line.lanes.count {
      lines[bucket] = nil
      return lane
    }
    if line.head * 2 >= line.lanes.count {
      line.lanes.removeFirst(line.head)
      line.head = 0
    }
    lines[bucket] = line
    return lane
  }

  /// A bucket in which there should be something by now.
  package mutating func due(_ now: Timestamp) -> Int? {
    while let first = timers.first, first.time <= now {
      timers.removeFirst()
      let bucket = Int(first.number)
      // Another time may have been set since, or its lanes be gone.
      guard lines[bucket]?.until == first.time.microseconds else { continue }
      lines[bucket]?.until = .max
      return bucket
    }
    return nil
  }

  package var nextDue: Timestamp? { timers.first?.time }
}
