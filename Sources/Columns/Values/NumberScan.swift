/// The digits of a number written in decimal: what integers, decimals and floats are read from.
///
/// Grammar: `[+-] digits [. digits] [(e|E) [+-] digits]`, with a digit before or behind the point.
struct NumberScan {
  var isNegative = false
  /// Significant digits, without leading zeros.
  var digits = 0
  /// How many of all digits stand behind the point, less the exponent: the value is the digits as
  /// an integer × 10^−fraction.
  var fraction = 0
  /// The digits as an integer where there are at most 18 of them.
  var small: UInt64 = 0
  /// Where the first significant digit stands.
  var first = 0
  var hasPoint = false
  var hasExponent = false

  /// nil where the bytes are no number. O(bytes).
  init?(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let base = bytes.baseAddress else { return nil }
    let end = bytes.count
    var at = 0
    if end > 0, base[0] == UInt8(ascii: "-") || base[0] == UInt8(ascii: "+") {
      isNegative = base[0] == UInt8(ascii: "-")
      at = 1
    }
    var seen = 0
    var value: UInt64 = 0
    while at < end {
      let digit = base[at] &- UInt8(ascii: "0")
      if digit < 10 {
        seen &+= 1
        if hasPoint { fraction &+= 1 }
        if digits > 0 || digit > 0 {
          if digits == 0 { first = at }
          digits &+= 1
          if digits <= 18 { value = value &* 10 &+ UInt64(digit) }
        }
      } else if base[at] == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
      } else {
        break
      }
      at &+= 1
    }
    small = value
    guard seen > 0 else { return nil }
    if at < end {
      guard base[at] | 0x20 == UInt8(ascii: "e") else { return nil }
      hasExponent = true
      guard let exponent = Self.exponent(base + (at + 1), end - at - 1) else { return nil }
      fraction -= exponent
    }
  }

  /// Clamped to ±100,000, far outside of every type.
  private static func exponent(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int? {
    var at = 0
    var isNegative = false
    if count > 0, base[0] == UInt8(ascii: "-") || base[0] == UInt8(ascii: "+") {
      isNegative = base[0] == UInt8(ascii: "-")
      at = 1
    }
    guard at < count else { return nil }
    var value = 0
    while at < count {
      let digit = base[at] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = min(value * 10 + Int(digit), 100_000)
      at += 1
    }
    return isNegative ? -value : value
  }

  /// The first `count` significant digits as an integer; `count` is at most 38.
  func leading(_ count: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> UInt128 {
    var value: UInt128 = 0
    var taken = 0
    var at = first
    while taken < count {
      let digit = bytes[at] &- UInt8(ascii: "0")
      if digit < 10 {
        value = value &* 10 &+ UInt128(digit)
        taken += 1
      }
      at += 1
    }
    return value
  }

  /// The significant digit at that place, counted from 0.
  func digit(_ place: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> UInt8 {
    var at = first + place
    if hasPoint {
      at = first
      var left = place
      while true {
        if bytes[at] != UInt8(ascii: ".") {
          if left == 0 { break }
          left -= 1
        }
        at += 1
      }
    }
    return bytes[at] &- UInt8(ascii: "0")
  }
}
