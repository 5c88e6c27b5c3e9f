/// Dates as ISO 8601: `2026-01-31`.
package enum DateText {
  /// Days since 1970; nil where the bytes are no date of the calendar.
  package static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard let base = bytes.baseAddress else { return nil }
    var scan = DigitScan(base, bytes.count)
    guard let days = parse(&scan), scan.isAtEnd else { return nil }
    return days
  }

  static func parse(_ scan: inout DigitScan) -> Int64? {
    let isNegative = scan.take("-")
    let isSigned = isNegative || scan.take("+")
    guard let (magnitude, digits) = scan.digits(atMost: isSigned ? 6 : 4), digits >= 4,
      scan.take("-"), let month = scan.number(digits: 2), scan.take("-"),
      let day = scan.number(digits: 2), month >= 1, month <= 12
    else { return nil }
    let year = isNegative ? -magnitude : magnitude
    guard day >= 1, day <= CivilCalendar.length(ofMonth: month, year: year) else { return nil }
    return CivilCalendar.days(year: year, month: month, day: day)
  }

  /// Writes a day; years outside of 0…9999 bear a sign.
  package static func write(_ days: Int64, to buffer: ByteBuffer) {
    let (year, month, day) = CivilCalendar.date(days: days)
    if year < 0 || year > 9999 { buffer.append(UInt8(ascii: year < 0 ? "-" : "+")) }
    let width = year.magnitude > 9999 ? (year.magnitude > 99_999 ? 6 : 5) : 4
    // A timestamp's or date's year has at most six digits.
    let target = buffer.reserve(16)
    IntegerText.write(padded: Int64(year.magnitude), width: width, to: target)
    target[width] = UInt8(ascii: "-")
    IntegerText.write(padded: month, width: 2, to: target + (width + 1))
    target[width + 3] = UInt8(ascii: "-")
    IntegerText.write(padded: day, width: 2, to: target + (width + 4))
    buffer.commit(width + 6)
  }
}

/// Reads fixed runs of digits.
struct DigitScan {
  private let base: UnsafePointer<UInt8>
  private let count: Int
  private(set) var at = 0

  init(_ base: UnsafePointer<UInt8>, _ count: Int) {
    self.base = base
    self.count = count
  }

  var isAtEnd: Bool { at == count }

  @inline(__always)
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < count, base[at] == UInt8(ascii: character) else { return false }
    at &+= 1
    return true
  }

  @inline(__always)
  mutating func take(byte: UInt8) -> Bool {
    guard at < count, base[at] == byte else { return false }
    at &+= 1
    return true
  }

  /// The bytes as long as they fit, as text.
  mutating func word(_ fits: (UInt8) -> Bool) -> String {
    let start = at
    while at < count, fits(base[at]) { at &+= 1 }
    return String(
      decoding: UnsafeBufferPointer(start: base + start, count: at &- start), as: UTF8.self)
  }

  /// Exactly that many digits.
  @inline(__always)
  mutating func number(digits: Int) -> Int64? {
    guard at &+ digits <= count else { return nil }
    var value: Int64 = 0
    for i in at..<(at &+ digits) {
      let digit = base[i] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int64(digit)
    }
    at &+= digits
    return value
  }

  /// As many digits as there are, up to a bound of at most 18; nil for none.
  mutating func digits(atMost bound: Int) -> (value: Int64, digits: Int)? {
    var value: Int64 = 0
    var taken = 0
    while at < count, taken < bound {
      let digit = base[at] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      value = value &* 10 &+ Int64(digit)
      taken &+= 1
      at &+= 1
    }
    return taken > 0 ? (value, taken) : nil
  }

  /// The digits of a fraction of a second as microseconds, cut behind the sixth; nil for none.
  mutating func fraction() -> Int64? {
    guard let (value, digits) = digits(atMost: 6) else { return nil }
    while at < count, base[at] &- UInt8(ascii: "0") < 10 { at &+= 1 }
    var micros = value
    for _ in digits..<6 { micros = micros &* 10 }
    return micros
  }
}
