import Columns
import KeyedState
import Plans
import Schemas

/// Answers of a while ago, so many keys and so many bytes of rows at most: known rows, and keys
/// known to have none.
///
/// Where it is full the next key takes the place of one that was not asked for since the hand came
/// by (CLOCK). Rows stay in the batches in which they came until half of what these hold is
/// nobody's any more; then those that count are gathered, so that memory follows the rows that are
/// kept.
struct LookupCache {
  enum Look {
    case fresh(FoundRow)
    /// To be given, and asked for anew.
    case stale(FoundRow)
  }

  /// Rows of one answer, or gathered ones of several.
  private final class Page {
    let answer: AnswerBatch
    /// Rows that entries hold.
    var live = 0

    init(_ answer: AnswerBatch) { self.answer = answer }

    var bytes: Int { LookupCache.rowBytes * answer.rows.rowCount + answer.textBytes }
  }

  private enum Kept {
    case row(Page, Int)
    case other(FoundRow)

    var found: FoundRow {
      switch self {
      case .row(let page, let row): .row(page.answer, row)
      case .other(let found): found
      }
    }

    /// About.
    var bytes: Int {
      guard case .row(let page, let row) = self else { return 0 }
      return LookupCache.rowBytes + page.answer.textBytes(row)
    }
  }

  private struct Entry {
    var key: LookupKey
    var kept: Kept
    var since: Timestamp
    var wasAsked = false
  }

  /// What a row is taken for, its texts aside.
  private static let rowBytes = 64
  /// Bytes that may be nobody's, however few rows are kept.
  private static let slack = 1 << 20

  private let limit: Int
  private let byteLimit: Int
  private let fresh: Int64
  private let stale: Int64
  private var places: [LookupKey: Int] = [:]
  private var entries: [Entry] = []
  private var hand = 0
  /// Of all pages, and of the rows that entries hold.
  private(set) var heldBytes = 0
  private(set) var liveBytes = 0
  /// Of all keys, those too that have no row.
  private(set) var keyBytes = 0

  /// nil where the policy has none.
  init?(_ policy: LookupPolicy.Cache?) {
    guard let policy, policy.rows > 0 else { return nil }
    limit = policy.rows
    byteLimit = policy.bytes
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
    let found = entries[place].kept.found
    return age < fresh ? .fresh(found) : .stale(found)
  }

  /// What the keys of one answer were answered with. Whoever mends a row that cannot be read need
  /// not wait until that is forgotten.
  mutating func keep(_ found: [FoundRow], for keys: [LookupKey], at now: Timestamp) {
    var page: Page?
    for (key, found) in zip(keys, found) {
      switch found {
      case .unreadable, .failed, .fallback: continue
      case .missing: put(.other(found), for: key, at: now)
      case .row(let answer, let row):
        let own = page ?? Page(answer)
        page = own
        put(hold(row, of: own), for: key, at: now)
      }
    }
    if heldBytes > 2 * liveBytes + Self.slack { gather() }
  }

  private mutating func put(_ kept: Kept, for key: LookupKey, at now: Timestamp) {
    if kept.bytes + key.bytes > byteLimit {
      letGo(kept)
      if let place = places[key] { drop(place) }
      return
    }
    // Before it is there, for nobody has asked for it yet.
    while liveBytes + keyBytes + (places[key] == nil ? key.bytes : 0) > byteLimit,
      !entries.isEmpty
    { drop(next()) }
    let entry = Entry(key: key, kept: kept, since: now)
    if let place = places[key] {
      letGo(entries[place].kept)
      entries[place].kept = kept
      entries[place].since = now
      return
    }
    keyBytes += key.bytes
    guard entries.count >= limit else {
      places[key] = entries.count
      entries.append(entry)
      return
    }
    let place = next()
    forget(entries[place])
    entries[place] = entry
    places[key] = place
    hand += 1
  }

  /// Whose turn it is to go. At most one round, for each step clears a mark.
  private mutating func next() -> Int {
    while true {
      if hand >= entries.count { hand = 0 }
      guard entries[hand].wasAsked else { return hand }
      entries[hand].wasAsked = false
      hand += 1
    }
  }

  private mutating func drop(_ place: Int) {
    forget(entries[place])
    let last = entries.removeLast()
    guard place < entries.count else { return }
    entries[place] = last
    places[last.key] = place
  }

  private mutating func forget(_ entry: Entry) {
    places[entry.key] = nil
    keyBytes -= entry.key.bytes
    letGo(entry.kept)
  }
}

extension LookupKey {
  /// With what an entry needs besides, about.
  fileprivate var bytes: Int {
    switch self {
    case .number: 96
    case .bytes(let bytes): 128 + bytes.count
    }
  }
}

// Pages.
extension LookupCache {
  private mutating func hold(_ row: Int, of page: Page) -> Kept {
    if page.live == 0 { heldBytes += page.bytes }
    page.live += 1
    let kept = Kept.row(page, row)
    liveBytes += kept.bytes
    return kept
  }

  private mutating func letGo(_ kept: Kept) {
    guard case .row(let page, _) = kept else { return }
    page.live -= 1
    liveBytes -= kept.bytes
    if page.live == 0 { heldBytes -= page.bytes }
  }

  /// O(rows kept); since the last time as many were let go.
  private mutating func gather() {
    var order: [ObjectIdentifier] = []
    var owners: [ObjectIdentifier: (page: Page, entries: [Int])] = [:]
    for (place, entry) in entries.enumerated() {
      guard case .row(let page, _) = entry.kept else { continue }
      let id = ObjectIdentifier(page)
      if owners[id] == nil { order.append(id) }
      owners[id, default: (page, [])].entries.append(place)
    }
    (heldBytes, liveBytes) = (0, 0)
    var run: [(rows: Batch, entries: [Int])] = []
    var (rowCount, textBytes) = (0, 0)
    for id in order {
      guard let owner = owners.removeValue(forKey: id) else { continue }
      let rows = owner.entries.compactMap { place -> UInt32? in
        guard case .row(_, let row) = entries[place].kept else { return nil }
        return UInt32(truncatingIfNeeded: row)
      }
      let part = owner.page.answer.rows.gathered(rows: rows)
      if rowCount + rows.count > Batch.rowLimit
        || textBytes + part.textBytes > TextLimit.batchBytes
      {
        join(run)
        (run, rowCount, textBytes) = ([], 0, 0)
      }
      run.append((part, owner.entries))
      rowCount += rows.count
      textBytes += part.textBytes
    }
    join(run)
  }

  private mutating func join(_ run: [(rows: Batch, entries: [Int])]) {
    guard !run.isEmpty else { return }
    let page = Page(AnswerBatch(.concatenated(run.map(\.rows))))
    for (row, place) in run.flatMap(\.entries).enumerated() {
      entries[place].kept = hold(row, of: page)
    }
  }
}
