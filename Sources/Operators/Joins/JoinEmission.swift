import Columns
import KeyedState

/// Puts out what a join makes, as much as there is room for.
struct JoinEmission {
  /// Pieces of work in one call, so that others have their turn.
  private static let stepLimit = 16

  private let work: any JoinWork
  private let rowLimit: Int
  private var outbox = Outbox()
  /// A barrier waits for the row that looks for its matches.
  private var endsRow = false

  init(_ work: any JoinWork, rowLimit: Int) {
    self.work = work
    self.rowLimit = rowLimit
  }

  /// What is to be done waits for nothing but room.
  var hasMore: Bool { work.hasWork && outbox.isEmpty }

  /// Emits one batch, and more as long as there is credit. Done, there may be more to do; `more`
  /// says that a batch is not out, or that the row is not for which a barrier waits. `made` is told
  /// what each piece of work has made.
  mutating func go(_ output: any Output, made: (Batch?) -> Void) -> Progress {
    var mayEmit = true
    var steps = 0
    while true {
      if !outbox.isEmpty {
        guard mayEmit || output.hasCredit else { return .more }
        mayEmit = false
        if outbox.flush(output) == .more { return .more }
        continue
      }
      if endsRow, !work.isWithinRow {
        endsRow = false
        return .done
      }
      guard work.hasWork else { return .done }
      mayEmit = mayEmit || output.hasCredit
      guard mayEmit, steps < Self.stepLimit else { return endsRow ? .more : .done }
      steps += 1
      let rows = endsRow ? work.nextOfRow(limit: rowLimit) : work.next(limit: rowLimit)
      made(rows)
      if let rows { outbox.add(rows, .main, output) }
    }
  }

  /// Waits for the matches of one row at most.
  mutating func barrier(_ output: any Output, made: (Batch?) -> Void) -> Progress {
    endsRow = work.isWithinRow
    return endsRow ? go(output, made: made) : .done
  }
}
