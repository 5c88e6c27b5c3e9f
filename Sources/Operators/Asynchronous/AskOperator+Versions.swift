import Columns
import KeyedState
import Schemas

// Who is asked for a key, and what is known of it there.
extension AskOperator {
  /// Where a key's values stand.
  struct KeyPlace {
    var keys: Batch
    var row: Int

    var alone: KeyPlace {
      KeyPlace(keys: keys.gathered(rows: [UInt32(truncatingIfNeeded: row)]), row: 0)
    }
  }

  /// What is known of a key. If that is old it is asked for anew, and no row waits for the answer.
  func look(
    for key: LookupKey, _ place: KeyPlace, of number: Int, _ now: Timestamp
  ) -> FoundRow? {
    guard let known = versions[number].cache?.look(for: key, at: now) else { return nil }
    switch known {
    case .fresh(let found):
      versions[number].count(known: found)
      return found
    case .stale(let found):
      versions[number].count(known: found)
      if versions[number].waiters[key] == nil {
        ask(for: key, place.alone, of: number, now)
        versions[number].waiters[key] = AskedVersion.Waiting()
      }
      return found
    }
  }

  private func ask(for key: LookupKey, _ place: KeyPlace, of number: Int, _ now: Timestamp) {
    versions[number].calls.want(
      PendingKeys.Entry(key: key, keys: place.keys, row: place.row, since: now))
  }

  /// A row waits for a key's answer.
  func want(
    _ key: LookupKey, _ place: KeyPlace, _ waiter: AskedVersion.Waiter, of number: Int,
    _ now: Timestamp
  ) {
    if versions[number].waiters[key] == nil { ask(for: key, place, of: number, now) }
    versions[number].waiters[key, default: AskedVersion.Waiting()].rows.append(waiter)
    versions[number].count(rows: 1)
  }

  /// A shadow is asked too, as far as it has room.
  func compare(
    _ key: LookupKey, _ place: KeyPlace, by shadow: Int, _ now: Timestamp
  ) {
    guard look(for: key, place, of: shadow, now) == nil else { return }
    if versions[shadow].waiters[key] == nil {
      guard versions[shadow].hasRoom else { return }
      // Nobody counts the bytes of rows that have left.
      ask(for: key, place.alone, of: shadow, now)
    }
    versions[shadow].waiters[key, default: AskedVersion.Waiting()].counted += 1
    versions[shadow].count(rows: 1)
  }
}
