/// Powers of ten as far as a decimal reaches.
package enum PowersOfTen {
  /// 10^0 … 10^38; the last fits `Int128`.
  package static let all: [Int128] = {
    var powers: [Int128] = [1]
    for _ in 0..<38 { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }()

  /// 10^`exponent` for 0…38.
  @inline(__always)
  package static func power(_ exponent: Int) -> Int128 { all[exponent] }

  /// 10^`exponent` for 0…18.
  @inline(__always)
  static func word(_ exponent: Int) -> UInt64 { UInt64(truncatingIfNeeded: all[exponent]) }
}
