/// Addition, subtraction and multiplication of whole columns.
///
/// A kernel computes blindly and returns whether some row left the range: also a row that is null
/// or does not count, whose values mean nothing. The caller then looks for the rows at fault.
package enum ArithmeticKernels {
  package typealias Ints = UnsafePointer<Int64>
  package typealias Floats = UnsafePointer<Double>

  /// Overflow shows in the sign: a sum has the sign of neither operand.
  package static func add(
    _ a: Ints, _ b: Ints, to out: UnsafeMutablePointer<Int64>, _ rows: RowSet
  ) -> Bool {
    var flag: Int64 = 0
    rows.blind.forEach { row in
      let (x, y) = (a[row], b[row])
      let sum = x &+ y
      out[row] = sum
      flag |= (x ^ sum) & (y ^ sum)
    }
    return flag < 0
  }

  package static func subtract(
    _ a: Ints, _ b: Ints, to out: UnsafeMutablePointer<Int64>, _ rows: RowSet
  ) -> Bool {
    var flag: Int64 = 0
    rows.blind.forEach { row in
      let (x, y) = (a[row], b[row])
      let difference = x &- y
      out[row] = difference
      flag |= (x ^ y) & (x ^ difference)
    }
    return flag < 0
  }

  package static func multiply(
    _ a: Ints, _ b: Ints, to out: UnsafeMutablePointer<Int64>, _ rows: RowSet
  ) -> Bool {
    // No `||`, which would be a branch a row.
    var flag: UInt8 = 0
    rows.blind.forEach { row in
      let (product, over) = a[row].multipliedReportingOverflow(by: b[row])
      out[row] = product
      flag |= byte(over)
    }
    return flag != 0
  }

  /// Division that cuts towards zero. The flag also says that a divisor is zero.
  package static func divide(
    _ a: Ints, _ b: Ints, to out: UnsafeMutablePointer<Int64>, _ rows: RowSet
  ) -> Bool {
    var flag = false
    rows.blind.forEach { row in
      let (x, y) = (a[row], b[row])
      if y == 0 || y == -1 && x == .min {
        flag = true
        out[row] = 0
      } else {
        out[row] = x / y
      }
    }
    return flag
  }

  package static func add(
    _ a: Floats, _ b: Floats, to out: UnsafeMutablePointer<Double>, _ rows: RowSet
  ) { rows.blind.forEach { out[$0] = a[$0] + b[$0] } }

  package static func subtract(
    _ a: Floats, _ b: Floats, to out: UnsafeMutablePointer<Double>, _ rows: RowSet
  ) { rows.blind.forEach { out[$0] = a[$0] - b[$0] } }

  package static func multiply(
    _ a: Floats, _ b: Floats, to out: UnsafeMutablePointer<Double>, _ rows: RowSet
  ) { rows.blind.forEach { out[$0] = a[$0] * b[$0] } }

  /// Returns whether some divisor is zero.
  package static func divide(
    _ a: Floats, _ b: Floats, to out: UnsafeMutablePointer<Double>, _ rows: RowSet
  ) -> Bool {
    var flag: UInt8 = 0
    rows.blind.forEach { row in
      let divisor = b[row]
      out[row] = a[row] / divisor
      flag |= byte(divisor == 0)
    }
    return flag != 0
  }
}

@inline(__always)
func byte(_ value: Bool) -> UInt8 { unsafeBitCast(value, to: UInt8.self) }
