/// How a file's bytes are packed.
package enum Compression: String, Sendable {
  case none, zstd, lz4, gzip

  /// By the option's word, and for `auto` by the file's name.
  init(option: String, path: String) {
    if let named = Compression(rawValue: option) {
      self = named
    } else if path.hasSuffix(".zst") || path.hasSuffix(".zstd") {
      self = .zstd
    } else if path.hasSuffix(".lz4") {
      self = .lz4
    } else if path.hasSuffix(".gz") {
      self = .gzip
    } else {
      self = .none
    }
  }

  /// What names of such files end with.
  var suffix: String {
    switch self {
    case .none: ""
    case .zstd: ".zst"
    case .lz4: ".lz4"
    case .gzip: ".gz"
    }
  }
}

/// A step of a streaming codec.
struct CodecStep {
  var consumed: Int
  var produced: Int
  /// The frame or member has ended; more input begins a new one.
  var isAtFrameEnd: Bool
}

/// Unpacks a stream piece by piece. Concatenated frames are one stream.
protocol Unpacker: AnyObject {
  /// nil where the input is damaged.
  func step(
    _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>
  ) -> CodecStep?
}

/// Packs a stream piece by piece into one frame.
protocol Packer: AnyObject {
  /// The packed bytes that are ready; nil where the codec failed (no memory).
  func pack(_ bytes: [UInt8]) -> [UInt8]?
  /// The rest, and the frame's end. Called once.
  func finish() -> [UInt8]?
}

extension Compression {
  /// nil for `none`, and where the codec has no memory.
  func makeUnpacker() -> (any Unpacker)? {
    switch self {
    case .none: nil
    case .zstd: ZstdUnpacker()
    case .lz4: LZ4Unpacker()
    case .gzip: GzipUnpacker()
    }
  }

  func makePacker() -> (any Packer)? {
    switch self {
    case .none: nil
    case .zstd: ZstdPacker()
    case .lz4: LZ4Packer()
    case .gzip: GzipPacker()
    }
  }
}
