/// A whole number of any size times a power of two: sums of floats and of their products, to the
/// last bit.
struct ExactNumber {
  private(set) var isNegative: Bool
  /// Of 32 bits, the least first; the last is not zero.
  private(set) var digits: [UInt32]
  /// What one of the number is: this power of two.
  private(set) var exponent: Int

  /// Of digits that may be negative and larger than 32 bits, the least first.
  init(_ parts: [Int64], exponent: Int) {
    self.exponent = exponent
    digits = []
    digits.reserveCapacity(parts.count + 2)
    var carry: Int64 = 0
    for part in parts {
      // Parts stay below 2^62, so that this stays in range.
      let sum = part &+ carry
      digits.append(UInt32(truncatingIfNeeded: sum))
      carry = sum >> 32
    }
    while carry != 0, carry != -1 {
      digits.append(UInt32(truncatingIfNeeded: carry))
      carry >>= 32
    }
    isNegative = carry < 0
    if isNegative { negate() }
    trim()
  }

  private init(isNegative: Bool, digits: [UInt32], exponent: Int) {
    self.isNegative = isNegative
    self.digits = digits
    self.exponent = exponent
    trim()
  }

  var isZero: Bool { digits.isEmpty }

  /// Two's complement.
  private mutating func negate() {
    var carry: UInt64 = 1
    for index in digits.indices {
      carry += UInt64(~digits[index])
      digits[index] = UInt32(truncatingIfNeeded: carry)
      carry >>= 32
    }
    // Only of a negative power of 2^32 a digit more.
    if carry != 0 { digits.append(1) }
  }

  private mutating func trim() {
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { isNegative = false }
  }

  func times(_ other: ExactNumber) -> ExactNumber {
    guard !isZero, !other.isZero else {
      return ExactNumber(isNegative: false, digits: [], exponent: exponent + other.exponent)
    }
    var product = [UInt32](repeating: 0, count: digits.count + other.digits.count)
    for (i, a) in digits.enumerated() {
      var carry: UInt64 = 0
      for (j, b) in other.digits.enumerated() {
        carry += UInt64(a) * UInt64(b) + UInt64(product[i + j])
        product[i + j] = UInt32(truncatingIfNeeded: carry)
        carry >>= 32
      }
      product[i + other.digits.count] = UInt32(truncatingIfNeeded: carry)
    }
    return ExactNumber(
      isNegative: isNegative != other.isNegative, digits: product,
      exponent: exponent + other.exponent)
  }

  func times(_ count: Int64) -> ExactNumber {
    times(ExactNumber([count & 0xFFFF_FFFF, count >> 32], exponent: 0))
  }

  func minus(_ other: ExactNumber) -> ExactNumber {
    let least = min(exponent, other.exponent)
    let (a, b) = (raised(to: least), other.raised(to: least))
    if isNegative != other.isNegative {
      return ExactNumber(isNegative: isNegative, digits: Self.sum(a, b), exponent: least)
    }
    let isLess = Self.isLess(a, b)
    return ExactNumber(
      isNegative: isLess != isNegative,
      digits: isLess ? Self.difference(b, a) : Self.difference(a, b), exponent: least)
  }

  /// The digits for a smaller exponent.
  private func raised(to least: Int) -> [UInt32] {
    let (whole, bits) = (exponent - least).quotientAndRemainder(dividingBy: 32)
    var result = [UInt32](repeating: 0, count: whole)
    var carry: UInt64 = 0
    for digit in digits {
      carry |= UInt64(digit) << UInt64(bits)
      result.append(UInt32(truncatingIfNeeded: carry))
      carry >>= 32
    }
    if carry != 0 { result.append(UInt32(truncatingIfNeeded: carry)) }
    while result.last == 0 { result.removeLast() }
    return result
  }

  private static func sum(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    var carry: UInt64 = 0
    for index in 0..<max(a.count, b.count) {
      carry += (index < a.count ? UInt64(a[index]) : 0) + (index < b.count ? UInt64(b[index]) : 0)
      result.append(UInt32(truncatingIfNeeded: carry))
      carry >>= 32
    }
    if carry != 0 { result.append(UInt32(truncatingIfNeeded: carry)) }
    return result
  }

  /// `a` must not be less.
  private static func difference(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    var borrow: Int64 = 0
    for index in a.indices {
      borrow += Int64(a[index]) - (index < b.count ? Int64(b[index]) : 0)
      result.append(UInt32(truncatingIfNeeded: borrow))
      borrow >>= 32
    }
    return result
  }

  private static func isLess(_ a: [UInt32], _ b: [UInt32]) -> Bool {
    if a.count != b.count { return a.count < b.count }
    for index in a.indices.reversed() where a[index] != b[index] { return a[index] < b[index] }
    return false
  }
}

extension ExactNumber {
  /// The number as m × 2^e, where m is rounded to 64 bits, to odd where bits are lost: a rounding
  /// to 53 behind it is the only one that counts.
  private var rounded: (magnitude: UInt64, exponent: Int) {
    guard let last = digits.last else { return (0, 0) }
    let bits = digits.count * 32 - last.leadingZeroBitCount
    let dropped = max(bits - 64, 0)
    let (whole, rest) = dropped.quotientAndRemainder(dividingBy: 32)
    var magnitude: UInt128 = 0
    for index in (whole..<digits.count).reversed() {
      magnitude = magnitude << 32 | UInt128(digits[index])
    }
    var isCut = digits[..<whole].contains { $0 != 0 }
    isCut = isCut || magnitude & ((1 << UInt128(rest)) - 1) != 0
    magnitude >>= UInt128(rest)
    return (UInt64(truncatingIfNeeded: magnitude) | (isCut ? 1 : 0), exponent + dropped)
  }

  /// The nearest float; infinite beyond them all.
  var value: Double {
    var (magnitude, exponent) = rounded
    guard magnitude != 0 else { return 0 }
    let bits = 64 - magnitude.leadingZeroBitCount
    // Near the least float fewer bits are left than 53.
    let kept = min(53, bits + exponent + 1_074)
    guard kept >= 0 else { return 0 }
    let dropped = UInt64(max(bits - kept, 0))
    if dropped > 0 {
      let rest = magnitude & ((1 << dropped) &- 1)
      let half: UInt64 = 1 << (dropped - 1)
      magnitude >>= dropped
      if rest > half || (rest == half && magnitude & 1 == 1) { magnitude += 1 }
      exponent += Int(dropped)
    }
    return Double(
      sign: isNegative ? .minus : .plus, exponent: exponent, significand: Double(magnitude))
  }

  /// As significand and power of two, for quotients of numbers that no float holds.
  var parts: (significand: Double, exponent: Int) {
    let (magnitude, exponent) = rounded
    return (isNegative ? -Double(magnitude) : Double(magnitude), exponent)
  }
}
