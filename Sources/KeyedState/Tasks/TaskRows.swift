import Columns
import Schemas

/// The rows of tasks in pieces of columns. Small pieces become one, and a piece of which most rows
/// are gone moves to others: so a row takes little more than its values, and is moved a few times.
struct TaskRows {
  struct Piece {
    /// Without selection.
    let rows: Batch
    /// By row; `max` where it is gone.
    var tasks: [UInt32]
    var left: Int
    let byteCount: Int
  }

  /// Where a task's row lies now.
  typealias Moved = (_ task: UInt32, _ piece: UInt32, _ row: UInt16) -> Void

  private(set) var pieces: [Piece?] = []
  private var free: [UInt32] = []
  /// Pieces that others may be joined to, the greater first.
  private var small: [UInt32] = []
  /// Of the values of all pieces.
  private(set) var byteCount = 0

  /// A piece of fewer rows goes only as a whole.
  private static let leastSparse = 16
  /// A piece of more rows is not copied again to be joined.
  private static let mostJoined = Batch.rowLimit / 2

  /// Takes rows without selection, at most a batch's.
  mutating func add(_ rows: Batch, _ tasks: [UInt32], moved: Moved) {
    var (rows, tasks) = (rows, tasks)
    while let last = small.last, let piece = pieces[Int(last)],
      piece.rows.rowCount <= rows.rowCount,
      piece.left + rows.rowCount <= Batch.rowLimit,
      piece.rows.textBytes + rows.textBytes <= TextLimit.batchBytes
    {
      let (kept, keptTasks) = Self.left(of: piece)
      remove(last)
      rows = kept.rowCount > 0 ? .concatenated([kept, rows]) : rows
      tasks = keptTasks + tasks
    }
    let piece = Piece(
      rows: rows, tasks: tasks, left: tasks.count, byteCount: Self.bytes(of: rows))
    byteCount += piece.byteCount
    let number = place(piece)
    if rows.rowCount < Self.mostJoined { small.append(number) }
    for (row, task) in tasks.enumerated() { moved(task, number, UInt16(truncatingIfNeeded: row)) }
  }

  /// Lets go of a row.
  mutating func remove(_ piece: UInt32, _ row: UInt16, moved: Moved) {
    let at = Int(piece)
    pieces[at]?.tasks[Int(row)] = .max
    pieces[at]?.left -= 1
    guard let now = pieces[at] else { return }
    if now.left == 0 {
      remove(piece)
    } else if now.rows.rowCount >= Self.leastSparse, now.left * 4 <= now.rows.rowCount {
      remove(piece)
      let (kept, tasks) = Self.left(of: now)
      add(kept, tasks, moved: moved)
    }
  }

  private static func left(of piece: Piece) -> (rows: Batch, tasks: [UInt32]) {
    guard piece.left < piece.rows.rowCount else { return (piece.rows, piece.tasks) }
    let rows = piece.tasks.indices.filter { piece.tasks[$0] != .max }
    return (
      piece.rows.gathered(rows: rows.map { UInt32(truncatingIfNeeded: $0) }),
      rows.map { piece.tasks[$0] }
    )
  }

  private mutating func place(_ piece: Piece) -> UInt32 {
    if let number = free.popLast() {
      pieces[Int(number)] = piece
      return number
    }
    pieces.append(piece)
    return UInt32(truncatingIfNeeded: pieces.count - 1)
  }

  private mutating func remove(_ piece: UInt32) {
    byteCount -= pieces[Int(piece)]?.byteCount ?? 0
    if pieces[Int(piece)].map({ $0.rows.rowCount < Self.mostJoined }) ?? false,
      let place = small.lastIndex(of: piece)
    {
      small.remove(at: place)
    }
    pieces[Int(piece)] = nil
    free.append(piece)
  }

  private static func bytes(of rows: Batch) -> Int {
    let hidden = [rows.hidden.lanes, rows.hidden.places].compactMap(\.self).count * 8
    let fixed = rows.columns.reduce(hidden) { $0 + ($1.type.isText ? 4 : $1.type.width) }
    return fixed * rows.rowCount + rows.textBytes
  }
}
