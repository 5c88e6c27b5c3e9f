import Synchronization

/// A bounded queue from one thread to one other, without locks: objects and small messages in the
/// order they were put in.
///
/// An object is handed over whole: the ring holds its one reference count, which moves from sender
/// to receiver without being touched. Lamport's single-producer single-consumer queue, each side
/// keeping a copy of the other's index so that it reads the shared one only when it must.
package final class HandoverRing: @unchecked Sendable {
  /// What travels: an object or none, and what the two sides agree that tag and word mean.
  package struct Entry {
    package var object: AnyObject?
    package var tag: UInt8
    package var word: UInt64

    package init(object: AnyObject?, tag: UInt8, word: UInt64) {
      self.object = object
      self.tag = tag
      self.word = word
    }
  }

  private struct Slot {
    var object: Unmanaged<AnyObject>?
    var word: UInt64
    var tag: UInt8
  }

  package let capacity: Int
  private let slots: UnsafeMutablePointer<Slot>

  /// Entries ever put in; written by the sender.
  private let tail = Atomic<Int>(0)
  private var knownHead = 0
  /// Keeps the two sides' words on different cache lines.
  private let gap: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0)
  /// Entries ever taken out; written by the receiver.
  private let head = Atomic<Int>(0)
  private var knownTail = 0

  /// `capacity` is at least 1.
  package init(capacity: Int) {
    precondition(capacity > 0, "a ring holds at least one entry")
    self.capacity = capacity
    slots = .allocate(capacity: capacity)
  }

  deinit {
    while pop() != nil {}
    slots.deallocate()
  }

  /// Puts an entry in; false if the ring is full. Only the sender.
  package func push(_ entry: Entry) -> Bool {
    let position = tail.load(ordering: .relaxed)
    if position &- knownHead == capacity {
      knownHead = head.load(ordering: .acquiring)
      if position &- knownHead == capacity { return false }
    }
    (slots + position % capacity).initialize(
      to: Slot(
        object: entry.object.map { Unmanaged.passRetained($0) }, word: entry.word, tag: entry.tag))
    tail.store(position &+ 1, ordering: .releasing)
    return true
  }

  /// Takes the oldest entry out; nil if there is none. Only the receiver.
  package func pop() -> Entry? {
    let position = head.load(ordering: .relaxed)
    if position == knownTail {
      knownTail = tail.load(ordering: .acquiring)
      if position == knownTail { return nil }
    }
    let slot = (slots + position % capacity).move()
    head.store(position &+ 1, ordering: .releasing)
    return Entry(object: slot.object?.takeRetainedValue(), tag: slot.tag, word: slot.word)
  }

  /// Whether there is nothing to take out. The receiver, or who knows that neither side is at work.
  package var isEmpty: Bool {
    head.load(ordering: .relaxed) == tail.load(ordering: .acquiring)
  }
}
