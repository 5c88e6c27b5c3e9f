package import Schemas

/// The clock that a timer follows.
package enum TimerDomain: Int64, Sendable, CaseIterable {
  /// The watermark.
  case event = 0
  case wall = 1
}

/// A timer that was due.
package struct DueTimer: Hashable, Sendable {
  package let key: StateKey
  package let time: Timestamp
  /// What the operator means by it; a key has at most one timer of a purpose, time and domain.
  package let purpose: Int64
}

/// Timers by key, in event time and wall time, kept as keyed state.
///
/// Due timers come by time, then by key hash and purpose, so that their order depends on the data
/// alone. Setting and cancelling is O(log timers); a cancelled timer leaves the heap when its turn
/// comes.
package final class TimerTable {
  private let state: KeyedEntries
  private var heaps: [Heap<Entry>] = [Heap(), Heap()]

  private struct Entry: HeapElement {
    var time: Int64
    var key: StateKey
    var purpose: Int64

    func precedes(_ other: Entry) -> Bool {
      (time, key.hash, purpose) < (other.time, other.key.hash, other.purpose)
    }
  }

  package init(_ name: String, keys: [Field]) {
    state = KeyedEntries(
      KeyedStateShape(
        name: name, keys: keys,
        entryFields: [Field("domain", .int), Field("due", .timestamp), Field("purpose", .int)],
        values: []))
  }

  package var declaration: StateDeclaration { state.shape.declaration }
  package var count: Int { state.count }

  package func set(
    _ key: StateKey, at time: Timestamp, _ domain: TimerDomain, purpose: Int64 = 0
  ) {
    let name = Self.name(domain, time.microseconds, purpose)
    guard state.entry(key, name, at: .min) == nil else { return }
    state.put(key, StateEntry(name: name, values: [], written: 0))
    heaps[Int(domain.rawValue)].add(
      Entry(time: time.microseconds, key: key, purpose: purpose))
  }

  package func cancel(
    _ key: StateKey, at time: Timestamp, _ domain: TimerDomain, purpose: Int64 = 0
  ) {
    state.remove(key, Self.name(domain, time.microseconds, purpose))
  }

  /// The earliest timer of a domain that is set.
  package func next(_ domain: TimerDomain) -> Timestamp? {
    dropCancelled(domain)
    return heaps[Int(domain.rawValue)].first.map { Timestamp(microseconds: $0.time) }
  }

  /// Takes the earliest timer that is due at `time`; nil if none is.
  package func popDue(_ domain: TimerDomain, at time: Timestamp) -> DueTimer? {
    dropCancelled(domain)
    guard let first = heaps[Int(domain.rawValue)].first, first.time <= time.microseconds else {
      return nil
    }
    heaps[Int(domain.rawValue)].removeFirst()
    state.remove(first.key, Self.name(domain, first.time, first.purpose))
    return DueTimer(
      key: first.key, time: Timestamp(microseconds: first.time), purpose: first.purpose)
  }

  package func snapshot(full: Bool) -> any StateSnapshot { state.snapshot(full: full) }

  /// Takes over a block of the timers' state.
  package func restore(_ block: StateBlock) { state.restore(block) }

  /// Sets the restored timers going.
  package func finishRestore() {
    heaps = [Heap(), Heap()]
    for shard in state.shards {
      for (key, entries) in shard {
        for entry in entries {
          guard case .int(let number) = entry.name[0], case .int(let time) = entry.name[1],
            case .int(let purpose) = entry.name[2], let domain = TimerDomain(rawValue: number)
          else { continue }
          heaps[Int(domain.rawValue)].add(Entry(time: time, key: key, purpose: purpose))
        }
      }
    }
  }

  private static func name(_ domain: TimerDomain, _ time: Int64, _ purpose: Int64) -> [StateValue] {
    [.int(domain.rawValue), .int(time), .int(purpose)]
  }

  private func dropCancelled(_ domain: TimerDomain) {
    while let first = heaps[Int(domain.rawValue)].first {
      let name = Self.name(domain, first.time, first.purpose)
      if state.entry(first.key, name, at: .min) != nil { return }
      heaps[Int(domain.rawValue)].removeFirst()
    }
  }
}
