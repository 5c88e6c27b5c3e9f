import Columns
package import Schemas

/// Lanes or tasks that wait at buckets for something to be in them: in turn, when there is, one is
/// let try; and the next when that one has got something.
package struct BucketLines {
  private struct Line {
    var numbers = Queue<Int>()
    /// When to look; `max`: when it is told.
    var until = Int64.max
  }

  private var lines: [Int: Line] = [:]
  private var timers = TaskTimes()
  /// All that wait.
  package private(set) var count = 0

  package init() {}

  package func isEmpty(at bucket: Int) -> Bool { lines[bucket] == nil }

  package mutating func wait(_ number: Int, at bucket: Int, until: Timestamp?) {
    lines[bucket, default: Line()].numbers.append(number)
    count += 1
    if let until { look(at: bucket, at: until) }
  }

  /// There should be something in a bucket at a time, if anything waits there.
  package mutating func look(at bucket: Int, at time: Timestamp) {
    guard let line = lines[bucket], time.microseconds < line.until else { return }
    lines[bucket]?.until = time.microseconds
    timers.add(UInt32(truncatingIfNeeded: bucket), at: time)
  }

  /// Lets go of those in front at a bucket that are gone.
  package mutating func skip(at bucket: Int, where isGone: (Int) -> Bool) {
    while let number = lines[bucket]?.numbers.first, isGone(number) { _ = next(of: bucket) }
  }

  /// The one whose turn it is at a bucket; it waits no more.
  package mutating func next(of bucket: Int) -> Int? {
    guard let number = lines[bucket]?.numbers.popFirst() else { return nil }
    count -= 1
    if lines[bucket]?.numbers.isEmpty ?? false { lines[bucket] = nil }
    return number
  }

  /// A bucket in which there should be something by now.
  package mutating func due(_ now: Timestamp) -> Int? {
    while let first = timers.first, first.time <= now {
      timers.removeFirst()
      let bucket = Int(first.number)
      // Another time may have been set since, or all be gone.
      guard lines[bucket]?.until == first.time.microseconds else { continue }
      lines[bucket]?.until = .max
      return bucket
    }
    return nil
  }

  package var nextDue: Timestamp? { timers.first?.time }
}
