/// Takes the chunks of a body apart (RFC 9112, 7.1), in whatever pieces they come. Extensions of
/// chunks and fields behind the last one are passed over.
struct ChunkedBody {
  /// Digits of a size that are believed.
  private static let mostDigits = 12

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
  private var digits = 0
  /// Whether the byte before was a carriage return that a line's end must follow.
  private var hasReturn = false
  /// Bytes that may stand between two pieces of data, and behind the last, and how many did.
  private let limit: Int
  private var overhead = 0

  init(limit: Int) { self.limit = limit }

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
        overhead = 0
        if size == 0 { place = .endOfData }
      } else {
        try step(bytes[at])
        at += 1
        overhead += 1
        guard overhead <= limit else {
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
      guard digits < Self.mostDigits || size == 0 else {
        throw .garbage("a chunk's size is no size")
      }
      size = size << 4 | digit
      digits += 1
      return
    }
    let ends = byte == 0x0D || byte == 0x0A || byte == UInt8(ascii: ";") || HeaderLine.isSpace(byte)
    guard digits > 0, ends else { throw .garbage("a chunk's size is no size") }
    digits = 0
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
