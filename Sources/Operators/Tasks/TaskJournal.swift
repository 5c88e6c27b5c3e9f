import KeyedState
import Schemas

/// What a stage's journal says of tasks: that a call will leave, that it failed and will be made
/// again, that it is in doubt, how its task ended; and until when slow rates let no call go.
enum TaskJournal {
  struct Entry: Hashable, Sendable {
    enum Fact: Hashable, Sendable {
      /// A call, the `attempt`th, may have left at any time from now on.
      case intent
      /// The call failed, and is made again at a time.
      case retry(due: Int64, error: String)
      /// It is in doubt what became of the call, and is asked for at a time; so often it was asked
      /// in vain.
      case doubt(TaskDoubt, questions: UInt8, due: Int64, error: String)
      /// Of no task: a call has taken its share of a rate.
      case pace(RatePace)
      /// The task's outcome, as `TaskOutcome` encodes it: of so many rows that have its key;
      /// `everyRow`: of all that come, for nobody knows it.
      case outcome([UInt8], rows: UInt32)
    }

    var fact: Fact
    /// Of the key that brings tasks to their worker.
    var group: KeyGroup
    var key: String
    var attempt: UInt32
    /// When, in microseconds.
    var time: Int64
  }

  static let everyRow = UInt32.max
  private static let form: UInt8 = 1

  /// The form (1), what it is (1: intent, 2: retry, 3: outcome, 4: doubt, 5: pace), the key group
  /// (2), the attempt (4), the time (8), the key's length (4) and bytes; then of a retry when it is
  /// due (8) and why, of an outcome the number of rows (4) and its bytes, of a doubt its kind (1),
  /// the questions (1), when it is due (8) and why, of a pace what `RatePace` says. Numbers are
  /// little-endian.
  static func encode(_ entry: Entry) -> [UInt8] {
    var bytes = ByteWriter()
    bytes.bytes.reserveCapacity(64 + entry.key.utf8.count)
    bytes.append(form)
    switch entry.fact {
    case .intent: bytes.append(UInt8(1))
    case .retry: bytes.append(UInt8(2))
    case .outcome: bytes.append(UInt8(3))
    case .doubt: bytes.append(UInt8(4))
    case .pace: bytes.append(UInt8(5))
    }
    bytes.append(entry.group.number)
    bytes.append(entry.attempt)
    bytes.append(UInt64(bitPattern: entry.time))
    bytes.append(text: entry.key.utf8)
    switch entry.fact {
    case .intent: break
    case .retry(let due, let error):
      bytes.append(UInt64(bitPattern: due))
      bytes.bytes.append(contentsOf: error.utf8)
    case .outcome(let outcome, let rows):
      bytes.append(rows)
      bytes.bytes.append(contentsOf: outcome)
    case .doubt(let doubt, let questions, let due, let error):
      bytes.append(doubt.rawValue)
      bytes.append(questions)
      bytes.append(UInt64(bitPattern: due))
      bytes.bytes.append(contentsOf: error.utf8)
    case .pace(let pace): pace.write(to: &bytes)
    }
    return bytes.bytes
  }

  /// Entries as a state, in blocks by key group.
  static func blocks(_ entries: [Entry]) -> [StateBlock] {
    var groups: [KeyGroup: [[UInt8]]] = [:]
    for entry in entries { groups[entry.group, default: []].append(encode(entry)) }
    return groups.keys.sorted().map { JournaledEntries.block(groups[$0] ?? [], of: $0) }
  }

  /// nil where the bytes are none that `encode` made.
  static func decode(_ bytes: [UInt8]) -> Entry? {
    var reader = ByteReader(bytes[...])
    guard reader.byte() == form, let kind = reader.byte(), let group = reader.uint16(),
      group < KeyGroup.count, let attempt = reader.uint32(), let time = reader.uint64(),
      let key = reader.text(), let fact = fact(kind, &reader)
    else { return nil }
    return Entry(
      fact: fact, group: KeyGroup(group), key: String(decoding: key, as: UTF8.self),
      attempt: attempt, time: Int64(bitPattern: time))
  }

  private static func fact(_ kind: UInt8, _ reader: inout ByteReader) -> Entry.Fact? {
    switch kind {
    case 1: return reader.isAtEnd ? .intent : nil
    case 2:
      guard let due = reader.uint64() else { return nil }
      let error = String(decoding: reader.remaining(), as: UTF8.self)
      return .retry(due: Int64(bitPattern: due), error: error)
    case 3:
      guard let rows = reader.uint32() else { return nil }
      let outcome = reader.remaining()
      return TaskOutcome(decoding: outcome).map { _ in .outcome(Array(outcome), rows: rows) }
    case 4:
      guard let doubt = reader.byte().flatMap({ TaskDoubt(rawValue: $0) }),
        let questions = reader.byte(), let due = reader.uint64()
      else { return nil }
      let error = String(decoding: reader.remaining(), as: UTF8.self)
      return .doubt(doubt, questions: questions, due: Int64(bitPattern: due), error: error)
    case 5: return RatePace(&reader).map { .pace($0) }
    default: return nil
    }
  }
}

/// What the journal says of tasks that have not come again since a restart: of each key its
/// entries, in order.
struct OrphanedEntries {
  private var entries: [String: [TaskJournal.Entry]] = [:]
  private(set) var count = 0

  var isEmpty: Bool { entries.isEmpty }

  mutating func add(_ entry: TaskJournal.Entry) {
    entries[entry.key, default: []].append(entry)
    count += 1
  }

  /// The entries of the next row of a key: until the first outcome, which may be that of further
  /// rows too.
  mutating func take(_ key: String) -> [TaskJournal.Entry] {
    guard !entries.isEmpty, let all = entries.removeValue(forKey: key) else { return [] }
    count -= all.count
    let end = all.firstIndex { if case .outcome = $0.fact { true } else { false } }
    guard let end, case .outcome(let outcome, let rows) = all[end].fact else { return all }
    var left = Array(all[(end + 1)...])
    if rows > 1 {
      var last = all[end]
      last.fact = .outcome(outcome, rows: rows - 1)
      left.insert(last, at: 0)
    }
    if !left.isEmpty { entries[key] = left }
    count += left.count
    return Array(all[...end])
  }

  /// Forgets keys of which nothing was written since.
  mutating func expire(before time: Int64) {
    for (key, all) in entries where all.allSatisfy({ $0.time < time }) {
      entries[key] = nil
      count -= all.count
    }
  }

  var all: [TaskJournal.Entry] { Array(entries.values.joined()) }
}

/// Outcomes that all rows of a key have, those too that are still to come: nobody knows whether its
/// task was done.
struct UnknownOutcomes {
  private var entries: [String: TaskJournal.Entry] = [:]
  /// Those that came since the last snapshot.
  private var changed: Set<String> = []

  /// What was written of a key since a time.
  func outcome(of key: String, since time: Int64) -> TaskJournal.Entry? {
    guard !entries.isEmpty, let entry = entries[key], entry.time >= time else { return nil }
    return entry
  }

  mutating func add(_ entry: TaskJournal.Entry) {
    entries[entry.key] = entry
    changed.insert(entry.key)
  }

  /// The entries of a snapshot: all that were written since a time, or of those the ones that came
  /// since the last.
  mutating func entries(full: Bool, since time: Int64) -> [TaskJournal.Entry] {
    defer { changed = [] }
    guard full else { return changed.compactMap { entries[$0] } }
    entries = entries.filter { $0.value.time >= time }
    return Array(entries.values)
  }
}
