package import Schemas

/// Times at which something is due with a task, or with what else has a number: the earliest first.
package struct TaskTimes {
  private struct Due: HeapElement, BitwiseCopyable {
    var time: Int64
    var number: UInt32

    func precedes(_ other: Due) -> Bool { (time, number) < (other.time, other.number) }
  }

  private var heap = Heap<Due>()

  package init() {}

  package mutating func add(_ number: UInt32, at time: Timestamp) {
    heap.add(Due(time: time.microseconds, number: number))
  }

  package var count: Int { heap.elements.count }

  package var first: (time: Timestamp, number: UInt32)? {
    heap.first.map { (Timestamp(microseconds: $0.time), $0.number) }
  }

  /// Lets go of those that are not wanted.
  package mutating func keep(where isWanted: (_ number: UInt32, _ time: Timestamp) -> Bool) {
    var kept = Heap<Due>()
    for due in heap.elements where isWanted(due.number, Timestamp(microseconds: due.time)) {
      kept.add(due)
    }
    heap = kept
  }

  /// There must be one.
  package mutating func removeFirst() { heap.removeFirst() }

  /// Takes out the first, where its time has come.
  package mutating func take(_ now: Timestamp) -> UInt32? {
    guard let first, first.time <= now else { return nil }
    removeFirst()
    return first.number
  }
}
