import CLZ4
import CZlib
import CZstd

/// Zstandard frames.
final class ZstdUnpacker: Unpacker {
  private let stream: OpaquePointer

  init?() {
    guard let stream = ZSTD_createDStream() else { return nil }
    self.stream = stream
  }

  deinit { ZSTD_freeDStream(stream) }

  func step(
    _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>
  ) -> CodecStep? {
    var from = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var to = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let left = ZSTD_decompressStream(stream, &to, &from)
    guard ZSTD_isError(left) == 0 else { return nil }
    return CodecStep(consumed: from.pos, produced: to.pos, isAtFrameEnd: left == 0)
  }
}

final class ZstdPacker: Packer {
  private let stream: OpaquePointer

  init?() {
    guard let stream = ZSTD_createCCtx() else { return nil }
    self.stream = stream
    _ = ZSTD_CCtx_setParameter(stream, ZSTD_c_compressionLevel, 3)
    _ = ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1)
  }

  deinit { ZSTD_freeCCtx(stream) }

  func pack(_ bytes: [UInt8]) -> [UInt8]? { run(bytes, ZSTD_e_continue) }

  func finish() -> [UInt8]? { run([], ZSTD_e_end) }

  private func run(_ bytes: [UInt8], _ mode: ZSTD_EndDirective) -> [UInt8]? {
    var packed: [UInt8] = []
    var room = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
    let isDone = bytes.withUnsafeBytes { input -> Bool in
      var from = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
      while true {
        let (left, count) = room.withUnsafeMutableBytes { output in
          var to = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
          let left = ZSTD_compressStream2(stream, &to, &from, mode)
          return (left, to.pos)
        }
        guard ZSTD_isError(left) == 0 else { return false }
        packed += room[..<count]
        if mode == ZSTD_e_end ? left == 0 : from.pos == from.size { return true }
      }
    }
    return isDone ? packed : nil
  }
}

/// LZ4 frames.
final class LZ4Unpacker: Unpacker {
  private let context: OpaquePointer

  init?() {
    var context: OpaquePointer?
    guard LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0,
      let context
    else { return nil }
    self.context = context
  }

  deinit { LZ4F_freeDecompressionContext(context) }

  func step(
    _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>
  ) -> CodecStep? {
    var consumed = input.count
    var produced = output.count
    let hint = LZ4F_decompress(
      context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
    guard LZ4F_isError(hint) == 0 else { return nil }
    return CodecStep(consumed: consumed, produced: produced, isAtFrameEnd: hint == 0)
  }
}

final class LZ4Packer: Packer {
  private let context: OpaquePointer
  private var hasBegun = false

  init?() {
    var context: OpaquePointer?
    guard LZ4F_isError(LZ4F_createCompressionContext(&context, UInt32(LZ4F_VERSION))) == 0,
      let context
    else { return nil }
    self.context = context
  }

  deinit { LZ4F_freeCompressionContext(context) }

  func pack(_ bytes: [UInt8]) -> [UInt8]? {
    guard let head = begin() else { return nil }
    var room = [UInt8](repeating: 0, count: LZ4F_compressBound(bytes.count, nil))
    let count = LZ4F_compressUpdate(context, &room, room.count, bytes, bytes.count, nil)
    return LZ4F_isError(count) == 0 ? head + room[..<count] : nil
  }

  func finish() -> [UInt8]? {
    guard let head = begin() else { return nil }
    var room = [UInt8](repeating: 0, count: LZ4F_compressBound(0, nil))
    let count = LZ4F_compressEnd(context, &room, room.count, nil)
    return LZ4F_isError(count) == 0 ? head + room[..<count] : nil
  }

  /// The frame's head before the first bytes, nothing later.
  private func begin() -> [UInt8]? {
    if hasBegun { return [] }
    hasBegun = true
    var room = [UInt8](repeating: 0, count: Int(LZ4F_HEADER_SIZE_MAX))
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
    let count = LZ4F_compressBegin(context, &room, room.count, &preferences)
    return LZ4F_isError(count) == 0 ? Array(room[..<count]) : nil
  }
}

/// Members of RFC 1952.
final class GzipUnpacker: Unpacker {
  private let stream: UnsafeMutablePointer<z_stream>
  /// Between two members, or behind the last.
  private var isBehindMember = false

  init?() {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, and a gzip head.
    let result = inflateInit2_(
      stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else {
      stream.deallocate()
      return nil
    }
    self.stream = stream
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func step(
    _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>
  ) -> CodecStep? {
    // Tapes and archives fill the rest of a block with zeros.
    if isBehindMember, input.first == 0 {
      return CodecStep(
        consumed: input.prefix { $0 == 0 }.count, produced: 0, isAtFrameEnd: true)
    }
    isBehindMember = false
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    stream.pointee.avail_in = UInt32(truncatingIfNeeded: input.count)
    stream.pointee.next_out = output.baseAddress
    stream.pointee.avail_out = UInt32(truncatingIfNeeded: output.count)
    let result = inflate(stream, Z_NO_FLUSH)
    let consumed = input.count - Int(stream.pointee.avail_in)
    let produced = output.count - Int(stream.pointee.avail_out)
    if result == Z_STREAM_END {
      guard inflateReset(stream) == Z_OK else { return nil }
      isBehindMember = true
      return CodecStep(consumed: consumed, produced: produced, isAtFrameEnd: true)
    }
    guard result == Z_OK || result == Z_BUF_ERROR else { return nil }
    return CodecStep(consumed: consumed, produced: produced, isAtFrameEnd: false)
  }
}

final class GzipPacker: Packer {
  private let stream: UnsafeMutablePointer<z_stream>

  init?() {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let result = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else {
      stream.deallocate()
      return nil
    }
    self.stream = stream
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  func pack(_ bytes: [UInt8]) -> [UInt8]? { run(bytes, Z_NO_FLUSH) }

  func finish() -> [UInt8]? { run([], Z_FINISH) }

  private func run(_ bytes: [UInt8], _ mode: Int32) -> [UInt8]? {
    var packed: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 64 * 1024)
    let isDone = bytes.withUnsafeBufferPointer { input -> Bool in
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.pointee.avail_in = UInt32(truncatingIfNeeded: input.count)
      while true {
        let result = room.withUnsafeMutableBufferPointer { output in
          stream.pointee.next_out = output.baseAddress
          stream.pointee.avail_out = UInt32(truncatingIfNeeded: output.count)
          return deflate(stream, mode)
        }
        guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
          return false
        }
        packed += room[..<(room.count - Int(stream.pointee.avail_out))]
        if result == Z_STREAM_END { return true }
        if mode == Z_NO_FLUSH, stream.pointee.avail_out > 0 { return true }
      }
    }
    return isDone ? packed : nil
  }
}
