/// CRC-32 of IEEE 802.3, as zlib and Java have it.
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
    }
  }

  static func checksum(_ text: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var value: UInt32 = .max
    for byte in text {
      value = value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
    }
    return ~value
  }
}

/// XXH64 (the xxHash specification, version 0.1.1) with seed 0.
enum XXHash64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  static func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var at = 0
    var hash: UInt64
    if text.count >= 32 {
      var lanes = (prime1 &+ prime2, prime2, UInt64(0), 0 &- prime1)
      while at + 32 <= text.count {
        lanes.0 = round(lanes.0, word(text, at))
        lanes.1 = round(lanes.1, word(text, at + 8))
        lanes.2 = round(lanes.2, word(text, at + 16))
        lanes.3 = round(lanes.3, word(text, at + 24))
        at += 32
      }
      hash =
        rotate(lanes.0, 1) &+ rotate(lanes.1, 7) &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
      for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
        hash = (hash ^ round(0, lane)) &* prime1 &+ prime4
      }
    } else {
      hash = prime5
    }
    return finish(hash &+ UInt64(text.count), text, at)
  }

  private static func finish(
    _ begun: UInt64, _ text: UnsafeBufferPointer<UInt8>, _ start: Int
  ) -> UInt64 {
    var hash = begun
    var at = start
    while at + 8 <= text.count {
      hash = rotate(hash ^ round(0, word(text, at)), 27) &* prime1 &+ prime4
      at += 8
    }
    if at + 4 <= text.count {
      hash = rotate(hash ^ bytes(text, at, 4) &* prime1, 23) &* prime2 &+ prime3
      at += 4
    }
    while at < text.count {
      hash = rotate(hash ^ UInt64(text[at]) &* prime5, 11) &* prime1
      at += 1
    }
    hash = (hash ^ hash >> 33) &* prime2
    hash = (hash ^ hash >> 29) &* prime3
    return hash ^ hash >> 32
  }

  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotate(lane &+ word &* prime2, 31) &* prime1
  }

  private static func word(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt64 {
    bytes(text, at, 8)
  }

  /// Little-endian.
  private static func bytes(
    _ text: UnsafeBufferPointer<UInt8>, _ at: Int, _ count: Int
  ) -> UInt64 {
    var value: UInt64 = 0
    for i in (0..<count).reversed() { value = value << 8 | UInt64(text[at + i]) }
    return value
  }

  @inline(__always)
  private static func rotate(_ x: UInt64, _ count: UInt64) -> UInt64 {
    x << count | x >> (64 - count)
  }
}
