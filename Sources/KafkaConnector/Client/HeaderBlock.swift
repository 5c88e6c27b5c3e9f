internal import CRdKafka

/// Record headers between librdkafka's list and the engine's block of bytes: (UInt32 name length,
/// name, Int32 value length or -1 for null, value)*, little-endian.
enum HeaderBlock {
  /// Appends a list to `block`.
  static func append(_ headers: OpaquePointer, to block: inout [UInt8]) {
    var index = 0
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var size = 0
    while rd_kafka_header_get_all(headers, index, &name, &value, &size)
      == RD_KAFKA_RESP_ERR_NO_ERROR
    {
      index += 1
      guard let name else { continue }
      let nameBytes = UnsafeBufferPointer(start: name, count: length(name))
      append(UInt32(clamping: nameBytes.count), to: &block)
      for byte in nameBytes { block.append(UInt8(bitPattern: byte)) }
      guard let value else {
        append(UInt32(bitPattern: -1), to: &block)
        continue
      }
      append(UInt32(clamping: size), to: &block)
      block.append(contentsOf: UnsafeRawBufferPointer(start: value, count: size))
    }
  }

  /// A new list for librdkafka; nil if the block is empty or broken off.
  static func headers(_ block: UnsafeBufferPointer<UInt8>) -> OpaquePointer? {
    guard !block.isEmpty, let headers = rd_kafka_headers_new(4) else { return nil }
    let bytes = UnsafeRawBufferPointer(block)
    var at = 0
    while at + 4 <= bytes.count {
      let nameSize = Int(
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
      guard at + 8 + nameSize <= bytes.count else { break }
      let name = UnsafeRawBufferPointer(rebasing: bytes[(at + 4)..<(at + 4 + nameSize)])
      at += 4 + nameSize
      let size = Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int32.self)))
      at += 4
      guard size >= 0 else {
        add(headers, name, nil)
        continue
      }
      guard at + size <= bytes.count else { break }
      add(headers, name, UnsafeRawBufferPointer(rebasing: bytes[at..<(at + size)]))
      at += size
    }
    return headers
  }

  private static func add(
    _ headers: OpaquePointer, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?
  ) {
    // A null value has no address; an empty one must have one.
    let address = value.map { $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1)! }
    rd_kafka_header_add(
      headers, name.assumingMemoryBound(to: CChar.self).baseAddress, name.count, address,
      value?.count ?? 0)
  }

  private static func append(_ number: UInt32, to block: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { block.append(contentsOf: $0) }
  }

  private static func length(_ text: UnsafePointer<CChar>) -> Int {
    var count = 0
    while text[count] != 0 { count += 1 }
    return count
  }
}
