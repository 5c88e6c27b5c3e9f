/// Whole numbers as text: `-42`.
package enum IntegerText {
  /// nil where the bytes are no integer (a point, an exponent, anything else) or out of range.
  package static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return nil }
    let isNegative = base[0] == UInt8(ascii: "-")
    var at = isNegative || base[0] == UInt8(ascii: "+") ? 1 : 0
    guard at < bytes.count else { return nil }
    var value: UInt64 = 0
    // Up to 18 digits can't overflow.
    let safe = min(bytes.count, at + 18)
    while at < safe {
      let digit = base[at] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ UInt64(digit)
      at &+= 1
    }
    while at < bytes.count {
      let digit = base[at] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
      guard !over, !carry else { return nil }
      value = sum
      at &+= 1
    }
    let limit = UInt64(Int64.max) + (isNegative ? 1 : 0)
    guard value <= limit else { return nil }
    return isNegative ? 0 &- Int64(truncatingIfNeeded: value) : Int64(truncatingIfNeeded: value)
  }

  package static func write(_ value: Int64, to buffer: ByteBuffer) {
    let target = buffer.reserve(24)
    var at = target
    if value < 0 {
      at.pointee = UInt8(ascii: "-")
      at += 1
    }
    at += write(value.magnitude, to: at)
    buffer.commit(at - target)
  }

  /// Writes the digits and returns how many; `target` has room for 20.
  static func write(_ value: UInt64, to target: UnsafeMutablePointer<UInt8>) -> Int {
    var count = 1
    var bound: UInt64 = 10
    while count < 20, value >= bound {
      count &+= 1
      let (next, over) = bound.multipliedReportingOverflow(by: 10)
      if over { break }
      bound = next
    }
    var rest = value
    var at = count
    while at > 0 {
      at &-= 1
      target[at] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
      rest /= 10
    }
    return count
  }

  /// Writes exactly `width` digits of a number that has no more.
  @inline(__always)
  static func write(padded value: Int64, width: Int, to target: UnsafeMutablePointer<UInt8>) {
    var rest = UInt64(bitPattern: value)
    var at = width
    while at > 0 {
      at &-= 1
      target[at] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
      rest /= 10
    }
  }
}
