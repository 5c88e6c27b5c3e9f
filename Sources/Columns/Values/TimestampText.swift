/// Timestamps as RFC 3339: `2026-01-01T00:00:00.5Z`.
package enum TimestampText {
  /// Microseconds since 1970; nil where the bytes are no timestamp or out of range.
  ///
  /// Besides RFC 3339: a space for `T`, no zone (UTC), `+hhmm` and `+hh`, no seconds, a date alone
  /// (its midnight), and signed years of four to six digits. Digits behind the sixth of the
  /// fraction are cut. O(bytes).
  package static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard let base = bytes.baseAddress else { return nil }
    var scan = DigitScan(base, bytes.count)
    guard let days = DateText.parse(&scan) else { return nil }
    var micros: Int64 = 0
    if !scan.isAtEnd {
      guard scan.take("T") || scan.take("t") || scan.take(" "),
        let time = TimeText.parse(&scan), let offset = parseOffset(&scan)
      else { return nil }
      micros = time - offset * CivilCalendar.microsecondsPerSecond
    }
    guard scan.isAtEnd else { return nil }
    // Before 1970 from the next midnight back, since the first day of all has no midnight.
    let back: Int64 = days < 0 ? 1 : 0
    let (start, over) = (days + back).multipliedReportingOverflow(
      by: CivilCalendar.microsecondsPerDay)
    let (result, carry) = start.addingReportingOverflow(
      micros - back * CivilCalendar.microsecondsPerDay)
    return over || carry ? nil : result
  }

  /// Seconds east of UTC; 0 where nothing is left.
  private static func parseOffset(_ scan: inout DigitScan) -> Int64? {
    if scan.isAtEnd || scan.take("Z") || scan.take("z") { return 0 }
    let isWest = scan.take("-")
    guard isWest || scan.take("+"), let hours = scan.number(digits: 2) else { return nil }
    var minutes: Int64 = 0
    if !scan.isAtEnd {
      _ = scan.take(":")
      guard let value = scan.number(digits: 2) else { return nil }
      minutes = value
    }
    guard hours <= 23, minutes <= 59 else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return isWest ? -seconds : seconds
  }

  /// Writes RFC 3339 in UTC with as many digits of the fraction as the value needs.
  package static func write(_ micros: Int64, to buffer: ByteBuffer) {
    let days = CivilCalendar.quotient(micros, CivilCalendar.microsecondsPerDay)
    let time = CivilCalendar.remainder(micros, CivilCalendar.microsecondsPerDay)
    DateText.write(days, to: buffer)
    buffer.append(UInt8(ascii: "T"))
    TimeText.write(time, to: buffer)
    buffer.append(UInt8(ascii: "Z"))
  }
}

/// Times of day: `23:59:59.25`.
package enum TimeText {
  /// Microseconds since midnight. A leap second counts as the next minute's first.
  static func parse(_ scan: inout DigitScan) -> Int64? {
    guard let hour = scan.number(digits: 2), hour <= 23, scan.take(":"),
      let minute = scan.number(digits: 2), minute <= 59
    else { return nil }
    var second: Int64 = 0
    var micros: Int64 = 0
    if scan.take(":") {
      guard let value = scan.number(digits: 2), value <= (minute == 59 ? 60 : 59) else {
        return nil
      }
      second = value
      if scan.take(".") || scan.take(",") {
        guard let fraction = scan.fraction() else { return nil }
        micros = fraction
      }
    }
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros
  }

  /// Writes a time of day.
  package static func write(_ time: Int64, to buffer: ByteBuffer) {
    let target = buffer.reserve(24)
    let seconds = time / 1_000_000
    var fraction = time % 1_000_000
    IntegerText.write(padded: seconds / 3600, width: 2, to: target)
    target[2] = UInt8(ascii: ":")
    IntegerText.write(padded: seconds / 60 % 60, width: 2, to: target + 3)
    target[5] = UInt8(ascii: ":")
    IntegerText.write(padded: seconds % 60, width: 2, to: target + 6)
    var count = 8
    if fraction > 0 {
      var width = 6
      while fraction % 10 == 0 {
        fraction /= 10
        width -= 1
      }
      target[8] = UInt8(ascii: ".")
      IntegerText.write(padded: fraction, width: width, to: target + 9)
      count = 9 + width
    }
    buffer.commit(count)
  }
}
