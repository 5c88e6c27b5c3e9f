import Glibc

/// The six comparisons.
package enum Comparison: Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

  /// The comparison that gives the same with its sides exchanged.
  package var mirrored: Comparison {
    switch self {
    case .equal, .notEqual: self
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }

  /// Whether it holds of an order: negative, zero or positive.
  @inline(__always)
  package func holds(_ order: Int32) -> Bool {
    switch self {
    case .equal: order == 0
    case .notEqual: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }
}

/// Comparisons of whole columns: 1 or 0 a row.
package enum CompareKernels {
  package typealias Mask = UnsafeMutablePointer<UInt8>

  package static func compare(
    _ a: UnsafePointer<Int64>, _ b: UnsafePointer<Int64>, _ how: Comparison, to out: Mask,
    _ rows: RowSet
  ) { compareValues(a, b, how, out, rows) }

  /// By IEEE 754: nothing holds of NaN but `notEqual`.
  package static func compare(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ how: Comparison, to out: Mask,
    _ rows: RowSet
  ) { compareValues(a, b, how, out, rows) }

  package static func compare(
    _ a: UnsafePointer<Int128>, _ b: UnsafePointer<Int128>, _ how: Comparison, to out: Mask,
    _ rows: RowSet
  ) { compareValues(a, b, how, out, rows) }

  package static func compare(
    _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ how: Comparison, to out: Mask,
    _ rows: RowSet
  ) { compareValues(a, b, how, out, rows) }

  @inline(__always)
  private static func compareValues<T: Comparable & BitwiseCopyable>(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ how: Comparison, _ out: Mask, _ rows: RowSet
  ) {
    let rows = rows.blind
    switch how {
    case .equal: rows.forEach { out[$0] = byte(a[$0] == b[$0]) }
    case .notEqual: rows.forEach { out[$0] = byte(a[$0] != b[$0]) }
    case .less: rows.forEach { out[$0] = byte(a[$0] < b[$0]) }
    case .lessOrEqual: rows.forEach { out[$0] = byte(a[$0] <= b[$0]) }
    case .greater: rows.forEach { out[$0] = byte(a[$0] > b[$0]) }
    case .greaterOrEqual: rows.forEach { out[$0] = byte(a[$0] >= b[$0]) }
    }
  }

  /// Text by its bytes, plain or dictionary.
  package static func compare(
    _ a: TextReader, _ b: TextReader, _ how: Comparison, to out: Mask, _ rows: RowSet
  ) {
    if how == .equal, a.codes == nil, b.codes == nil { return equalPlain(a, b, out, rows) }
    switch how {
    case .equal: rows.forEach { out[$0] = byte(TextOrder.areEqual(a[$0], b[$0])) }
    case .notEqual: rows.forEach { out[$0] = byte(!TextOrder.areEqual(a[$0], b[$0])) }
    default: rows.forEach { out[$0] = byte(how.holds(TextOrder.order(a[$0], b[$0]))) }
    }
  }

  /// Of plain columns. Up to eight bytes are compared as one word: both have slack behind them.
  private static func equalPlain(_ a: TextReader, _ b: TextReader, _ out: Mask, _ rows: RowSet) {
    let (starts, others) = (a.offsets, b.offsets)
    let (x, y) = (a.bytes, b.bytes)
    rows.forEach { row in
      let (start, other) = (Int(starts[row]), Int(others[row]))
      let count = Int(starts[row &+ 1]) &- start
      guard count == Int(others[row &+ 1]) &- other else { return out[row] = 0 }
      if count > 8 {
        out[row] = byte(memcmp(x + start, y + other, count) == 0)
      } else {
        let first = UnsafeRawPointer(x + start).loadUnaligned(as: UInt64.self)
        let second = UnsafeRawPointer(y + other).loadUnaligned(as: UInt64.self)
        // Little-endian; a shift by 64 leaves nothing.
        out[row] = byte((first ^ second) << UInt64(64 &- 8 &* count) == 0)
      }
    }
  }

  /// The rows for whose code `values` holds 1.
  package static func select(
    _ values: UnsafePointer<UInt8>, _ codes: UnsafePointer<UInt32>, _ rows: RowSet
  ) -> Selection {
    let result = Selection(capacity: rows.count)
    let kept = result.rows
    var count = 0
    rows.forEach { row in
      kept[count] = UInt32(truncatingIfNeeded: row)
      count &+= Int(values[Int(codes[row])])
    }
    result.count = count
    return result
  }

  /// Writes `value[codes[row]]`: what was found of a dictionary's entries, for the rows.
  package static func spread(
    _ values: UnsafePointer<UInt8>, _ codes: UnsafePointer<UInt32>, to out: Mask, _ rows: RowSet
  ) { rows.forEach { out[$0] = values[Int(codes[$0])] } }
}
