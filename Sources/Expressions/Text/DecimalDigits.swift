/// A number as its decimal digits, without its sign: `digits` × 10^`exponent`.
struct DecimalDigits {
  private static let zero = UInt8(ascii: "0")

  /// Without leading zeros; one zero of zero.
  private(set) var digits: [UInt8] = []
  private var exponent = 0

  /// nil of what has no digits: `NaN`, `Infinity`.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    var isFraction = false
    var rest = text[...]
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    while let byte = rest.first {
      if byte | 0x20 == UInt8(ascii: "e") { break }
      if byte == UInt8(ascii: ".") {
        isFraction = true
      } else {
        guard byte &- Self.zero < 10 else { return nil }
        digits.append(byte)
        if isFraction { exponent -= 1 }
      }
      rest = rest.dropFirst()
    }
    if !rest.isEmpty {
      guard let power = Int(String(decoding: rest.dropFirst(), as: UTF8.self)) else { return nil }
      exponent += power
    }
    guard !digits.isEmpty else { return nil }
    digits = Array(digits.drop { $0 == Self.zero })
    if digits.isEmpty { (digits, exponent) = ([Self.zero], 0) }
  }

  /// With so many digits behind the point, rounded half away from zero.
  func fixed(_ precision: Int) -> [UInt8] {
    var rounded = self
    rounded.round(toExponent: -precision)
    var all = rounded.digits
    all += [UInt8](repeating: Self.zero, count: max(0, rounded.exponent + precision))
    let missing = precision + 1 - all.count
    if missing > 0 { all = [UInt8](repeating: Self.zero, count: missing) + all }
    if precision == 0 { return all }
    return all.dropLast(precision) + [UInt8(ascii: ".")] + all.suffix(precision)
  }

  /// `1.500000e+01`.
  func scientific(_ precision: Int) -> [UInt8] {
    var rounded = self
    rounded.round(toExponent: exponent + digits.count - 1 - precision)
    let isZero = rounded.digits == [Self.zero]
    let power = isZero ? 0 : rounded.exponent + rounded.digits.count - 1
    // 9.99 may have become 10.0.
    var all = Array(rounded.digits.prefix(precision + 1))
    all += [UInt8](repeating: Self.zero, count: precision + 1 - all.count)
    let mantissa = precision == 0 ? all : [all[0], UInt8(ascii: ".")] + all.dropFirst()
    let sign = power < 0 ? "-" : "+"
    let digits = String(power.magnitude)
    return mantissa + Array("e\(sign)\(digits.count < 2 ? "0" : "")\(digits)".utf8)
  }

  /// Cuts the digits below a power of ten; the rest is rounded half away from zero.
  private mutating func round(toExponent wanted: Int) {
    guard exponent < wanted else { return }
    let cut = wanted - exponent
    let roundsUp = cut <= digits.count && digits[digits.count - cut] >= UInt8(ascii: "5")
    digits = Array(digits.dropLast(cut))
    exponent = wanted
    if roundsUp { increment() }
    if digits.isEmpty { (digits, exponent) = ([Self.zero], 0) }
  }

  private mutating func increment() {
    for place in digits.indices.reversed() {
      if digits[place] != UInt8(ascii: "9") {
        digits[place] += 1
        return
      }
      digits[place] = Self.zero
    }
    digits.insert(UInt8(ascii: "1"), at: 0)
  }
}
