import Columns
import Schemas

/// Rows that are kept for a while, as they came, numbered in the order in which they came.
///
/// They lie in batches, and small neighbours become one, so a row is copied a few times whatever
/// its columns are. Rows that were let go stay where they are until they are many: then the others
/// move together and get new numbers (`tidy`).
struct RowShelf {
  /// So many rows that were let go may lie about, whatever else is there.
  static let roomyRows = 4096

  struct Run {
    /// The number of its first row.
    var start: Int
    /// Without selection.
    var rows: Batch
  }

  private(set) var runs: [Run] = []
  /// Rows so far.
  private(set) var count = 0
  /// Bytes of their texts.
  private(set) var textBytes = 0
  /// By number: whether the row was not let go.
  private var isKept: [Bool] = []
  private(set) var keptCount = 0
  /// Rows that the last snapshot may have held.
  private var snapshotCount = 0

  /// Takes rows without selection; the number of the first. Amortised O(rows × log rows).
  mutating func add(_ rows: Batch) -> Int {
    let first = count
    guard rows.rowCount > 0 else { return first }
    count += rows.rowCount
    keptCount += rows.rowCount
    isKept += repeatElement(true, count: rows.rowCount)
    textBytes += rows.textBytes
    var run = Run(start: first, rows: rows)
    while let last = runs.last, last.rows.rowCount <= run.rows.rowCount,
      last.rows.rowCount + run.rows.rowCount <= Batch.rowLimit,
      last.rows.textBytes + run.rows.textBytes <= TextLimit.batchBytes
    {
      runs.removeLast()
      run = Run(start: last.start, rows: .concatenated([last.rows, run.rows]))
    }
    runs.append(run)
    return first
  }

  mutating func letGo(_ number: UInt32) {
    guard isKept[Int(number)] else { return }
    isKept[Int(number)] = false
    keptCount -= 1
  }

  /// Rows that have other numbers.
  struct Move {
    /// Those that were not let go, by their former numbers, in order.
    var kept: [UInt32]
    /// By former number: the new one; `max` of those that are gone.
    var numbers: [UInt32]
  }

  /// Moves rows together where most were let go; nil where nothing moves. O(rows).
  mutating func tidy() -> Move? {
    let roomy = textBytes > TextLimit.batchBytes ? 0 : Self.roomyRows
    guard count > 2 * keptCount + roomy else { return nil }
    let kept = keptNumbers(from: 0)
    var numbers = Array(repeating: UInt32.max, count: count)
    for (place, number) in kept.enumerated() {
      numbers[Int(number)] = UInt32(truncatingIfNeeded: place)
    }
    let known = kept.prefix { Int($0) < snapshotCount }.count
    self = keeping(kept)
    snapshotCount = known
    return Move(kept: kept, numbers: numbers)
  }

  /// All rows that were not let go, or those of them that the last one did not hold. O(rows).
  mutating func snapshot(full: Bool) -> [OrderedSnapshot.Share] {
    let numbers = keptNumbers(from: full ? 0 : snapshotCount)
    snapshotCount = count
    return shares(numbers)
  }

  private func keptNumbers(from start: Int) -> [UInt32] {
    (UInt32(truncatingIfNeeded: start)..<UInt32(truncatingIfNeeded: count)).filter {
      isKept[Int($0)]
    }
  }

  /// So many of these rows, at most `limit`, as make a batch: until their texts do.
  func bound(_ numbers: ArraySlice<UInt32>, limit: Int) -> Int {
    let most = min(limit, numbers.count)
    guard textBytes > TextLimit.batchBytes else { return most }
    var bytes = 0
    for (place, number) in numbers.prefix(most).enumerated() {
      let run = runs[self.run(of: number)]
      let row = Int(number) - run.start
      for column in run.rows.columns where column.type.isText && column.isValid(row) {
        bytes += column.text(row).count
      }
      if bytes >= TextLimit.batchBytes { return place + 1 }
    }
    return most
  }

