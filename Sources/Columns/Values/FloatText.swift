import Glibc

/// Floats as text: the shortest digits that read back as the same value.
package enum FloatText {
  /// The nearest float to a decimal number; nil where the bytes are none, or where the number is
  /// too large. `NaN`, `Infinity` and `inf` in any case are understood where `special` says so.
  package static func parse(_ bytes: UnsafeBufferPointer<UInt8>, special: Bool = false) -> Double? {
    guard let scan = NumberScan(bytes) else { return special ? parseSpecial(bytes) : nil }
    // Clinger's fast path: both factors are exact, so one rounding happens.
    if scan.digits <= 15, scan.fraction >= -22, scan.fraction <= 22 {
      var value = Double(scan.small)
      if scan.fraction > 0 {
        value /= exactPowers[scan.fraction]
      } else {
        value *= exactPowers[-scan.fraction]
      }
      return scan.isNegative ? -value : value
    }
    return parseSlowly(bytes)
  }

  private static let exactPowers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// The bytes are a number already checked; strtod rounds correctly. The process never sets a
  /// locale, so the point is a point.
  private static func parseSlowly(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    let value = withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) {
      copy -> Double in
      for (i, byte) in bytes.enumerated() { copy[i] = CChar(bitPattern: byte) }
      copy[bytes.count] = 0
      guard let base = copy.baseAddress else { return .nan }
      return strtod(base, nil)
    }
    return value.isFinite ? value : nil
  }

  private static func parseSpecial(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    guard bytes.count <= 9 else { return nil }
    switch String(decoding: bytes, as: UTF8.self).lowercased() {
    case "nan": return .nan
    case "inf", "infinity", "+inf", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    default: return nil
    }
  }

  /// Writes `1.0`, `0.1`, `1e+20`, `NaN`, `Infinity`. Finite values are JSON numbers too.
  package static func write(_ value: Double, to buffer: ByteBuffer) {
    // Two digits behind the point that divide back to the value, and no more than 15 digits in
    // all, are its shortest text: no two such decimals share a float.
    let hundredths = (value * 100).rounded()
    if abs(hundredths) < 1e15, hundredths / 100 == value, value != 0 || value.sign == .plus {
      return write(hundredths: Int64(hundredths), to: buffer)
    }
    if value.isNaN { return buffer.append("NaN") }
    if value.isInfinite { return buffer.append(value < 0 ? "-Infinity" : "Infinity") }
    buffer.append(string: value.description)
  }

  private static func write(hundredths: Int64, to buffer: ByteBuffer) {
    let target = buffer.reserve(32)
    var at = target
    if hundredths < 0 {
      at.pointee = UInt8(ascii: "-")
      at += 1
    }
    let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    at += IntegerText.write(whole, to: at)
    at[0] = UInt8(ascii: ".")
    at[1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / 10)
    at += 2
    if rest % 10 != 0 {
      at.pointee = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      at += 1
    }
    buffer.commit(at - target)
  }
}
