/// Zones that are no names of the IANA database, and what clocks are called.
extension TimeZoneRules {
  /// What Java takes for a place and everyone reads as that. Others are not here: its `BST` is
  /// Dhaka's and its `AST` Anchorage's. `EST`, `MST`, `HST`, `CET` and so on the database has.
  static let places = [
    "PST": "America/Los_Angeles", "CST": "America/Chicago", "JST": "Asia/Tokyo",
    "IST": "Asia/Kolkata", "AET": "Australia/Sydney",
  ]

  /// Seconds east of UTC of a clock of that name, as texts have it: `10:00 PDT`. Names that are
  /// used in several parts of the world are those of North America and Europe.
  static func offset(ofName name: String) -> Int64? { halfHours[name].map { $0 * 1800 } }

  private static let halfHours: [String: Int64] = [
    "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "WET": 0, "WEST": 2, "BST": 2, "CET": 2, "CEST": 4,
    "EET": 4, "EEST": 6, "MSK": 6, "IST": 11, "JST": 18, "KST": 18, "AWST": 16, "ACST": 19,
    "ACDT": 21, "AEST": 20, "AEDT": 22, "NZST": 24, "NZDT": 26, "NST": -7, "NDT": -5,
    "AST": -8, "ADT": -6, "EST": -10, "EDT": -8, "CST": -12, "CDT": -10, "MST": -14, "MDT": -12,
    "PST": -16, "PDT": -14, "AKST": -18, "AKDT": -16, "HST": -20,
  ]

  /// Seconds of `+02`, `+0200`, `+02:00`, and of such with `GMT`, `UTC` or `UT` before it, where
  /// one digit may be the hour; nil of anything else.
  static func fixedOffset(_ name: String) -> Int64? {
    let prefix = ["GMT", "UTC", "UT"].first { name.hasPrefix($0) } ?? ""
    var text = Array(name.utf8.dropFirst(prefix.utf8.count))
    guard let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
      return nil
    }
    text.removeFirst()
    text.removeAll { $0 == UInt8(ascii: ":") }
    if !prefix.isEmpty, text.count % 2 == 1 { text.insert(UInt8(ascii: "0"), at: 0) }
    guard text.count == 2 || text.count == 4, text.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
      return nil
    }
    let digits = text.map { Int64($0 - 0x30) }
    let hours = digits[0] * 10 + digits[1]
    let minutes = digits.count == 4 ? digits[2] * 10 + digits[3] : 0
    guard hours <= 18, minutes <= 59 else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return sign == UInt8(ascii: "-") ? -seconds : seconds
  }
}