  /// A batch of these rows, in that order; there must be one. O(rows × log runs).
  func gathered(_ numbers: ArraySlice<UInt32>) -> Batch {
    var parts: [(run: Int, rows: [UInt32])] = []
    var partOfRun: [Int: Int] = [:]
    var picks: [(part: Int, place: Int)] = []
    picks.reserveCapacity(numbers.count)
    var part = 0
    for number in numbers {
      if parts.isEmpty || !contains(parts[part].run, number) {
        let run = run(of: number)
        part = partOfRun[run] ?? parts.count
        if part == parts.count {
          partOfRun[run] = part
          parts.append((run, []))
        }
      }
      picks.append((part, parts[part].rows.count))
      parts[part].rows.append(number - UInt32(truncatingIfNeeded: runs[parts[part].run].start))
    }
    let gathered = parts.map { runs[$0.run].rows.gathered(rows: $0.rows) }
    guard gathered.count > 1 else { return gathered[0] }
    var starts: [Int] = []
    var start = 0
    for part in gathered {
      starts.append(start)
      start += part.rowCount
    }
    let order = picks.map { UInt32(truncatingIfNeeded: starts[$0.part] + $0.place) }
    return Batch.concatenated(gathered).gathered(rows: order)
  }

  /// In place of a number: no row.
  static let none = UInt32.max

  /// Where a row lies. O(log runs).
  func place(of number: UInt32) -> (rows: Batch, row: Int) {
    let run = runs[run(of: number)]
    return (run.rows, Int(number) - run.start)
  }

  /// Where rows lie: the batches that have some of them, and each row's place there.
  /// O(rows × log runs).
  func places(of numbers: [UInt32]) -> (batches: [Batch], places: [PartPlace]) {
    var parts: [Int] = []
    var partOfRun: [Int: Int] = [:]
    var places: [PartPlace] = []
    places.reserveCapacity(numbers.count)
    var part = 0
    for number in numbers {
      guard number != Self.none else {
        places.append(PartPlace(part: ColumnParts.none, number: 0))
        continue
      }
      if parts.isEmpty || !contains(parts[part], number) {
        let run = run(of: number)
        part = partOfRun[run] ?? parts.count
        if part == parts.count {
          partOfRun[run] = part
          parts.append(run)
        }
      }
      let start = UInt32(truncatingIfNeeded: runs[parts[part]].start)
      places.append(PartPlace(part: UInt32(truncatingIfNeeded: part), number: number - start))
    }
    return (parts.map { runs[$0].rows }, places)
  }

  /// Another shelf with only these rows; `numbers` ascend.
  private func keeping(_ numbers: [UInt32]) -> RowShelf {
    var kept = RowShelf()
    var rest = numbers[...]
    while !rest.isEmpty {
      let part = rest.prefix(bound(rest, limit: Batch.rowLimit))
      rest = rest[part.endIndex...]
      _ = kept.add(gathered(part))
    }
    return kept
  }

  /// These rows as a snapshot takes them; `numbers` ascend. O(rows).
  private func shares(_ numbers: [UInt32]) -> [OrderedSnapshot.Share] {
    var shares: [OrderedSnapshot.Share] = []
    var rest = numbers[...]
    while let first = rest.first {
      let run = run(of: first)
      let part = rest.prefix { contains(run, $0) }
      rest = rest[part.endIndex...]
      let start = UInt32(truncatingIfNeeded: runs[run].start)
      shares.append(OrderedSnapshot.Share(rows: runs[run].rows, left: part.map { $0 - start }[...]))
    }
    return shares
  }

  private func contains(_ run: Int, _ number: UInt32) -> Bool {
    let place = Int(number) - runs[run].start
    return place >= 0 && place < runs[run].rows.rowCount
  }

  private func run(of number: UInt32) -> Int {
    var (low, high) = (0, runs.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if runs[middle].start <= Int(number) { low = middle } else { high = middle }
    }
    return low
  }
}
