import Columns
import Schemas

/// A node of a bound expression: computes a column for a batch.
///
/// An evaluator belongs to one expression on one thread and may keep scratch between batches. The
/// column it returns has a row for each row of the batch; only those that were asked for mean
/// anything. A row that failed is null and stands in the frame's failures.
class Evaluator {
  let type: DataType

  init(_ type: DataType) { self.type = type }

  func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    preconditionFailure("every kind of node evaluates")
  }

  /// Of a `bool` node: the rows that are true. Same cost as `evaluate` unless a node does better.
  func select(_ frame: Frame, _ selection: Selection?) -> Selection {
    let column = evaluate(frame, selection)
    return withExtendedLifetime(column) { Truth.select(column, frame, selection) }
  }

  /// The value that all rows have; nil where it depends on the row.
  var constant: Constant? { nil }

  /// Whether no row can fail, whatever it holds.
  var isInfallible: Bool { false }

  /// About how many nanoseconds a row costs, to put cheap predicates first.
  var cost: Int { 1 }
}

/// What an evaluation reads and reports: one for each batch.
final class Frame {
  let columns: [Column]
  let rowCount: Int
  let eventTimes: Column?
  private(set) var failures: [RowFailure] = []
  /// By slot: what parts that stand in the expressions several times came to.
  private var shared: [(column: Column, selection: Selection?)?] = []

  init(columns: [Column], rowCount: Int, eventTimes: Column? = nil) {
    self.columns = columns
    self.rowCount = rowCount
    self.eventTimes = eventTimes
  }

  func shared(_ slot: Int) -> (column: Column, selection: Selection?)? {
    slot < shared.count ? shared[slot] : nil
  }

  func share(_ slot: Int, _ column: Column, _ selection: Selection?) {
    while shared.count <= slot { shared.append(nil) }
    shared[slot] = (column, selection)
  }

  /// The failures since the last call, by row.
  func takeFailures() -> [RowFailure] {
    if failures.isEmpty { return [] }
    defer { failures.removeAll() }
    return failuresByRow
  }

  /// Says that a row has no value. Cold.
  @inline(never)
  func fail(_ row: Int, _ reason: FailureReason) {
    failures.append(RowFailure(row: row, reason: reason))
  }

  /// The first failure of each row, in order of rows.
  var failuresByRow: [RowFailure] {
    if failures.isEmpty { return [] }
    var first: [Int: RowFailure] = [:]
    for failure in failures where first[failure.row] == nil { first[failure.row] = failure }
    return first.values.sorted { $0.row < $1.row }
  }
}

/// The rows of a `bool` column that are true.
enum Truth {
  static func select(_ column: Column, _ frame: Frame, _ selection: Selection?) -> Selection {
    let rowCount = frame.rowCount
    guard let validity = column.validity else {
      return make(column.bools, rowCount, selection)
    }
    let mask = Memory.allocate(rowCount)
    defer { mask.free() }
    let bytes = mask.base.assumingMemoryBound(to: UInt8.self)
    LogicKernels.isTrue(column.bools, valid: validity, to: bytes, rowCount: rowCount)
    return make(bytes, rowCount, selection)
  }

  private static func make(
    _ mask: UnsafePointer<UInt8>, _ rowCount: Int, _ selection: Selection?
  ) -> Selection {
    guard let selection else { return Selection(mask: mask, rowCount: rowCount) }
    return Selection(mask: mask, of: selection)
  }
}

extension RowSet {
  /// A loop over the rows, inlined into its kernel.
  @inline(__always)
  func eachRow(_ body: (Int) -> Void) {
    if let selection {
      let rows = selection.rows
      for k in 0..<selection.count { body(Int(rows[k])) }
    } else {
      for row in 0..<rowCount { body(row) }
    }
  }
}
