/// Reads the timestamps and dates that stand in a definition: RFC 3339, without a zone UTC.
enum TimeText {
  /// Microseconds since 1970; nil for text that is none, or a day that does not exist. Digits
  /// behind the sixth of a fraction are cut.
  static func timestamp(_ text: String) -> Int64? {
    var reader = Reader(text)
    guard let day = reader.day() else { return nil }
    let midnight = exact(day.multipliedReportingOverflow(by: 86_400_000_000))
    if reader.isAtEnd { return midnight }
    guard reader.take("T") || reader.take("t") || reader.take(" ") else { return nil }
    guard let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
      hour < 24, minute < 60
    else { return nil }
    var seconds: Int64 = 0
    var fraction: Int64 = 0
    if reader.take(":") {
      guard let second = reader.number(2), second < 60 else { return nil }
      seconds = second
      if reader.take(".") {
        guard let micros = reader.fraction() else { return nil }
        fraction = micros
      }
    }
    guard let offset = reader.zone(), reader.isAtEnd else { return nil }
    let ofDay = (hour * 60 + minute - offset) * 60 + seconds
    return midnight.flatMap { exact($0.addingReportingOverflow(ofDay * 1_000_000 + fraction)) }
  }

  /// Days since 1970.
  static func date(_ text: String) -> Int64? {
    var reader = Reader(text)
    guard let day = reader.day(), reader.isAtEnd else { return nil }
    return day
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, `days_from_civil`).
  static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let ofEra = y - era * 400
    let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  private struct Reader {
    let bytes: [UInt8]
    var at = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { at == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
      at += 1
      return true
    }

    mutating func number(_ digits: Int) -> Int64? {
      guard at + digits <= bytes.count else { return nil }
      var value: Int64 = 0
      for byte in bytes[at..<at + digits] {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int64(byte - 48)
      }
      at += digits
      return value
    }

    mutating func day() -> Int64? {
      guard let year = number(4), take("-"), let month = number(2), take("-"),
        let day = number(2), (1...12).contains(month), day >= 1
      else { return nil }
      let next = month == 12 ? (year + 1, Int64(1)) : (year, month + 1)
      let first = TimeText.days(year: year, month: month, day: 1)
      let length = TimeText.days(year: next.0, month: next.1, day: 1) - first
      return day <= length ? first + day - 1 : nil
    }

    mutating func fraction() -> Int64? {
      var value: Int64 = 0
      var count = 0
      while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 {
        if count < 6 { value = value * 10 + Int64(bytes[at] - 48) }
        count += 1
        at += 1
      }
      guard count > 0 else { return nil }
      for _ in min(count, 6)..<6 { value *= 10 }
      return value
    }

    /// Minutes east of UTC.
    mutating func zone() -> Int64? {
      if isAtEnd || take("Z") || take("z") { return 0 }
      let sign: Int64
      if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
      guard let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60
      else { return nil }
      return sign * (hours * 60 + minutes)
    }
  }
}

/// The exact result, nil if it left the type.
func exact(_ result: (partialValue: Int64, overflow: Bool)) -> Int64? {
  result.overflow ? nil : result.partialValue
}
