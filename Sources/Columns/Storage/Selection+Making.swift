extension Selection {
  /// The rows whose byte in `mask` is 1. O(rowCount); runs of eight zeros cost one test.
  package convenience init(mask: UnsafePointer<UInt8>, rowCount: Int) {
    self.init(capacity: rowCount)
    count = compact(mask, rowCount, rows)
  }

  /// The rows of `base` whose byte in `mask` (by row number) is 1.
  package convenience init(mask: UnsafePointer<UInt8>, of base: Selection) {
    self.init(capacity: base.count)
    let from = base.rows
    let to = rows
    var kept = 0
    for k in 0..<base.count {
      let row = from[k]
      to[kept] = row
      kept &+= Int(mask[Int(row)])
    }
    count = kept
  }

  /// These rows, ascending.
  package convenience init(rows list: [Int]) {
    self.init(capacity: list.count)
    for (k, row) in list.enumerated() { rows[k] = UInt32(truncatingIfNeeded: row) }
    count = list.count
  }

  /// These rows, in any order, for what only gathers.
  package convenience init(numbers: [UInt32]) {
    self.init(capacity: max(numbers.count, 1))
    for (k, row) in numbers.enumerated() { rows[k] = row }
    count = numbers.count
  }

  /// Row numbers as an array; for tests and cold paths.
  package var rowNumbers: [Int] { (0..<count).map { Int(rows[$0]) } }
}

/// Writes the numbers of the rows whose mask byte is 1 and returns how many. Eight rows a step;
/// a step without any costs one test. `rows` has room for `rowCount`.
@inline(__always)
func compact(
  _ mask: UnsafePointer<UInt8>, _ rowCount: Int, _ rows: UnsafeMutablePointer<UInt32>
) -> Int {
  var kept = 0
  var row = 0
  let raw = UnsafeRawPointer(mask)
  while row &+ 8 <= rowCount {
    if raw.loadUnaligned(fromByteOffset: row, as: UInt64.self) != 0 {
      for i in row..<(row &+ 8) {
        rows[kept] = UInt32(truncatingIfNeeded: i)
        kept &+= Int(mask[i])
      }
    }
    row &+= 8
  }
  while row < rowCount {
    rows[kept] = UInt32(truncatingIfNeeded: row)
    kept &+= Int(mask[row])
    row &+= 1
  }
  return kept
}
