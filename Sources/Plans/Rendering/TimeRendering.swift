/// Times of plans as text.
public enum TimeRendering {
  /// `1h30m`, `250ms`; `0s` for none.
  public static func duration(_ microseconds: Int64) -> String {
    if microseconds == 0 { return "0s" }
    let units: [(String, UInt64)] = [
      ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000),
      ("ms", 1_000), ("us", 1),
    ]
    var rest = microseconds.magnitude
    var text = microseconds < 0 ? "-" : ""
    for (name, size) in units where rest >= size {
      text += "\(rest / size)\(name)"
      rest %= size
    }
    return text
  }

  /// RFC 3339 in UTC, with as many fraction digits as are needed.
  public static func timestamp(_ microseconds: Int64) -> String {
    let day = floorDivide(microseconds, 86_400_000_000)
    let ofDay = microseconds &- day &* 86_400_000_000
    let seconds = ofDay / 1_000_000
    var text = "\(date(day))T\(pad(seconds / 3600)):\(pad(seconds / 60 % 60)):\(pad(seconds % 60))"
    var fraction = ofDay % 1_000_000
    if fraction != 0 {
      var digits = 6
      while fraction % 10 == 0 {
        fraction /= 10
        digits -= 1
      }
      text += "." + pad(fraction, digits)
    }
    return text + "Z"
  }

  /// `2026-01-31`, by H. Hinnant's `civil_from_days`.
  public static func date(_ days: Int64) -> String {
    let shifted = days &+ 719_468
    let era = floorDivide(shifted, 146_097)
    let ofEra = shifted &- era &* 146_097
    let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * year + year / 4 - year / 100)
    let shiftedMonth = (5 * ofYear + 2) / 153
    let day = ofYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let fullYear = year &+ era &* 400 &+ (month <= 2 ? 1 : 0)
    return "\(pad(fullYear, 4))-\(pad(month))-\(pad(day))"
  }

  private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
    let quotient = a / b
    return a % b < 0 ? quotient - 1 : quotient
  }

  private static func pad(_ value: Int64, _ width: Int = 2) -> String {
    let digits = "\(value.magnitude)"
    let zeros = String(repeating: "0", count: max(0, width - digits.count))
    return (value < 0 ? "-" : "") + zeros + digits
  }
}
