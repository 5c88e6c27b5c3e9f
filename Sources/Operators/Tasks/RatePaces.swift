import KeyedState
import Schemas

/// How far the bucket of a slow rate is used up: a restart must not give it a call that a moment
/// before was not due. Or until when a server wants to be left alone.
struct RatePace: Hashable, Sendable {
  /// In place of a rate: the server said when its next call is due.
  static let ofServer = UInt8.max

  /// Which of the task's rates it is, and of how long a period, by which one that was changed since
  /// is told; of a server for how long it wanted to be left alone.
  var limit: UInt8
  var period: Int64
  /// Whose bucket it is, where values have their own.
  var value: LookupKey?
  /// As `CallRate` counts.
  var next: Int64

  /// The limit (1), the period (8), when the next call is due (8), and what the value is (0: null
  /// or none, 1: a number, 2: bytes) with its 8 bytes or all that are left.
  func write(to bytes: inout ByteWriter) {
    bytes.append(limit)
    bytes.append(UInt64(bitPattern: period))
    bytes.append(UInt64(bitPattern: next))
    switch value {
    case nil: bytes.append(UInt8(0))
    case .number(let number):
      bytes.append(UInt8(1))
      bytes.append(UInt64(bitPattern: number))
    case .bytes(let text):
      bytes.append(UInt8(2))
      bytes.bytes.append(contentsOf: text)
    }
  }

  init(limit: UInt8, period: Int64, value: LookupKey?, next: Int64) {
    self.limit = limit
    self.period = period
    self.value = value
    self.next = next
  }

  init?(_ reader: inout ByteReader) {
    guard let limit = reader.byte(), let period = reader.uint64(), let next = reader.uint64(),
      let kind = reader.byte()
    else { return nil }
    self.init(
      limit: limit, period: Int64(bitPattern: period), value: nil, next: Int64(bitPattern: next))
    switch kind {
    case 0: break
    case 1:
      guard let number = reader.uint64() else { return nil }
      value = .number(Int64(bitPattern: number))
    case 2: value = .bytes(Array(reader.remaining()))
    default: return nil
    }
    guard reader.isAtEnd else { return nil }
  }
}

/// What one worker has to say of slow rates: what it took of them, in its journal, and as a state
/// what of that still matters. Of a bucket from which several workers take the greatest counts.
struct RatePaces {
  private struct Bucket: Hashable {
    var limit: UInt8
    /// 0 of a server.
    var period: Int64
    var value: LookupKey?
  }

  private var known: [Bucket: TaskJournal.Entry] = [:]
  private var changed: Set<Bucket> = []

  /// `entry` is one of a pace. Those of several workers come in any order: the greatest counts.
  mutating func note(_ entry: TaskJournal.Entry) {
    guard case .pace(let pace) = entry.fact else { return }
    let bucket = Bucket(
      limit: pace.limit, period: pace.limit == RatePace.ofServer ? 0 : pace.period,
      value: pace.value)
    if case .pace(let old)? = known[bucket]?.fact, old.next >= pace.next { return }
    known[bucket] = entry
    changed.insert(bucket)
  }

  /// The entries of a snapshot: all that matter, or of those the ones that came since the last.
  mutating func entries(full: Bool, at now: Timestamp) -> [TaskJournal.Entry] {
    defer { changed = [] }
    guard full else { return changed.compactMap { known[$0] } }
    // All are looked at, of which there may be one for each of a million values.
    known = known.filter { _, entry in
      guard case .pace(let pace) = entry.fact else { return false }
      return !CallRate.isPast(pace.next, at: now)
    }
    return Array(known.values)
  }
}
