/// An exact decimal number: `unscaled` × 10^−`scale`, such as an amount of money.
public struct ExactDecimal: Sendable {
  public let unscaled: Int128
  /// Digits behind the point, 0 to 38.
  public let scale: Int

  /// `ExactDecimal(1250, scale: 2)` is 12.50.
  public init(_ unscaled: Int128, scale: Int) {
    self.unscaled = unscaled
    self.scale = min(max(scale, 0), 38)
  }

  /// The same value with so many digits behind the point; nil where digits would be lost or it does
  /// not fit.
  func rescaled(to scale: Int) -> Int128? {
    var value = unscaled
    for _ in self.scale..<max(scale, self.scale) {
      let (more, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      value = more
    }
    for _ in scale..<max(scale, self.scale) {
      guard value % 10 == 0 else { return nil }
      value /= 10
    }
    return value
  }
}

extension ExactDecimal: Equatable {
  /// By value: 1.50 is 1.5.
  public static func == (a: ExactDecimal, b: ExactDecimal) -> Bool {
    let scale = max(a.scale, b.scale)
    guard let a = a.rescaled(to: scale), let b = b.rescaled(to: scale) else { return false }
    return a == b
  }
}

extension ExactDecimal: CustomStringConvertible {
  public var description: String {
    var digits = "\(unscaled.magnitude)"
    if digits.count <= scale {
      digits = String(repeating: "0", count: scale - digits.count + 1) + digits
    }
    if scale > 0 { digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -scale)) }
    return unscaled < 0 ? "-\(digits)" : digits
  }
}
