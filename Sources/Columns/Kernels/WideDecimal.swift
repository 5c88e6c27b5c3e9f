/// A whole number of up to some hundred bits, for the steps of decimal arithmetic that 128 bits
/// don't hold: ten to the 38th times ten to the 38th, and more. Rare, so plain.
///
/// Limbs of 32 bits, the least first, without leading zeros. Division goes bit by bit.
struct WideDecimal {
  private var limbs: [UInt32]

  init(_ value: UInt128) {
    limbs = (0..<4).map { UInt32(truncatingIfNeeded: value >> UInt128(32 * $0)) }
    trim()
  }

  private init(limbs: [UInt32]) {
    self.limbs = limbs
    trim()
  }

  private mutating func trim() { while limbs.last == 0 { limbs.removeLast() } }

  /// nil where it needs more than 128 bits.
  var value: UInt128? {
    guard limbs.count <= 4 else { return nil }
    return limbs.reversed().reduce(0) { $0 << 32 | UInt128($1) }
  }

  func times(_ other: WideDecimal) -> WideDecimal {
    var product = [UInt32](repeating: 0, count: limbs.count + other.limbs.count)
    for (i, a) in limbs.enumerated() {
      var carry: UInt64 = 0
      for (j, b) in other.limbs.enumerated() {
        // At most (2^32 − 1)² + 2 (2^32 − 1): fits.
        let sum = UInt64(a) * UInt64(b) + UInt64(product[i + j]) + carry
        product[i + j] = UInt32(truncatingIfNeeded: sum)
        carry = sum >> 32
      }
      product[i + other.limbs.count] = UInt32(truncatingIfNeeded: carry)
    }
    return WideDecimal(limbs: product)
  }

  func times(powerOfTen exponent: Int) -> WideDecimal {
    var result = self
    var left = exponent
    while left > 0 {
      let step = min(left, 38)
      result = result.times(WideDecimal(PowersOfTen.power(step).magnitude))
      left -= step
    }
    return result
  }

  func plus(_ other: WideDecimal) -> WideDecimal {
    var sum: [UInt32] = []
    var carry: UInt64 = 0
    for i in 0..<max(limbs.count, other.limbs.count) {
      let digit = UInt64(limb(i)) + UInt64(other.limb(i)) + carry
      sum.append(UInt32(truncatingIfNeeded: digit))
      carry = digit >> 32
    }
    sum.append(UInt32(truncatingIfNeeded: carry))
    return WideDecimal(limbs: sum)
  }

  /// The other is not larger.
  func minus(_ other: WideDecimal) -> WideDecimal {
    var difference: [UInt32] = []
    var borrow: Int64 = 0
    for i in 0..<limbs.count {
      let digit = Int64(limb(i)) - Int64(other.limb(i)) - borrow
      difference.append(UInt32(truncatingIfNeeded: digit))
      borrow = digit < 0 ? 1 : 0
    }
    return WideDecimal(limbs: difference)
  }

  func isLess(than other: WideDecimal) -> Bool {
    if limbs.count != other.limbs.count { return limbs.count < other.limbs.count }
    for i in limbs.indices.reversed() where limbs[i] != other.limbs[i] {
      return limbs[i] < other.limbs[i]
    }
    return false
  }

  /// Without its last digits, rounding half up; nil where that needs more than 128 bits.
  func cut(digits: Int) -> UInt128? {
    digits == 0 ? value : roundedQuotient(by: WideDecimal(1).times(powerOfTen: digits))
  }

  /// The divisor is not zero.
  func roundedQuotient(by divisor: WideDecimal) -> UInt128? {
    let (quotient, rest) = divided(by: divisor)
    let roundsUp = !rest.plus(rest).isLess(than: divisor)
    return (roundsUp ? quotient.plus(WideDecimal(1)) : quotient).value
  }

  func remainder(by divisor: WideDecimal) -> UInt128? { divided(by: divisor).rest.value }

  /// Bit by bit from the highest. O(bits × limbs).
  private func divided(by divisor: WideDecimal) -> (quotient: WideDecimal, rest: WideDecimal) {
    var quotient = [UInt32](repeating: 0, count: limbs.count)
    var rest = WideDecimal(limbs: [])
    for i in limbs.indices.reversed() {
      for bit in (0..<32).reversed() {
        rest = rest.doubled(adding: limbs[i] >> UInt32(bit) & 1)
        if !rest.isLess(than: divisor) {
          rest = rest.minus(divisor)
          quotient[i] |= 1 << UInt32(bit)
        }
      }
    }
    return (WideDecimal(limbs: quotient), rest)
  }

  private func doubled(adding bit: UInt32) -> WideDecimal {
    var result: [UInt32] = []
    var carry = bit
    for limb in limbs {
      result.append(limb << 1 | carry)
      carry = limb >> 31
    }
    result.append(carry)
    return WideDecimal(limbs: result)
  }

  private func limb(_ index: Int) -> UInt32 { index < limbs.count ? limbs[index] : 0 }
}
