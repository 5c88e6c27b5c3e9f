/// Takes the chunks of a body apart (RFC 9112, 7.1), in whatever pieces they come. Extensions of
/// chunks and fields behind the last one are passed over.
struct ChunkedBody {
  /// Sizes up to which another digit is believed.
  private static let mostSize = 1 << 44
  /// Bytes around chunks that may come for each byte in them: who sends single bytes needs five.
  private static let overheadOfByte = 16

  private enum Place {
    case size
    case restOfSizeLine
    case data
    case endOfData
    /// At a line's first byte behind the last chunk.
    case trailer
    case restOfTrailer
    case done
  }

  private var place = Place.size
  private var size = 0
  private var hasDigits = false
  /// Whether the byte before was a carriage return that a line's end must follow.
  private var hasReturn = false
  /// Bytes around chunks that may come yet.
  private var overheadLeft: Int

  /// `overhead`: bytes around chunks that may come, besides those that data brings with it.
  init(overhead: Int) { overheadLeft = overhead }

  var isDone: Bool { place == .done }

  /// Takes from the front of `bytes` and hands over data; returns how many it took.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer,
    _ data: (UnsafeRawBufferPointer) throws(ResponseFault) -> Void
  ) throws(ResponseFault) -> Int {
    var at = 0
    while at < bytes.count, place != .done {
      if place == .data {
        let count = min(size, bytes.count - at)
        try data(UnsafeRawBufferPointer(rebasing: bytes[at..<at + count]))
        size -= count
        at += count
        overheadLeft += Self.overheadOfByte * count
        if size == 0 { place = .endOfData }
      } else {
        try step(bytes[at])
        at += 1
        overheadLeft -= 1
        guard overheadLeft >= 0 else {
          throw ResponseFault(.tooLarge, "what stands around the answer's chunks is too long")
        }
      }
    }
    return at
  }

  private mutating func step(_ byte: UInt8) throws(ResponseFault) {
    if hasReturn, byte != 0x0A { throw .garbage("a line of its chunks ends wrongly") }
    switch place {
    case .size: try readSize(byte)
    case .restOfSizeLine: try endLine(byte) { $0.place = $0.size > 0 ? .data : .trailer }
    case .endOfData:
      guard byte == 0x0D || byte == 0x0A else { throw .garbage("a chunk is longer than it says") }
      try endLine(byte) { $0.place = .size }
    case .trailer:
      try endLine(byte) { $0.place = .done }
      if byte != 0x0D, byte != 0x0A { place = .restOfTrailer }
    case .restOfTrailer: try endLine(byte) { $0.place = .trailer }
    case .data, .done: break
    }
  }

  private mutating func readSize(_ byte: UInt8) throws(ResponseFault) {
    if let digit = Self.hexadecimal(byte) {
      guard size < Self.mostSize else { throw .garbage("a chunk's size is no size") }
      size = size << 4 | digit
      hasDigits = true
      return
    }
    let ends = byte == 0x0D || byte == 0x0A || byte == UInt8(ascii: ";") || HeaderLine.isSpace(byte)
    guard hasDigits, ends else { throw .garbage("a chunk's size is no size") }
    hasDigits = false
    place = .restOfSizeLine
    try step(byte)
  }

  private mutating func endLine(
    _ byte: UInt8, _ then: (inout ChunkedBody) -> Void
  ) throws(ResponseFault) {
    hasReturn = byte == 0x0D
    if byte == 0x0A { then(&self) }
  }

  private static func hexadecimal(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte - 0x30)
    case 0x41...0x46: Int(byte - 0x41) + 10
    case 0x61...0x66: Int(byte - 0x61) + 10
    default: nil
    }
  }
}
