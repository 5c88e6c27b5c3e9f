/// Reads what `ByteWriter` wrote, never past its end: whatever the bytes are, the answer is a value
/// or a `CheckpointError` that names file and byte.
struct ByteReader {
  let bytes: [UInt8]
  private(set) var position: Int
  let end: Int
  let file: String
  /// Where `bytes` begins in the file.
  let base: Int

  /// Reads `range` of the bytes, or all.
  init(_ bytes: [UInt8], in range: Range<Int>? = nil, file: String, base: Int = 0) {
    self.bytes = bytes
    self.file = file
    self.base = base
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  var remaining: Int { end - position }

  mutating func byte() throws(CheckpointError) -> UInt8 {
    try need(1)
    defer { position += 1 }
    return bytes[position]
  }

  mutating func bool() throws(CheckpointError) -> Bool {
    switch try byte() {
    case 0: return false
    case 1: return true
    case let other: throw damaged("\(other) stands where a yes or no must be")
    }
  }

  mutating func uint32() throws(CheckpointError) -> UInt32 { try number() }
  mutating func uint64() throws(CheckpointError) -> UInt64 { try number() }
  mutating func int64() throws(CheckpointError) -> Int64 {
    Int64(bitPattern: try number() as UInt64)
  }

  /// A number of things that take at least `size` bytes each, so that no count makes the reader
  /// allocate more than the file could fill.
  mutating func count(of size: Int = 1) throws(CheckpointError) -> Int {
    let count = Int(try uint32())
    guard count <= remaining / size else {
      throw damaged("a count of \(count) is more than the file holds")
    }
    return count
  }

  mutating func text() throws(CheckpointError) -> String {
    let length = try count()
    guard let text = String(validating: bytes[position..<position + length], as: UTF8.self) else {
      throw damaged("a name is not UTF-8")
    }
    position += length
    return text
  }

  /// The next bytes, as a range of `bytes`.
  mutating func raw(_ count: Int) throws(CheckpointError) -> Range<Int> {
    try need(count)
    defer { position += count }
    return position..<position + count
  }

  /// Refuses bytes behind what was expected.
  func expectEnd() throws(CheckpointError) {
    guard position == end else { throw damaged("\(end - position) bytes too many") }
  }

  func damaged(_ reason: String) -> CheckpointError {
    CheckpointError(.damaged, file: file, offset: base + position, reason)
  }

  private func need(_ count: Int) throws(CheckpointError) {
    guard count >= 0, count <= remaining else { throw damaged("it ends too early") }
  }

  private mutating func number<N: FixedWidthInteger & UnsignedInteger>()
    throws(CheckpointError) -> N
  {
    let size = N.bitWidth / 8
    try need(size)
    var value: N = 0
    for k in 0..<size { value |= N(bytes[position + k]) << N(8 * k) }
    position += size
    return value
  }
}
