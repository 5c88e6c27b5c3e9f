import CLZ4
import CZlib
import CZstd

/// How pages are packed.
enum PageCodec: Int64 {
  case none = 0
  case snappy = 1
  case gzip = 2
  case lzo = 3
  case brotli = 4
  case lz4Framed = 5
  case zstd = 6
  case lz4 = 7

  static func name(_ code: Int64) -> String {
    switch PageCodec(rawValue: code) {
    case .lzo: "LZO"
    case .brotli: "Brotli"
    case .lz4Framed: "LZ4 in Hadoop's frames"
    default: "codec \(code)"
    }
  }

  var isRead: Bool { ![.lzo, .brotli, .lz4Framed].contains(self) }

  /// The bytes that a page stands for, which must be exactly so many.
  func unpack(_ packed: ArraySlice<UInt8>, size: Int) throws(ParquetFault) -> [UInt8] {
    let bytes: [UInt8]? =
      switch self {
      case .none: Array(packed)
      case .snappy: try Snappy.unpack(packed, size: size)
      case .gzip: Self.filled(packed, size, Self.inflate)
      case .zstd:
        Self.filled(packed, size) { input, output in
          ZSTD_decompress(output.baseAddress, output.count, input.baseAddress, input.count)
        }
      case .lz4:
        Self.filled(packed, size) { input, output in
          Int(
            LZ4_decompress_safe(
              UnsafeRawPointer(input.baseAddress)?.assumingMemoryBound(to: CChar.self),
              UnsafeMutableRawPointer(output.baseAddress)?.assumingMemoryBound(to: CChar.self),
              Int32(clamping: input.count), Int32(clamping: output.count)))
        }
      case .lzo, .brotli, .lz4Framed: nil
      }
    guard let bytes, bytes.count == size else { throw ParquetFault("its bytes can't be unpacked") }
    return bytes
  }

  /// Room for so many bytes, which `unpack` fills; nil where it fills less, or fails: then what it
  /// returns is another number.
  private static func filled(
    _ packed: ArraySlice<UInt8>, _ size: Int,
    _ unpack: (UnsafeBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>) -> Int
  ) -> [UInt8]? {
    // C's functions want an address also of nothing.
    guard size > 0 else { return [] }
    var isWhole = false
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { room, count in
      let output = UnsafeMutableBufferPointer(start: room.baseAddress, count: size)
      isWhole = packed.withUnsafeBufferPointer { unpack($0, output) } == size
      count = isWhole ? size : 0
    }
    return isWhole ? bytes : nil
  }

  /// Members of gzip, or of zlib's own form, one behind the other.
  private static func inflate(
    _ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    var stream = z_stream()
    stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    stream.avail_in = UInt32(clamping: input.count)
    stream.next_out = output.baseAddress
    stream.avail_out = UInt32(clamping: output.count)
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, size) == Z_OK else { return -1 }
    defer { inflateEnd(&stream) }
    while true {
      let end = CZlib.inflate(&stream, Z_NO_FLUSH)
      guard end == Z_STREAM_END else { return -1 }
      if stream.avail_out == 0 || stream.avail_in == 0 { break }
      guard inflateReset(&stream) == Z_OK else { return -1 }
    }
    return output.count - Int(stream.avail_out)
  }

  /// CRC-32 as zlib has it.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer { buffer in
      UInt32(truncatingIfNeeded: crc32(0, buffer.baseAddress, UInt32(clamping: buffer.count)))
    }
  }
}
