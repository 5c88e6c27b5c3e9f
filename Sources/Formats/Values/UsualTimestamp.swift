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
    // `T12:34:56`, a byte each.
    guard base[10] == UInt8(ascii: "T"), base[13] == 0x3A, base[16] == 0x3A else { return nil }
    var wrong: UInt8 = 0
    let hour = Self.pair(base, 11, &wrong)
    let minute = Self.pair(base, 14, &wrong)
    let second = Self.pair(base, 17, &wrong)
    guard wrong == 0, hour <= 23, minute <= 59, second <= 59 else { return nil }
    let time = ((hour &* 60 &+ minute) &* 60 &+ second) &* 1_000_000
    if count == 20 { return midnight &+ time }
    guard base[19] == UInt8(ascii: "."), count > 21 else { return nil }
    var fraction: Int64 = 0
    for i in 20..<(count &- 1) {
      let digit = base[i] &- 0x30
      if digit > 9 { return nil }
      fraction = fraction &* 10 &+ Int64(digit)
    }
    for _ in (count &- 21)..<6 { fraction = fraction &* 10 }
    return midnight &+ time &+ fraction
  }

  @inline(__always)
  private static func pair(
    _ base: UnsafePointer<UInt8>, _ at: Int, _ wrong: inout UInt8
  ) -> Int64 {
    let tens = base[at] &- 0x30
    let ones = base[at &+ 1] &- 0x30
    wrong |= (tens > 9 ? 1 : 0) | (ones > 9 ? 1 : 0)
    return Int64(tens) &* 10 &+ Int64(ones)
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
