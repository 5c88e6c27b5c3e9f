import KeyedState
import Plans
import Schemas

/// Answers of a while ago, so many keys at most: known rows, and keys known to have none.
///
/// Where it is full the next key takes the place of one that was not asked for since the hand came
/// by (CLOCK). An entry keeps the batch of its answer alive.
struct LookupCache {
  enum Look {
    case fresh(FoundRow)
    /// To be given, and asked for anew.
    case stale(FoundRow)
  }

  private struct Entry {
    var key: LookupKey
    var found: FoundRow
    var since: Timestamp
    var wasAsked = false
  }

  private let limit: Int
  private let fresh: Int64
  private let stale: Int64
  private var places: [LookupKey: Int] = [:]
  private var entries: [Entry] = []
  private var hand = 0

  /// nil where the policy has none.
  init?(_ policy: LookupPolicy.Cache?) {
    guard let policy, policy.rows > 0 else { return nil }
    limit = policy.rows
    fresh = policy.fresh
    stale = policy.stale
  }

  var count: Int { entries.count }

  mutating func look(for key: LookupKey, at now: Timestamp) -> Look? {
    guard let place = places[key] else { return nil }
    let age = now.microseconds &- entries[place].since.microseconds
    // A clock that was put back makes an entry no younger.
    guard age >= 0, age < fresh || age - fresh < stale else { return nil }
    entries[place].wasAsked = true
    return age < fresh ? .fresh(entries[place].found) : .stale(entries[place].found)
  }

  mutating func keep(_ found: FoundRow, for key: LookupKey, at now: Timestamp) {
    if let place = places[key] {
      entries[place].found = found
      entries[place].since = now
      return
    }
    let entry = Entry(key: key, found: found, since: now)
    guard entries.count >= limit else {
      places[key] = entries.count
      entries.append(entry)
      return
    }
    // At most one round, for each step clears a mark.
    while entries[hand].wasAsked {
      entries[hand].wasAsked = false
      hand = (hand + 1) % limit
    }
    places[entries[hand].key] = nil
    entries[hand] = entry
    places[key] = hand
    hand = (hand + 1) % limit
  }
}
