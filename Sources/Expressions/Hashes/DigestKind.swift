import Columns

/// The cryptographic hashes, by the names of their functions.
enum DigestKind: String {
  case md5, sha1, sha224, sha256, sha384, sha512

  func digest(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    switch self {
    case .md5: MD5.digest(text)
    case .sha1: SHA1.digest(text)
    case .sha224: SHA256.digest224(text)
    case .sha256: SHA256.digest(text)
    case .sha384: SHA512.digest384(text)
    case .sha512: SHA512.digest(text)
    }
  }

  private var blockSize: Int {
    switch self {
    case .md5, .sha1, .sha224, .sha256: 64
    case .sha384, .sha512: 128
    }
  }

  /// HMAC (RFC 2104) of a message under a key.
  func authentication(
    _ message: UnsafeBufferPointer<UInt8>, key: UnsafeBufferPointer<UInt8>
  ) -> [UInt8] {
    var block = key.count > blockSize ? digest(key) : Array(key)
    block += [UInt8](repeating: 0, count: blockSize - block.count)
    let inner = (block.map { $0 ^ 0x36 } + message).withUnsafeBufferPointer(digest)
    return (block.map { $0 ^ 0x5C } + inner).withUnsafeBufferPointer(digest)
  }
}

/// `md5`, `sha256` and the like as hexadecimal digits.
struct Digest: TextFunction {
  private let kind: DigestKind
  private var texts: TextReader?

  init(_ kind: DigestKind) { self.kind = kind }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    kind.digest(texts[row]).withUnsafeBufferPointer { Hex.write($0, to: buffer) }
    return true
  }
}

/// `hmac_sha256`, `hmac_sha512` and `pseudonym`: so many bytes of an HMAC as hexadecimal digits.
struct Authentication: TextFunction {
  private let kind: DigestKind
  private let length: Int
  private var texts: TextReader?
  private var keys: TextReader?

  init(_ kind: DigestKind, length: Int = .max) {
    self.kind = kind
    self.length = length
  }

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    keys = TextReader(arguments[1])
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts, let keys else { return false }
    let code = kind.authentication(texts[row], key: keys[row]).prefix(length)
    Array(code).withUnsafeBufferPointer { Hex.write($0, to: buffer) }
    return true
  }
}
