extension XXH3 {
  /// Lengths above 16.
  @inline(never)
  static func hashLong(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
    secret.withUnsafeBytes { secret in
      // Never empty: the array has 192 bytes.
      guard let key = secret.baseAddress else { return ofNothing }
      if count <= 128 { return hash17to128(bytes, count, key) }
      if count <= 240 { return hash129to240(bytes, count, key) }
      return hashStripes(bytes, count, key)
    }
  }

  @inline(__always)
  private static func mix(_ bytes: UnsafeRawPointer, _ key: UnsafeRawPointer) -> UInt64 {
    fold(word(bytes, 0) ^ word(key, 0), word(bytes, 8) ^ word(key, 8))
  }

  @inline(__always)
  private static func hash17to128(
    _ bytes: UnsafeRawPointer, _ count: Int, _ key: UnsafeRawPointer
  ) -> UInt64 {
    var sum = UInt64(truncatingIfNeeded: count) &* prime1
    let end = bytes + count
    if count > 32 {
      if count > 64 {
        if count > 96 {
          sum = sum &+ mix(bytes + 48, key + 96) &+ mix(end - 64, key + 112)
        }
        sum = sum &+ mix(bytes + 32, key + 64) &+ mix(end - 48, key + 80)
      }
      sum = sum &+ mix(bytes + 16, key + 32) &+ mix(end - 32, key + 48)
    }
    return avalanche(sum &+ mix(bytes, key) &+ mix(end - 16, key + 16))
  }

  private static func hash129to240(
    _ bytes: UnsafeRawPointer, _ count: Int, _ key: UnsafeRawPointer
  ) -> UInt64 {
    var sum = UInt64(truncatingIfNeeded: count) &* prime1
    for i in 0..<8 { sum = sum &+ mix(bytes + 16 &* i, key + 16 &* i) }
    sum = avalanche(sum)
    for i in 8..<(count / 16) { sum = sum &+ mix(bytes + 16 &* i, key + (16 &* (i &- 8) &+ 3)) }
    return avalanche(sum &+ mix(bytes + (count - 16), key + (136 - 17)))
  }

  /// Lengths above 240: blocks of 16 stripes of 64 bytes.
  private static func hashStripes(
    _ bytes: UnsafeRawPointer, _ count: Int, _ key: UnsafeRawPointer
  ) -> UInt64 {
    var lanes = SIMD8<UInt64>(
      0xC2B2_AE3D, prime1, prime2, prime3, 0x85EB_CA77_C2B2_AE63, 0x85EB_CA77,
      0x27D4_EB2F_1656_67C5, 0x9E37_79B1)
    let blocks = (count - 1) / 1024
    for block in 0..<blocks {
      for stripe in 0..<16 {
        accumulate(&lanes, bytes + (block &* 1024 &+ stripe &* 64), key + stripe &* 8)
      }
      lanes ^= lanes &>> 47
      lanes ^= load(key + 128)
      lanes = lanes &* 0x9E37_79B1
    }
    for stripe in 0..<((count - 1 - 1024 * blocks) / 64) {
      accumulate(&lanes, bytes + (blocks &* 1024 &+ stripe &* 64), key + stripe &* 8)
    }
    accumulate(&lanes, bytes + (count - 64), key + 121)
    var sum = UInt64(truncatingIfNeeded: count) &* prime1
    for i in 0..<4 {
      let pair = key + (11 &+ 16 &* i)
      sum = sum &+ fold(lanes[2 &* i] ^ word(pair, 0), lanes[2 &* i &+ 1] ^ word(pair, 8))
    }
    return avalanche(sum)
  }

  @inline(__always)
  private static func load(_ bytes: UnsafeRawPointer) -> SIMD8<UInt64> {
    bytes.loadUnaligned(as: SIMD8<UInt64>.self)
  }

  @inline(__always)
  private static func accumulate(
    _ lanes: inout SIMD8<UInt64>, _ bytes: UnsafeRawPointer, _ key: UnsafeRawPointer
  ) {
    let data = load(bytes)
    let keyed = data ^ load(key)
    // Each lane also takes its neighbour's data: 1 0 3 2 5 4 7 6.
    let swapped = SIMD8<UInt64>(
      data[1], data[0], data[3], data[2], data[5], data[4], data[7], data[6])
    lanes = lanes &+ swapped &+ (keyed & 0xFFFF_FFFF) &* (keyed &>> 32)
  }

  /// `XXH3_kSecret` of the specification.
  private static let secret: [UInt8] = [
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
  ]
}
