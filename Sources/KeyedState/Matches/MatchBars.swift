/// What bars the beginning of a match: of each key the time of the last row that may not come
/// before one, of those that are kept no more.
struct MatchBars {
  /// In place of a time.
  static let none = Int64.min

  /// The steps that bar, as bits; 0: nothing does.
  let steps: UInt32
  /// Microseconds for which they do.
  let span: Int64
  private(set) var times = Cells<Int64>(Self.none)

  init(_ steps: UInt32, span: Int64?) {
    self.steps = steps
    self.span = span ?? .max
  }

  var isEmpty: Bool { steps == 0 }

  mutating func grow(to keys: Int) { times.grow(to: keys) }

  subscript(key: UInt32) -> Int64 {
    get { times[key] }
    nonmutating set { times.set(key, newValue) }
  }

  /// Until when the key's rows are barred; nil: they are not.
  func end(_ key: UInt32) -> Int64? {
    if isEmpty || times[key] == Self.none { return nil }
    return KeptDeadline.time(times[key], span)
  }

  /// Takes note of a row that comes, the last of those of an attempt.
  func note(_ row: inout MatchAttempt.Row, _ attempt: inout MatchAttempt, _ key: UInt32) {
    guard !isEmpty else { return }
    let last = max(attempt.lastBar, times[key])
    row.isBarred = last != Self.none && row.time <= KeptDeadline.time(last, span)
    if row.met & steps != 0 { attempt.lastBar = row.time }
  }

  /// Takes note of a row that is kept no more.
  func letGo(_ row: MatchAttempt.Row, _ key: UInt32) {
    if row.met & steps != 0 { times.set(key, row.time) }
  }

  /// Moves what is known of these keys to the numbers from 0 on.
  mutating func renumber(_ kept: [UInt32]) {
    let moved = Cells<Int64>(Self.none)
    moved.grow(to: kept.count)
    for (key, old) in kept.enumerated() {
      moved.set(UInt32(truncatingIfNeeded: key), times[old])
    }
    times = moved
  }
}
