import Columns

/// An IP address, its bits at the lower end of `bits`.
struct InternetAddress: Equatable {
  let isV6: Bool
  let bits: UInt128

  var width: Int { isV6 ? 128 : 32 }

  init(isV6: Bool, bits: UInt128) {
    self.isV6 = isV6
    self.bits = bits
  }

  /// nil for text that is no address; parts of IPv4 have no leading zeros, as some would read them
  /// as octal.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    guard text.count >= 2, text.count <= 45 else { return nil }
    if text.contains(UInt8(ascii: ":")) {
      guard let bits = Self.v6(text) else { return nil }
      self.init(isV6: true, bits: bits)
    } else {
      guard let bits = Self.v4(text[...]) else { return nil }
      self.init(isV6: false, bits: UInt128(bits))
    }
  }

  private static func v4(_ text: Swift.Slice<UnsafeBufferPointer<UInt8>>) -> UInt32? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.count), part.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
        part.count == 1 || part.first != UInt8(ascii: "0")
      else { return nil }
      let value = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - UInt8(ascii: "0")) }
      guard value < 256 else { return nil }
      bits = bits << 8 | value
    }
    return bits
  }

  /// RFC 4291: groups of hex digits, `::` for a run of zeros, IPv4 at the end.
  private static func v6(_ text: UnsafeBufferPointer<UInt8>) -> UInt128? {
    let colon = UInt8(ascii: ":")
    var gap: Int?
    for i in 0..<(text.count - 1) where text[i] == colon && text[i + 1] == colon {
      if gap != nil { return nil }
      gap = i
    }
    guard let gap else {
      guard let all = groups(text[...]), all.count == 8 else { return nil }
      return joined(all)
    }
    guard let head = groups(text[..<gap]), let tail = groups(text[(gap + 2)...]),
      head.count + tail.count <= 7
    else { return nil }
    let zeros = [UInt16](repeating: 0, count: 8 - head.count - tail.count)
    return joined(head + zeros + tail)
  }

  private static func joined(_ groups: [UInt16]) -> UInt128 {
    groups.reduce(0) { $0 << 16 | UInt128($1) }
  }

  private static func groups(_ text: Swift.Slice<UnsafeBufferPointer<UInt8>>) -> [UInt16]? {
    if text.isEmpty { return [] }
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var groups: [UInt16] = []
    for (index, part) in parts.enumerated() {
      if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
        guard let last = v4(part) else { return nil }
        groups += [UInt16(last >> 16), UInt16(truncatingIfNeeded: last)]
        continue
      }
      guard (1...4).contains(part.count) else { return nil }
      var value: UInt16 = 0
      for byte in part {
        guard let digit = Hex.value(byte) else { return nil }
        value = value << 4 | UInt16(digit)
      }
      groups.append(value)
    }
    return groups
  }

  /// The first so many bits, zeros behind them; nil where there are not so many.
  func prefix(_ count: Int64) -> InternetAddress? {
    guard count >= 0, count <= Int64(width) else { return nil }
    let rest = width - Int(count)
    if rest == 128 { return InternetAddress(isV6: isV6, bits: 0) }
    return InternetAddress(isV6: isV6, bits: (bits >> UInt128(rest)) << UInt128(rest))
  }

  /// IPv4 in four parts, IPv6 as RFC 5952 writes it.
  func write(to buffer: ByteBuffer) {
    if !isV6 {
      let parts = [24, 16, 8, 0].map { (shift: UInt128) in "\(bits >> shift & 255)" }
      return buffer.append(string: parts.joined(separator: "."))
    }
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
    let gap = longestZeros(groups)
    func text(_ part: ArraySlice<UInt16>) -> String {
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard let gap else { return buffer.append(string: text(groups[...])) }
    buffer.append(
      string: text(groups[..<gap.lowerBound]) + "::" + text(groups[gap.upperBound...]))
  }

  /// The first of the longest runs of two or more zeros.
  private func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
    var best: Range<Int>?
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start >= 2, end - start > (best?.count ?? 0) { best = start..<end }
      start = max(end, start + 1)
    }
    return best
  }

  /// Of no public network (RFC 6890): private, shared, link-local, loopback, unspecified.
  var isPrivate: Bool {
    if isV6, bits >> 32 == 0xFFFF {
      return InternetAddress(isV6: false, bits: bits & 0xFFFF_FFFF).isPrivate
    }
    let blocks: [(UInt128, Int64)] =
      isV6
      ? [(0, 128), (1, 128), (0xFC << 120, 7), (0xFE80 << 112, 10)]
      : [
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8),
        (0xA9FE_0000, 16), (0xAC10_0000, 12), (0xC0A8_0000, 16),
      ]
    return blocks.contains { prefix($1)?.bits == $0 }
  }
}
