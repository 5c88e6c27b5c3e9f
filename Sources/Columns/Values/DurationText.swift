/// Durations as the language writes them: `1h30m`, `250ms`, `-2d`.
package enum DurationText {
  private static let units: [(name: StaticString, micros: Int64)] = [
    ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000),
    ("ms", 1000), ("us", 1),
  ]

  /// Microseconds; nil where the bytes are no duration, or it is out of range. Units may come in
  /// any order; a number may have no fraction.
  package static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard let base = bytes.baseAddress else { return nil }
    var scan = DigitScan(base, bytes.count)
    let isNegative = scan.take("-")
    guard !scan.isAtEnd else { return nil }
    var total: Int64 = 0
    while !scan.isAtEnd {
      guard let (number, _) = scan.digits(atMost: 18), let unit = parseUnit(&scan) else {
        return nil
      }
      let (micros, over) = number.multipliedReportingOverflow(by: unit)
      let (sum, carry) = total.addingReportingOverflow(micros)
      guard !over, !carry else { return nil }
      total = sum
    }
    return isNegative ? -total : total
  }

  private static func parseUnit(_ scan: inout DigitScan) -> Int64? {
    if scan.take("d") { return 86_400_000_000 }
    if scan.take("h") { return 3_600_000_000 }
    if scan.take("m") { return scan.take("s") ? 1000 : 60_000_000 }
    if scan.take("s") { return 1_000_000 }
    return scan.take("u") && scan.take("s") ? 1 : nil
  }

  /// Writes the largest units first; zero is `0s`.
  package static func write(_ micros: Int64, to buffer: ByteBuffer) {
    if micros == 0 { return buffer.append("0s") }
    if micros < 0 { buffer.append(UInt8(ascii: "-")) }
    var rest = micros.magnitude
    for unit in units {
      let (count, left) = rest.quotientAndRemainder(dividingBy: UInt64(unit.micros))
      rest = left
      guard count > 0 else { continue }
      let target = buffer.reserve(20)
      buffer.commit(IntegerText.write(count, to: target))
      buffer.append(unit.name)
    }
  }
}
