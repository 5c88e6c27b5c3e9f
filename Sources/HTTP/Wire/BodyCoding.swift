import CZlib

/// How a body is packed.
enum BodyCoding: Equatable {
  case plain
  case gzip
  case deflate
  /// In a way that was not asked for, or in several.
  case unknown

  /// By its name in `Content-Encoding`.
  init(_ name: UnsafeRawBufferPointer) {
    if HeaderLine.isEqual(name, "gzip") || HeaderLine.isEqual(name, "x-gzip") {
      self = .gzip
    } else if HeaderLine.isEqual(name, "deflate") {
      self = .deflate
    } else if HeaderLine.isEqual(name, "identity") {
      self = .plain
    } else {
      self = .unknown
    }
  }

  /// At most `limit` bytes.
  func unpacked(_ body: [UInt8], limit: Int) throws(ResponseFault) -> [UInt8] {
    // A response without a body may say how it would be packed.
    guard self != .plain, !body.isEmpty else { return body }
    guard self != .unknown else { throw .garbage("its `Content-Encoding` was not asked for") }
    // As zlib says gzip, its own form, and deflate alone, which some servers mean by the name.
    return try Self.inflate(body, self == .gzip ? 31 : Self.isZlib(body) ? 15 : -15, limit)
  }

  /// By its header (RFC 1950, 2.2).
  private static func isZlib(_ body: [UInt8]) -> Bool {
    body.count > 1 && body[0] & 0x0F == 8 && (Int(body[0]) << 8 | Int(body[1])) % 31 == 0
  }

  private static func inflate(
    _ body: [UInt8], _ window: Int32, _ limit: Int
  ) throws(ResponseFault) -> [UInt8] {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, window, ZLIB_VERSION, size) == Z_OK else {
      throw ResponseFault(.other, "there is no memory to unpack it")
    }
    defer { inflateEnd(&stream) }
    var result: [UInt8] = []
    var code = Z_OK
    var piece = [UInt8](repeating: 0, count: 32 << 10)
    body.withUnsafeBytes { packed in
      stream.next_in = UnsafeMutablePointer(
        mutating: packed.bindMemory(to: UInt8.self).baseAddress)
      stream.avail_in = UInt32(packed.count)
      while code == Z_OK, result.count <= limit {
        let count = piece.withUnsafeMutableBufferPointer { room in
          stream.next_out = room.baseAddress
          stream.avail_out = UInt32(room.count)
          code = CZlib.inflate(&stream, Z_NO_FLUSH)
          return room.count - Int(stream.avail_out)
        }
        result.append(contentsOf: piece[..<count])
        // A file may be several, one behind the other (RFC 1952, 2.2).
        if code == Z_STREAM_END, window == 31, stream.avail_in > 0 { code = inflateReset(&stream) }
      }
    }
    guard result.count <= limit else { throw .tooLong(limit) }
    guard code == Z_STREAM_END else { throw .garbage("it cannot be unpacked") }
    return result
  }
}

extension ResponseFault {
  static func tooLong(_ limit: Int) -> ResponseFault {
    ResponseFault(.tooLarge, "the answer is longer than \(limit) bytes")
  }
}
