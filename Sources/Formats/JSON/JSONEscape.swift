/// Escapes in JSON texts: `\n`, `\u00e9`, `\ud83d\ude00`.
enum JSONEscape {
  /// The UTF-16 unit of four hexadecimal digits; nil where there are none.
  static func unit(_ base: UnsafePointer<UInt8>, _ from: Int, _ end: Int) -> UInt32? {
    guard from &+ 4 <= end else { return nil }
    var unit: UInt32 = 0
    for k in 0..<4 {
      let c = base[from &+ k]
      let digit: UInt8
      switch c {
      case 0x30...0x39: digit = c &- 0x30
      case 0x41...0x46: digit = c &- 0x37
      case 0x61...0x66: digit = c &- 0x57
      default: return nil
      }
      unit = unit &<< 4 | UInt32(digit)
    }
    return unit
  }

  /// Writes what a checked text with escapes stands for and returns its length, which is never more
  /// than the text's.
  static func resolve(
    _ text: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    guard let base = text.baseAddress else { return 0 }
    let end = text.count
    var at = 0
    var out = 0
    while at < end {
      let c = base[at]
      at &+= 1
      guard c == UInt8(ascii: "\\"), at < end else {
        target[out] = c
        out &+= 1
        continue
      }
      let kind = base[at]
      at &+= 1
      if kind == UInt8(ascii: "u") {
        out &+= write(codePoint(base, &at, end), to: target + out)
      } else {
        target[out] = plain(kind)
        out &+= 1
      }
    }
    return out
  }

  private static func plain(_ kind: UInt8) -> UInt8 {
    switch kind {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: kind
    }
  }

  /// Stands behind the `u`; goes behind the last digit.
  private static func codePoint(
    _ base: UnsafePointer<UInt8>, _ at: inout Int, _ end: Int
  ) -> UInt32 {
    let unit = unit(base, at, end) ?? 0xFFFD
    at &+= 4
    guard unit & 0xFC00 == 0xD800, let low = self.unit(base, at &+ 2, end) else { return unit }
    at &+= 6
    return 0x10000 &+ (unit & 0x3FF) &<< 10 | low & 0x3FF
  }

  private static func write(_ point: UInt32, to target: UnsafeMutablePointer<UInt8>) -> Int {
    func byte(_ value: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: value) }
    if point < 0x80 {
      target[0] = byte(point)
      return 1
    }
    if point < 0x800 {
      target[0] = byte(0xC0 | point &>> 6)
      target[1] = byte(0x80 | point & 0x3F)
      return 2
    }
    if point < 0x10000 {
      target[0] = byte(0xE0 | point &>> 12)
      target[1] = byte(0x80 | point &>> 6 & 0x3F)
      target[2] = byte(0x80 | point & 0x3F)
      return 3
    }
    target[0] = byte(0xF0 | point &>> 18)
    target[1] = byte(0x80 | point &>> 12 & 0x3F)
    target[2] = byte(0x80 | point &>> 6 & 0x3F)
    target[3] = byte(0x80 | point & 0x3F)
    return 4
  }
}
