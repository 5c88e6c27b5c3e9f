import CZstd

/// Compresses blocks; one context serves many.
final class Compressor {
  private let context = ZSTD_createCCtx()
  /// Level 1: state is written every few seconds, and the disk is faster than higher levels.
  private static let level: Int32 = 1

  deinit { ZSTD_freeCCtx(context) }

  /// nil if the library refuses (out of memory).
  func compress(_ bytes: [UInt8]) -> [UInt8]? {
    let bound = ZSTD_compressBound(bytes.count)
    var failed = false
    let result = [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      let size = bytes.withUnsafeBytes { source in
        ZSTD_compressCCtx(
          context, target.baseAddress, bound, source.baseAddress, source.count, Self.level)
      }
      failed = ZSTD_isError(size) != 0
      count = failed ? 0 : size
    }
    return failed ? nil : result
  }
}

/// Undoes `Compressor`. nil if the bytes are no compressed block of exactly `size` bytes.
func decompress(_ bytes: [UInt8], in range: Range<Int>, size: Int) -> [UInt8]? {
  var got = -1
  let result = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { target, count in
    let produced = bytes.withUnsafeBytes { buffer in
      let source = UnsafeRawBufferPointer(rebasing: buffer[range])
      return ZSTD_decompress(target.baseAddress, size, source.baseAddress, source.count)
    }
    if ZSTD_isError(produced) == 0 {
      got = produced
      count = produced
    }
  }
  return got == size ? result : nil
}
