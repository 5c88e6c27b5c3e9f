import Columns
import Schemas

/// Rows of many runs, one for each result, or none.
struct PickedRows {
  private static let none = UInt32.max

  private var runs: [JoinRun] = []
  private var runOf: [UInt32] = []
  private var rowOf: [UInt32] = []
  private var hasNone = false
  private var last: (pane: JoinPane, run: JoinRun)?

  /// `batch` numbers the batches of results.
  mutating func add(_ pane: JoinPane, _ row: UInt32, _ batch: Int) {
    let run: JoinRun
    if let last, last.pane === pane, row >= last.run.start, row < last.run.end {
      run = last.run
    } else {
      run = pane.runs.run(of: row)
      last = (pane, run)
      if run.pick.batch != batch + 1 {
        run.pick = (batch + 1, UInt32(truncatingIfNeeded: runs.count))
        runs.append(run)
      }
    }
    runOf.append(run.pick.place)
    rowOf.append(row &- run.start)
  }

  mutating func addNone() {
    runOf.append(Self.none)
    rowOf.append(0)
    hasNone = true
  }

  mutating func clear() {
    runs.removeAll(keepingCapacity: true)
    runOf.removeAll(keepingCapacity: true)
    rowOf.removeAll(keepingCapacity: true)
    (hasNone, last) = (false, nil)
  }

  subscript(k: Int) -> (rows: Batch, row: Int)? {
    runOf[k] == Self.none ? nil : (runs[Int(runOf[k])].rows, Int(rowOf[k]))
  }

  var hasTags: Bool { runs.contains { $0.rows.hidden.lanes != nil } }

  func tag(_ k: Int) -> (lane: Int64, place: Int64) {
    guard let (rows, row) = self[k] else { return (0, 0) }
    return (rows.hidden.lanes?.ints[row] ?? 0, rows.hidden.places?.ints[row] ?? 0)
  }

  /// The values of a column, null where there is no row.
  func column(_ type: DataType, _ of: (Batch) -> Column) -> Column {
    let parts = runs.map { of($0.rows) }
    let withValidity = hasNone || parts.contains(where: \.hasNulls)
    let result: Column
    if let dictionary = parts.first?.dictionary,
      parts.allSatisfy({ $0.dictionary === dictionary })
    {
      result = Column(dictionary: dictionary, rowCount: runOf.count, withValidity: withValidity)
      fill(result.codes, parts.map { UnsafePointer($0.codes) }, empty: 0)
    } else if type.isText || parts.contains(where: \.isDictionary) {
      return copied(type, parts)
    } else {
      result = Column(fixed: type, rowCount: runOf.count, withValidity: withValidity)
      switch type.width {
      case 1: fill(result.bools, parts.map { UnsafePointer($0.bools) }, empty: 0)
      case 16: fill(result.decimals, parts.map { UnsafePointer($0.decimals) }, empty: 0)
      default: fill(result.ints, parts.map { UnsafePointer($0.ints) }, empty: 0)
      }
    }
    if let validity = result.validity { fillValidity(validity, parts) }
    return result
  }

  @inline(__always)
  private func fill<Value: BitwiseCopyable>(
    _ target: UnsafeMutablePointer<Value>, _ parts: [UnsafePointer<Value>], empty: Value
  ) {
    for k in 0..<runOf.count {
      let part = runOf[k]
      target[k] = part == Self.none ? empty : parts[Int(part)][Int(rowOf[k])]
    }
  }

  private func fillValidity(_ target: UnsafeMutablePointer<UInt8>, _ parts: [Column]) {
    for k in 0..<runOf.count {
      let part = runOf[k]
      let isValid = part != Self.none && parts[Int(part)].isValid(Int(rowOf[k]))
      target[k] = isValid ? 1 : 0
    }
  }

  /// Texts, those of dictionaries too.
  private func copied(_ type: DataType, _ parts: [Column]) -> Column {
    let builder = ColumnBuilder(type, capacity: max(runOf.count, 1))
    for k in 0..<runOf.count {
      if runOf[k] == Self.none {
        builder.appendNull()
      } else {
        builder.append(from: parts[Int(runOf[k])], row: Int(rowOf[k]))
      }
    }
    return builder.finish()
  }
}
