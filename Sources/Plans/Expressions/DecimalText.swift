/// Decimals of plans: scales and text.
public enum DecimalText {
  /// The same value at another scale; nil if digits would be lost or `precision` is too small.
  public static func rescale(
    _ unscaled: Int128, from: Int, to scale: Int, precision: Int
  ) -> Int128? {
    var value = unscaled
    for _ in 0..<max(0, scale - from) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      value = product
    }
    for _ in 0..<max(0, from - scale) {
      let (quotient, rest) = value.quotientAndRemainder(dividingBy: 10)
      if rest != 0 { return nil }
      value = quotient
    }
    return digits(value) <= precision ? value : nil
  }

  /// How many decimal digits the number has; of 0 none.
  public static func digits(_ value: Int128) -> Int {
    var rest = value.magnitude
    var count = 0
    while rest > 0 {
      rest /= 10
      count += 1
    }
    return count
  }

  /// `-12.50` for -1250 at scale 2.
  public static func text(_ unscaled: Int128, scale: Int) -> String {
    let digits = "\(unscaled.magnitude)"
    let sign = unscaled < 0 ? "-" : ""
    guard scale > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
    return sign + padded.dropLast(scale) + "." + padded.suffix(scale)
  }
}
