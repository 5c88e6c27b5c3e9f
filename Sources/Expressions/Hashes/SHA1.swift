/// SHA-1 (FIPS 180-4). For matching other systems' hashes, not for security.
enum SHA1 {
  /// 20 bytes. O(text).
  static func digest(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    var words = [UInt32](repeating: 0, count: 80)
    Padding.eachBlock(text, lengthIsBigEndian: true) { block in
      for i in 0..<16 {
        var word: UInt32 = 0
        for j in 0..<4 { word = word << 8 | UInt32(block[4 * i + j]) }
        words[i] = word
      }
      for i in 16..<80 {
        words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1)
      }
      compress(&state, words)
    }
    return state.flatMap { word -> [UInt8] in
      [24, 16, 8, 0].map { (shift: UInt32) in UInt8(truncatingIfNeeded: word >> shift) }
    }
  }

  private static func compress(_ state: inout [UInt32], _ words: [UInt32]) {
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for i in 0..<80 {
      let f: UInt32
      let k: UInt32
      switch i / 20 {
      case 0: (f, k) = (b & c | ~b & d, 0x5A82_7999)
      case 1: (f, k) = (b ^ c ^ d, 0x6ED9_EBA1)
      case 2: (f, k) = (b & c | b & d | c & d, 0x8F1B_BCDC)
      default: (f, k) = (b ^ c ^ d, 0xCA62_C1D6)
      }
      let next = rotate(a, 5) &+ f &+ e &+ k &+ words[i]
      (e, d, c, b, a) = (d, c, rotate(b, 30), a, next)
    }
    for (i, value) in [a, b, c, d, e].enumerated() { state[i] = state[i] &+ value }
  }

  @inline(__always)
  private static func rotate(_ x: UInt32, _ count: UInt32) -> UInt32 {
    x << count | x >> (32 - count)
  }
}
