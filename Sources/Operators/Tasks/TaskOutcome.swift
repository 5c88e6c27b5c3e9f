/// How a task ended, as journals, states and rows have it.
struct TaskOutcome: Hashable, Sendable {
  var isDone: Bool
  /// What the server said in a number.
  var status: Int?
  /// Calls, the last among them.
  var attempts = 0
  var firstError: String?
  /// Why it failed.
  var error: String?
  /// From its first call until its last answer, in microseconds.
  var latency: Int64?
  var response: [UInt8]?
}

extension TaskOutcome {
  /// Bits of the first byte: what is there.
  private enum Part {
    static let done: UInt8 = 1
    static let status: UInt8 = 2
    static let firstError: UInt8 = 4
    static let error: UInt8 = 8
    static let latency: UInt8 = 16
    static let response: UInt8 = 32
    static let all: UInt8 = 63
  }

  /// Of an encoded outcome, by its first byte.
  static func isDone(_ parts: UInt8) -> Bool { parts & Part.done != 0 }

  var encoded: [UInt8] {
    var bytes = ByteWriter()
    bytes.bytes.reserveCapacity(32 + (response?.count ?? 0))
    bytes.append(
      (isDone ? Part.done : 0) | (status == nil ? 0 : Part.status)
        | (firstError == nil ? 0 : Part.firstError) | (error == nil ? 0 : Part.error)
        | (latency == nil ? 0 : Part.latency) | (response == nil ? 0 : Part.response))
    bytes.append(UInt32(clamping: attempts))
    if let status { bytes.append(UInt64(bitPattern: Int64(status))) }
    if let latency { bytes.append(UInt64(bitPattern: latency)) }
    if let firstError { bytes.append(text: firstError.utf8) }
    if let error { bytes.append(text: error.utf8) }
    if let response { bytes.append(text: response) }
    return bytes.bytes
  }

  /// nil where the bytes are none that `encoded` made.
  init?(decoding bytes: ArraySlice<UInt8>) {
    var reader = ByteReader(bytes)
    guard let parts = reader.byte(), parts & ~Part.all == 0, let attempts = reader.uint32() else {
      return nil
    }
    isDone = parts & Part.done != 0
    self.attempts = Int(attempts)
    if parts & Part.status != 0 {
      guard let value = reader.uint64() else { return nil }
      status = Int(Int64(bitPattern: value))
    }
    if parts & Part.latency != 0 {
      guard let value = reader.uint64() else { return nil }
      latency = Int64(bitPattern: value)
    }
    if parts & Part.firstError != 0 {
      guard let value = reader.text() else { return nil }
      firstError = String(decoding: value, as: UTF8.self)
    }
    if parts & Part.error != 0 {
      guard let value = reader.text() else { return nil }
      error = String(decoding: value, as: UTF8.self)
    }
    if parts & Part.response != 0 {
      guard let value = reader.text() else { return nil }
      response = Array(value)
    }
    guard reader.isAtEnd else { return nil }
  }
}

/// Writes numbers, little-endian, and texts with their lengths.
struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func append(_ byte: UInt8) { bytes.append(byte) }
  mutating func append(_ value: UInt16) {
    bytes.append(UInt8(truncatingIfNeeded: value))
    bytes.append(UInt8(truncatingIfNeeded: value >> 8))
  }
  mutating func append(_ value: UInt32) {
    append(UInt16(truncatingIfNeeded: value))
    append(UInt16(truncatingIfNeeded: value >> 16))
  }
  mutating func append(_ value: UInt64) {
    append(UInt32(truncatingIfNeeded: value))
    append(UInt32(truncatingIfNeeded: value >> 32))
  }
  mutating func append(text: some Collection<UInt8>) {
    append(UInt32(text.count))
    bytes.append(contentsOf: text)
  }
}

/// Reads what a `ByteWriter` wrote; nil where that is not what is there.
struct ByteReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() -> UInt8? { rest.popFirst() }
  mutating func uint16() -> UInt16? {
    guard rest.count >= 2, let low = byte(), let high = byte() else { return nil }
    return UInt16(low) | UInt16(high) << 8
  }
  mutating func uint32() -> UInt32? {
    guard rest.count >= 4, let low = uint16(), let high = uint16() else { return nil }
    return UInt32(low) | UInt32(high) << 16
  }
  mutating func uint64() -> UInt64? {
    guard rest.count >= 8, let low = uint32(), let high = uint32() else { return nil }
    return UInt64(low) | UInt64(high) << 32
  }
  mutating func text() -> ArraySlice<UInt8>? {
    guard let count = uint32(), Int(count) <= rest.count else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return rest.prefix(Int(count))
  }
  mutating func remaining() -> ArraySlice<UInt8> {
    defer { rest = [] }
    return rest
  }
}
