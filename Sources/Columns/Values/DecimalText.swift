/// Exact decimals as text: `-12.50`.
package enum DecimalText {
  /// The unscaled value at `scale`, rounded half up (away from zero) where the text has more
  /// digits; nil where the bytes are no number, or it has more than `precision` digits. Exponents
  /// are understood; nothing goes through a float. O(bytes).
  package static func parse(
    _ bytes: UnsafeBufferPointer<UInt8>, precision: Int = 38, scale: Int
  ) -> Int128? {
    guard let scan = NumberScan(bytes) else { return nil }
    guard scan.digits > 0 else { return 0 }
    // Digits that stay after cutting to the scale.
    let kept = scan.digits + scale - scan.fraction
    guard kept <= precision else { return nil }
    guard kept >= 0 else { return 0 }
    var value: UInt128
    if kept >= scan.digits {
      value = scan.digits <= 18 ? UInt128(scan.small) : scan.leading(scan.digits, bytes)
      value = value &* UInt128(PowersOfTen.power(kept - scan.digits))
    } else {
      value = scan.leading(kept, bytes)
      if scan.digit(kept, bytes) >= 5 { value += 1 }
      guard value < UInt128(PowersOfTen.power(precision)) else { return nil }
    }
    let result = Int128(truncatingIfNeeded: value)
    return scan.isNegative ? 0 &- result : result
  }

  /// Whether the bytes are a number that `scale` holds without rounding.
  package static func isExact(_ bytes: UnsafeBufferPointer<UInt8>, scale: Int) -> Bool {
    guard let scan = NumberScan(bytes) else { return false }
    var extra = scan.fraction - scale
    guard extra > 0, scan.digits > 0 else { return true }
    var place = scan.digits - 1
    while extra > 0, place >= 0 {
      guard scan.digit(place, bytes) == 0 else { return false }
      extra -= 1
      place -= 1
    }
    return true
  }

  /// Writes the value with exactly `scale` digits behind the point.
  package static func write(_ value: Int128, scale: Int, to buffer: ByteBuffer) {
    let target = buffer.reserve(48)
    var at = target
    var magnitude = value.magnitude
    if value < 0 {
      at.pointee = UInt8(ascii: "-")
      at += 1
    }
    // Digits from the last, with zeros up to the one before the point: at most 39 of them.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 48) { digits in
      guard let digit = digits.baseAddress else { return }
      var count = 0
      while magnitude > UInt128(UInt64.max) {
        let (quotient, remainder) = magnitude.quotientAndRemainder(
          dividingBy: 1_000_000_000_000_000_000)
        magnitude = quotient
        var part = UInt64(truncatingIfNeeded: remainder)
        for _ in 0..<18 {
          digit[count] = UInt8(truncatingIfNeeded: part % 10)
          part /= 10
          count += 1
        }
      }
      var rest = UInt64(truncatingIfNeeded: magnitude)
      while rest > 0 {
        digit[count] = UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
        count += 1
      }
      while count <= scale {
        digit[count] = 0
        count += 1
      }
      while count > 0 {
        if count == scale {
          at.pointee = UInt8(ascii: ".")
          at += 1
        }
        count -= 1
        at.pointee = digit[count] &+ UInt8(ascii: "0")
        at += 1
      }
    }
    buffer.commit(at - target)
  }
}
