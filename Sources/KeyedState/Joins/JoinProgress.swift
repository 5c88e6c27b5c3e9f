import Columns
import Schemas

/// How far a join has come with the rows of its key groups.
///
/// Each worker writes it of its own key groups in every snapshot, so the last one counts.
struct JoinProgress {
  static let name = "progress"

  static let declaration = StateDeclaration(
    name: name, kind: .replicated,
    schema: Schema([
      Field("first_group", .int), Field("last_group", .int), Field("watermark", .timestamp),
      Field("probed_before", .int),
    ]), keyColumns: 0)

  /// Rows that end before it are out.
  var watermark = Timestamp.beginning
  /// Rows before this number have found all that had come before them.
  var probedBefore: Int64 = 0

  func block(of keyGroups: Range<Int>) -> StateBlock {
    let values: [(DataType, Int64)] = [
      (.int, Int64(keyGroups.lowerBound)), (.int, Int64(keyGroups.upperBound - 1)),
      (.timestamp, watermark.microseconds), (.int, probedBefore),
    ]
    return StateBlock(
      state: Self.name, scope: .whole,
      rows: Batch(
        schema: Self.declaration.schema,
        columns: values.map { .repeating($1, $0, rowCount: 1) }, rowCount: 1))
  }
}

/// How far key groups have come, as a restore brings it.
struct RestoredProgress {
  private var groups = Array(repeating: JoinProgress(), count: KeyGroup.count)

  subscript(group: Int) -> JoinProgress { groups[group] }

  /// Takes over a block if it is one of these.
  mutating func add(_ block: StateBlock) -> Bool {
    guard block.state == JoinProgress.name else { return false }
    let rows = block.rows.gathered()
    for row in 0..<rows.rowCount {
      let (first, last) = (rows.columns[0].ints[row], rows.columns[1].ints[row])
      guard first >= 0, first <= last, last < Int64(KeyGroup.count) else { continue }
      let progress = JoinProgress(
        watermark: Timestamp(microseconds: rows.columns[2].ints[row]),
        probedBefore: rows.columns[3].ints[row])
      for group in Int(first)...Int(last) { groups[group] = progress }
    }
    return true
  }

  /// What all of these have come to.
  func watermark(of keyGroups: Range<Int>) -> Timestamp {
    groups[keyGroups].map(\.watermark).min() ?? .beginning
  }
}

/// Rows of several blocks that a restore gives anew, in the order in which they came.
struct RestoredRows {
  private struct Row {
    var mark: Int64
    var serial: Int64
    var part: Int
    var row: UInt32
  }

  private var rows: [Row] = []

  /// `mark`: the watermark at which it came, where that counts.
  mutating func add(serial: Int64, part: Int, row: UInt32, mark: Int64 = .min) {
    rows.append(Row(mark: mark, serial: serial, part: part, row: row))
  }

  /// Those of one block and one watermark that came behind each other, a batch's at most.
  /// O(rows × log rows).
  func stretches() -> [(part: Int, mark: Int64, rows: [UInt32])] {
    var stretches: [(part: Int, mark: Int64, rows: [UInt32])] = []
    var rest = rows.sorted { ($0.mark, $0.serial) < ($1.mark, $1.serial) }[...]
    while let first = rest.first {
      let stretch = rest.prefix { $0.part == first.part && $0.mark == first.mark }
        .prefix(Batch.rowLimit)
      stretches.append((first.part, first.mark, stretch.map(\.row)))
      rest = rest.dropFirst(stretch.count)
    }
    return stretches
  }
}
