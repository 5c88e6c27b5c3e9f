import Columns

/// Reads the usual form of a timestamp, `2026-01-01T00:00:00[.123456]Z`, remembering the day that
/// it met last: the rows of a batch are mostly of one. Everything else is left to `TimestampText`.
struct UsualTimestamp {
  private var dayHead: UInt64 = 0
  private var dayTail: UInt16 = 0
  private var midnight: Int64 = 0

  /// nil where the text has another form. 64 bytes behind `base + count` must be readable.
  @inline(__always)
  mutating func parse(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    guard count >= 20, count <= 27, base[count &- 1] == UInt8(ascii: "Z") else { return nil }
    let raw = UnsafeRawPointer(base)
    let head = raw.loadUnaligned(as: UInt64.self)
    let tail = raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
    if head != dayHead || tail != dayTail {
      guard remember(base, head, tail) else { return nil }
    }
    guard base[10] == UInt8(ascii: "T"),
      let time = Self.timeOfDay(raw.loadUnaligned(fromByteOffset: 11, as: UInt64.self))
    else { return nil }
    let whole = midnight &+ time &* 1_000_000
    if count == 20 { return whole }
    guard base[19] == UInt8(ascii: "."), count > 21,
      let fraction = Self.fraction(
        raw.loadUnaligned(fromByteOffset: 20, as: UInt64.self), digits: count &- 21)
    else { return nil }
    return whole &+ fraction
  }

  /// Seconds of `12:34:56`, its bytes ascending from the lowest; nil for anything else.
  @inline(__always)
  private static func timeOfDay(_ text: UInt64) -> Int64? {
    // Digits become their values, colons 0.
    let digits = text ^ 0x3030_3A30_303A_3030
    guard digits & 0x0000_FF00_00FF_0000 == 0, areDigits(digits) else { return nil }
    // The lowest, fourth and seventh byte: hours, minutes, seconds.
    let pairs = digits &* 10 &+ digits &>> 8
    let hour = Int64(pairs & 0xFF)
    let minute = Int64(pairs &>> 24 & 0xFF)
    let second = Int64(pairs &>> 48 & 0xFF)
    guard hour <= 23, minute <= 59, second <= 59 else { return nil }
    return (hour &* 60 &+ minute) &* 60 &+ second
  }

  /// Microseconds of one to six digits, the bytes of the text ascending from the lowest.
  @inline(__always)
  private static func fraction(_ text: UInt64, digits count: Int) -> Int64? {
    let kept = (text ^ 0x3030_3030_3030_3030) & ~(UInt64.max &<< UInt64(count &* 8))
    guard areDigits(kept) else { return nil }
    // Two zeros before, and behind as many as are left out: eight digits, joined by twos.
    let digits = kept &<< 16
    let pairs = digits &* 10 &+ digits &>> 8
    let high = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
    let low = (pairs &>> 16 & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
    return Int64(truncatingIfNeeded: (high &+ low) &>> 32)
  }

  /// Whether every byte is 9 at most.
  @inline(__always)
  private static func areDigits(_ bytes: UInt64) -> Bool {
    (bytes | (bytes &+ 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080 == 0
  }

  @inline(never)
  private mutating func remember(
    _ base: UnsafePointer<UInt8>, _ head: UInt64, _ tail: UInt16
  ) -> Bool {
    guard base[0] &- 0x30 < 10,
      let days = DateText.parse(UnsafeBufferPointer(start: base, count: 10))
    else { return false }
    dayHead = head
    dayTail = tail
    midnight = days &* CivilCalendar.microsecondsPerDay
    return true
  }
}
