/// Arithmetic of whole columns of unscaled decimals whose result's type has room for all that the
/// arguments' types allow: nothing overflows and nothing is rounded. What stands in null rows and
/// in rows that do not count may be anything.
package enum DecimalKernels {
  package typealias Decimals = UnsafePointer<Int128>

  /// `scaleA` and `scaleB` bring both to one scale: powers of ten.
  package static func add(
    _ a: Decimals, _ b: Decimals, scaleA: Int128, scaleB: Int128,
    to out: UnsafeMutablePointer<Int128>, _ rows: RowSet
  ) {
    if scaleA == 1, scaleB == 1 { return rows.blind.forEach { out[$0] = a[$0] &+ b[$0] } }
    rows.blind.forEach { out[$0] = a[$0] &* scaleA &+ b[$0] &* scaleB }
  }

  /// `scaleA` and `scaleB` bring both to one scale: powers of ten.
  package static func subtract(
    _ a: Decimals, _ b: Decimals, scaleA: Int128, scaleB: Int128,
    to out: UnsafeMutablePointer<Int128>, _ rows: RowSet
  ) {
    if scaleA == 1, scaleB == 1 { return rows.blind.forEach { out[$0] = a[$0] &- b[$0] } }
    rows.blind.forEach { out[$0] = a[$0] &* scaleA &- b[$0] &* scaleB }
  }

  /// `areWords`: both types' values have 64 bits.
  package static func multiply(
    _ a: Decimals, _ b: Decimals, areWords: Bool, to out: UnsafeMutablePointer<Int128>,
    _ rows: RowSet
  ) {
    guard areWords else { return rows.blind.forEach { out[$0] = a[$0] &* b[$0] } }
    rows.blind.forEach { row in
      let (high, low) = Int64(truncatingIfNeeded: a[row]).multipliedFullWidth(
        by: Int64(truncatingIfNeeded: b[row]))
      out[row] = Int128(high) &<< 64 | Int128(low)
    }
  }
}
