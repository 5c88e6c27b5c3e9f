/// Three-valued logic on byte masks. A value is a byte 0 or 1 and a validity byte; `validity` nil
/// means that no row is null. The value under a null may be anything of 0 and 1.
package enum LogicKernels {
  package typealias Bytes = UnsafePointer<UInt8>
  package typealias Target = UnsafeMutablePointer<UInt8>

  /// 1 where all are 1: the validity of what is null if one operand is.
  package static func intersect(_ a: Bytes, _ b: Bytes, to out: Target, rowCount: Int) {
    for row in 0..<rowCount { out[row] = a[row] & b[row] }
  }

  package static func invert(_ a: Bytes, to out: Target, rowCount: Int) {
    for row in 0..<rowCount { out[row] = a[row] ^ 1 }
  }

  /// | and   | true  | false | null  |
  /// | true  | true  | false | null  |
  /// | false | false | false | false |
  /// | null  | null  | false | null  |
  package static func and(
    _ a: Bytes, valid x: Bytes?, _ b: Bytes, valid y: Bytes?, to out: Target, valid: Target?,
    _ rows: RowSet
  ) {
    combine(a, x, b, y, out, valid, rows, deciding: 0)
  }

  /// | or    | true | false | null |
  /// | true  | true | true  | true |
  /// | false | true | false | null |
  /// | null  | true | null  | null |
  package static func or(
    _ a: Bytes, valid x: Bytes?, _ b: Bytes, valid y: Bytes?, to out: Target, valid: Target?,
    _ rows: RowSet
  ) {
    combine(a, x, b, y, out, valid, rows, deciding: 1)
  }

  /// A known `deciding` value on either side decides; else null if one is null, else the other
  /// value. `out` and `valid` may be `a` and `x`.
  @inline(__always)
  private static func combine(
    _ a: Bytes, _ x: Bytes?, _ b: Bytes, _ y: Bytes?, _ out: Target, _ valid: Target?,
    _ rows: RowSet, deciding: UInt8
  ) {
    let flip = deciding ^ 1
    guard let valid else {
      // No nulls: with `flip` 1 the product, else the sum, of the two.
      if flip == 1 {
        rows.forEach { out[$0] = a[$0] & b[$0] }
      } else {
        rows.forEach { out[$0] = a[$0] | b[$0] }
      }
      return
    }
    rows.forEach { row in
      let xv = x.map { $0[row] } ?? 1
      let yv = y.map { $0[row] } ?? 1
      // 1 where the side is known to have the deciding value.
      let decided = (a[row] ^ flip) & xv | (b[row] ^ flip) & yv
      out[row] = decided & deciding | (decided ^ 1) & flip
      valid[row] = decided | xv & yv
    }
  }

  /// The mask of the rows that are true: 1 where the value is 1 and not null.
  package static func isTrue(_ a: Bytes, valid: Bytes?, to out: Target, rowCount: Int) {
    guard let valid else { return out.update(from: a, count: rowCount) }
    for row in 0..<rowCount { out[row] = a[row] & valid[row] }
  }
}
