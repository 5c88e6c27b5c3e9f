/// Arithmetic of unscaled decimals. Each function gives nil where the result has more than the
/// digits its type allows: `bound` is 10^precision of the result.
package enum DecimalArithmetic {
  /// The value at another scale, rounded half up (away from zero).
  @inline(__always)
  package static func rescale(_ value: Int128, by shift: Int, bound: Int128) -> Int128? {
    if shift == 0 { return within(value, bound) }
    if shift > 0 {
      if value == 0 { return 0 }
      guard shift <= 38 else { return nil }
      if let word = Int64(exactly: value), shift <= 18 {
        return within(Int128(word) &* PowersOfTen.power(shift), bound)
      }
      let (scaled, over) = value.multipliedReportingOverflow(by: PowersOfTen.power(shift))
      return over ? nil : within(scaled, bound)
    }
    guard shift >= -38 else { return 0 }
    return within(divideRounding(value, PowersOfTen.power(-shift)), bound)
  }

  /// `a` + `b` (or −), brought to the scale of the wider by `shiftA` and `shiftB`, then cut by
  /// `drop` digits, rounding half up.
  @inline(__always)
  package static func add(
    _ a: Int128, _ b: Int128, shiftA: Int, shiftB: Int, drop: Int, bound: Int128
  ) -> Int128? {
    if shiftA <= 18, shiftB <= 18, drop == 0, let x = Int64(exactly: a), let y = Int64(exactly: b) {
      let sum =
        Int128(x) &* PowersOfTen.power(shiftA) &+ Int128(y) &* PowersOfTen.power(shiftB)
      return within(sum, bound)
    }
    return addWide(a, b, shiftA: shiftA, shiftB: shiftB, drop: drop, bound: bound)
  }

  /// `a` × `b`, cut by `drop` digits, rounding half up.
  @inline(__always)
  package static func multiply(_ a: Int128, _ b: Int128, drop: Int, bound: Int128) -> Int128? {
    if drop <= 38, let x = Int64(exactly: a), let y = Int64(exactly: b) {
      let product = Int128(x) &* Int128(y)
      return within(
        drop == 0 ? product : divideRounding(product, PowersOfTen.power(drop)), bound)
    }
    return signed(
      WideDecimal(a.magnitude).times(WideDecimal(b.magnitude)).cut(digits: drop),
      isNegative: (a < 0) != (b < 0), bound)
  }

  /// `a` × 10^`shift` ÷ `b`, rounding half up; `b` is not zero.
  package static func divide(_ a: Int128, _ b: Int128, shift: Int, bound: Int128) -> Int128? {
    let isNegative = (a < 0) != (b < 0)
    if shift >= 0, shift <= 38 {
      let (scaled, over) = a.magnitude.multipliedReportingOverflow(
        by: PowersOfTen.power(shift).magnitude)
      if !over {
        return signed(roundedQuotient(scaled, b.magnitude), isNegative: isNegative, bound)
      }
    }
    let divisor =
      shift < 0
      ? WideDecimal(b.magnitude).times(powerOfTen: -shift) : WideDecimal(b.magnitude)
    let dividend =
      shift > 0
      ? WideDecimal(a.magnitude).times(powerOfTen: shift) : WideDecimal(a.magnitude)
    return signed(dividend.roundedQuotient(by: divisor), isNegative: isNegative, bound)
  }

  /// The remainder at the wider scale, with the sign of `a`; `b` is not zero.
  package static func remainder(
    _ a: Int128, _ b: Int128, shiftA: Int, shiftB: Int, bound: Int128
  ) -> Int128? {
    if shiftA <= 18, shiftB <= 18, let x = Int64(exactly: a), let y = Int64(exactly: b) {
      let rest =
        (Int128(x) &* PowersOfTen.power(shiftA)) % (Int128(y) &* PowersOfTen.power(shiftB))
      return within(rest, bound)
    }
    let rest = WideDecimal(a.magnitude).times(powerOfTen: shiftA)
      .remainder(by: WideDecimal(b.magnitude).times(powerOfTen: shiftB))
    return signed(rest, isNegative: a < 0, bound)
  }

  /// The quotient cut towards zero, then a step away from it where half or more was cut; the
  /// divisor is positive.
  @inline(__always)
  package static func divideRounding(_ value: Int128, _ divisor: Int128) -> Int128 {
    let magnitude = roundedQuotient(value.magnitude, divisor.magnitude)
    let result = Int128(truncatingIfNeeded: magnitude)
    return value < 0 ? 0 &- result : result
  }

  @inline(__always)
  private static func roundedQuotient(_ value: UInt128, _ divisor: UInt128) -> UInt128 {
    if value <= UInt128(UInt64.max), divisor <= UInt128(UInt64.max) {
      let (q, r) = UInt64(truncatingIfNeeded: value).quotientAndRemainder(
        dividingBy: UInt64(truncatingIfNeeded: divisor))
      return UInt128(q) &+ (UInt128(r) &* 2 >= divisor ? 1 : 0)
    }
    let (q, r) = value.quotientAndRemainder(dividingBy: divisor)
    return q &+ (r >= divisor &- r ? 1 : 0)
  }

  @inline(never)
  private static func addWide(
    _ a: Int128, _ b: Int128, shiftA: Int, shiftB: Int, drop: Int, bound: Int128
  ) -> Int128? {
    let x = WideDecimal(a.magnitude).times(powerOfTen: shiftA)
    let y = WideDecimal(b.magnitude).times(powerOfTen: shiftB)
    if (a < 0) == (b < 0) {
      return signed(x.plus(y).cut(digits: drop), isNegative: a < 0, bound)
    }
    let isSmaller = x.isLess(than: y)
    let difference = isSmaller ? y.minus(x) : x.minus(y)
    return signed(difference.cut(digits: drop), isNegative: (a < 0) != isSmaller, bound)
  }

  @inline(__always)
  private static func signed(
    _ magnitude: UInt128?, isNegative: Bool, _ bound: Int128
  ) -> Int128? {
    guard let magnitude, magnitude < bound.magnitude else { return nil }
    let value = Int128(truncatingIfNeeded: magnitude)
    return isNegative ? 0 &- value : value
  }

  @inline(__always)
  private static func within(_ value: Int128, _ bound: Int128) -> Int128? {
    value < bound && value > 0 &- bound ? value : nil
  }
}
