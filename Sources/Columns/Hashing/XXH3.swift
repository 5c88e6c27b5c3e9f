/// XXH3, 64 bits, seed 0 (xxHash 0.8 specification): the hash of keys, the same on every machine
/// and for ever.
///
/// Lengths up to 64 are inlined into the caller's loop; longer texts cost a call.
package enum XXH3 {
  /// The hash of `count` bytes. O(count). Reads nothing outside of them.
  @inline(__always)
  package static func hash(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt64 {
    let raw = UnsafeRawPointer(bytes)
    if count > 16 { return count <= 64 ? hash17to64(raw, count) : hashLong(raw, count) }
    if count > 8 {
      return hash9to16(
        low: word(raw, 0), high: word(raw, count - 8), count: UInt64(truncatingIfNeeded: count))
    }
    if count >= 4 {
      return hash4to8(
        first: half(raw, 0), last: half(raw, count - 4), count: UInt64(truncatingIfNeeded: count))
    }
    if count > 0 {
      return hash1to3(
        bytes[0], bytes[count >> 1], bytes[count - 1], count: UInt32(truncatingIfNeeded: count))
    }
    return ofNothing
  }

  /// The hash of the empty text.
  package static let ofNothing: UInt64 = 0x2D06_8005_38D3_94C2

  @inline(__always)
  static func hash1to3(_ first: UInt8, _ middle: UInt8, _ last: UInt8, count: UInt32) -> UInt64 {
    let combined =
      UInt32(first) << 16 | UInt32(middle) << 24 | UInt32(last) | count << 8
    // Words 0 and 1 of the secret, xored.
    var h = UInt64(combined ^ 0x8727_5A9B)
    h ^= h >> 33
    h = h &* prime2
    h ^= h >> 29
    h = h &* prime3
    return h ^ (h >> 32)
  }

  @inline(__always)
  static func hash4to8(first: UInt32, last: UInt32, count: UInt64) -> UInt64 {
    var h = (UInt64(last) &+ UInt64(first) << 32) ^ (secret8 ^ secret16)
    h ^= (h << 49 | h >> 15) ^ (h << 24 | h >> 40)
    h = h &* 0x9FB2_1C65_1E98_DF25
    h ^= (h >> 35) &+ count
    h = h &* 0x9FB2_1C65_1E98_DF25
    return h ^ (h >> 28)
  }

  @inline(__always)
  static func hash9to16(low: UInt64, high: UInt64, count: UInt64) -> UInt64 {
    let a = low ^ (secret24 ^ secret32)
    let b = high ^ (secret40 ^ secret48)
    return avalanche(count &+ a.byteSwapped &+ b &+ fold(a, b))
  }

  /// Lengths 17 to 64, UUIDs among them, with the words of the secret as constants.
  @inline(__always)
  static func hash17to64(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
    let end = bytes + count
    var sum = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B1_85EB_CA87
    if count > 32 {
      sum = sum &+ fold(word(bytes, 16) ^ secret32, word(bytes, 24) ^ secret40)
      sum = sum &+ fold(word(end, -32) ^ secret48, word(end, -24) ^ 0x4C26_3A81_E690_35E0)
    }
    sum = sum &+ fold(word(bytes, 0) ^ 0xBE4B_A423_396C_FEB8, word(bytes, 8) ^ secret8)
    return avalanche(sum &+ fold(word(end, -16) ^ secret16, word(end, -8) ^ secret24))
  }

  @inline(__always)
  static func avalanche(_ value: UInt64) -> UInt64 {
    var h = value ^ (value >> 37)
    h = h &* 0x1656_6791_9E37_79F9
    return h ^ (h >> 32)
  }

  /// The halves of the 128-bit product, xored.
  @inline(__always)
  static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  @inline(__always)
  static func word(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  @inline(__always)
  private static func half(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  static let prime3: UInt64 = 0x1656_67B1_9E37_79F9

  // Words of the secret at their byte offsets, as the short forms use them.
  private static let secret8: UInt64 = 0x1CAD_21F7_2C81_017C
  private static let secret16: UInt64 = 0xDB97_9083_E96D_D4DE
  private static let secret24: UInt64 = 0x1F67_B3B7_A4A4_4072
  private static let secret32: UInt64 = 0x78E5_C0CC_4EE6_79CB
  private static let secret40: UInt64 = 0x2172_FFCC_7DD0_5A82
  private static let secret48: UInt64 = 0x8E24_43F7_7446_08B8
}
