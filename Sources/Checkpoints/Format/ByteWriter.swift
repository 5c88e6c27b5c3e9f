import CPlatform

/// Bytes of a checkpoint file in the making: little-endian numbers, length-prefixed text.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

  var count: Int { bytes.count }

  mutating func put(_ value: UInt8) { bytes.append(value) }
  mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }
  mutating func put(_ value: UInt32) { putNumber(value) }
  mutating func put(_ value: UInt64) { putNumber(value) }
  mutating func put(_ value: Int64) { putNumber(UInt64(bitPattern: value)) }
  mutating func put(count value: Int) { putNumber(UInt32(truncatingIfNeeded: value)) }

  mutating func put(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      put(count: utf8.count)
      bytes.append(contentsOf: utf8)
    }
  }

  mutating func put(raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }
  mutating func put(raw: [UInt8]) { bytes.append(contentsOf: raw) }

  /// Appends the checksum of everything from `start` on.
  mutating func putChecksum(from start: Int) {
    put(checksum(bytes, in: start..<bytes.count))
  }

  /// Hands over what was written and begins anew.
  mutating func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  private mutating func putNumber<N: FixedWidthInteger>(_ value: N) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

/// CRC-32C of a range of bytes. O(count).
func checksum(_ bytes: [UInt8], in range: Range<Int>) -> UInt32 {
  bytes.withUnsafeBytes { buffer in
    let part = UnsafeRawBufferPointer(rebasing: buffer[range])
    guard let base = part.baseAddress else { return raudal_crc32c(0, "", 0) }
    return raudal_crc32c(0, base, part.count)
  }
}
