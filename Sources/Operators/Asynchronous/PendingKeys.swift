import Columns
import KeyedState
import Plans
import Schemas

/// Keys that were asked for and are in no call yet, oldest first.
struct PendingKeys {
  struct Entry {
    var key: LookupKey
    /// Where its values stand: the key's columns, of it and others that wait.
    var keys: Batch
    var row: Int
    var since: Timestamp
  }

  private let batch: Int
  private let within: Int64
  private var entries: [Entry] = []
  /// Entries in front of it are gone.
  private var head = 0

  init(_ policy: LookupPolicy) {
    batch = max(policy.batch, 1)
    within = policy.within
  }

  var count: Int { entries.count - head }

  /// When the oldest has waited long enough for others; nil where none waits.
  var due: Timestamp? {
    head < entries.count ? entries[head].since.later(by: within) : nil
  }

  /// Whether a call should be made of some.
  func isDue(at now: Timestamp) -> Bool { count >= batch || due.map { $0 <= now } ?? false }

  mutating func add(_ entry: Entry) { entries.append(entry) }

  /// Those of one call.
  mutating func take() -> [Entry] {
    let end = min(head + batch, entries.count)
    let taken = Array(entries[head..<end])
    head = end
    // Removed in bulk, so that each is moved a bounded number of times.
    if head * 2 >= entries.count {
      entries.removeFirst(head)
      head = 0
    }
    return taken
  }

  mutating func removeAll() { (entries, head) = ([], 0) }
}
