import Columns

/// Text read by a Java date pattern: `yyyy-MM-dd HH:mm:ss`, in a zone where the text names none.
struct TimePattern {
  private enum Piece: Equatable {
    case year(Int), month, day, hour, minute, second
    case fraction(Int)
    /// `Z`, `X`, `XX`, `XXX`: `+0100`, `+01:00`, `Z`.
    case offset
    case literal([UInt8])
  }

  private let pieces: [Piece]
  /// Seconds east of UTC where the text says nothing.
  private let zoneOffset: Int64

  init(_ text: String, zone: String) throws(FormatError) {
    pieces = try Self.split(Array(text.utf8), text)
    guard let offset = Self.fixedOffset(zone) else {
      throw FormatError(
        "zone `\(zone)` of a timestamp's pattern: write UTC or an offset such as `+02:00`")
    }
    zoneOffset = offset
  }

  private static func split(_ bytes: [UInt8], _ text: String) throws(FormatError) -> [Piece] {
    var pieces: [Piece] = []
    var at = 0
    while at < bytes.count {
      let c = bytes[at]
      var run = 1
      while at + run < bytes.count, bytes[at + run] == c { run += 1 }
      if c == UInt8(ascii: "'") {
        guard let close = bytes[(at + 1)...].firstIndex(of: c) else {
          throw FormatError("pattern `\(text)`: a quote is not closed")
        }
        pieces.append(.literal(close == at + 1 ? [c] : Array(bytes[(at + 1)..<close])))
        at = close + 1
        continue
      }
      pieces.append(try piece(c, run, text, Array(bytes[at..<(at + run)])))
      at += run
    }
    return pieces
  }

  private static func piece(
    _ letter: UInt8, _ run: Int, _ text: String, _ bytes: [UInt8]
  ) throws(FormatError) -> Piece {
    switch (letter, run) {
    case (UInt8(ascii: "y"), 2), (UInt8(ascii: "y"), 4), (UInt8(ascii: "u"), 4): .year(run)
    case (UInt8(ascii: "M"), 1...2): .month
    case (UInt8(ascii: "d"), 1...2): .day
    case (UInt8(ascii: "H"), 1...2): .hour
    case (UInt8(ascii: "m"), 1...2): .minute
    case (UInt8(ascii: "s"), 1...2): .second
    case (UInt8(ascii: "S"), 1...9): .fraction(run)
    case (UInt8(ascii: "X"), 1...3), (UInt8(ascii: "Z"), 1...3), (UInt8(ascii: "x"), 1...3):
      .offset
    case (0x41...0x5A, _), (0x61...0x7A, _):
      throw FormatError(
        "pattern `\(text)`: `\(String(decoding: bytes, as: UTF8.self))` is not understood; "
          + "use y, M, d, H, m, s, S, X or Z, and quotes around other letters")
    default: .literal(bytes)
    }
  }

  /// Seconds east of UTC of `UTC`, `Z` or `±hh[:mm]`.
  private static func fixedOffset(_ zone: String) -> Int64? {
    if ["", "UTC", "Z", "GMT", "Etc/UTC"].contains(zone) { return 0 }
    var bytes = Array(zone.utf8)
    return bytes.withUnsafeMutableBufferPointer { buffer in
      var at = 0
      let offset = offset(UnsafeBufferPointer(buffer), &at)
      return at == buffer.count ? offset : nil
    }
  }

  /// Microseconds since 1970; nil where the text does not fit.
  func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    var at = 0
    var year: Int64 = 1970, month: Int64 = 1, day: Int64 = 1
    var time: Int64 = 0
    var micros: Int64 = 0
    var offset = zoneOffset
    for piece in pieces {
      switch piece {
      case .literal(let expected):
        guard bytes[min(at, bytes.count)...].starts(with: expected) else { return nil }
        at += expected.count
      case .offset:
        guard let read = Self.offset(bytes, &at) else { return nil }
        offset = read
      case .fraction(let digits):
        guard let value = Self.number(bytes, &at, digits...digits) else { return nil }
        micros = digits <= 6 ? value * Self.power(6 - digits) : value / Self.power(digits - 6)
      case .year(let digits):
        guard let value = Self.number(bytes, &at, digits...digits) else { return nil }
        year = digits == 2 ? 2000 + value : value
      case .month: guard Self.read(bytes, &at, 1...12, &month) else { return nil }
      case .day: guard Self.read(bytes, &at, 1...31, &day) else { return nil }
      case .hour, .minute, .second:
        var value: Int64 = 0
        guard Self.read(bytes, &at, 0...(piece == .hour ? 23 : 59), &value) else { return nil }
        time += value * (piece == .hour ? 3600 : piece == .minute ? 60 : 1)
      }
    }
    guard at == bytes.count, day <= CivilCalendar.length(ofMonth: month, year: year) else {
      return nil
    }
    let days = CivilCalendar.days(year: year, month: month, day: day)
    return (days * 86_400 + time - offset) * 1_000_000 + micros
  }

  private static func power(_ exponent: Int) -> Int64 {
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }

  private static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int, _ range: ClosedRange<Int64>,
    _ value: inout Int64
  ) -> Bool {
    guard let read = number(bytes, &at, 1...2), range.contains(read) else { return false }
    value = read
    return true
  }

  private static func number(
    _ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int, _ digits: ClosedRange<Int>
  ) -> Int64? {
    var value: Int64 = 0
    var count = 0
    while count < digits.upperBound, at < bytes.count, bytes[at] &- 0x30 < 10 {
      value = value * 10 + Int64(bytes[at] &- 0x30)
      at += 1
      count += 1
    }
    return count >= digits.lowerBound ? value : nil
  }

  private static func offset(_ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Int64? {
    guard at < bytes.count else { return nil }
    let sign = bytes[at]
    at += 1
    if sign == UInt8(ascii: "Z") { return 0 }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      let hours = number(bytes, &at, 2...2), hours <= 23
    else { return nil }
    var minutes: Int64 = 0
    if at < bytes.count {
      if bytes[at] == UInt8(ascii: ":") { at += 1 }
      guard let read = number(bytes, &at, 2...2), read <= 59 else { return nil }
      minutes = read
    }
    let seconds = hours * 3600 + minutes * 60
    return sign == UInt8(ascii: "-") ? -seconds : seconds
  }
}
