import Glibc

/// MD5 (RFC 1321). For matching other systems' hashes, not for security.
enum MD5 {
  private static let sines: [UInt32] = (0..<64).map {
    UInt32(truncatingIfNeeded: Int64(abs(sin(Double($0 + 1))) * 4_294_967_296))
  }
  private static let shifts: [UInt32] = [
    7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21,
  ]

  /// 16 bytes. O(text).
  static func digest(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]
    Padding.eachBlock(text, lengthIsBigEndian: false) { block in
      let words: [UInt32] = (0..<16).map { i in
        var word: UInt32 = 0
        for j in (0..<4).reversed() { word = word << 8 | UInt32(block[4 * i + j]) }
        return word
      }
      compress(&state, words)
    }
    return state.flatMap { word -> [UInt8] in
      [0, 8, 16, 24].map { (shift: UInt32) in UInt8(truncatingIfNeeded: word >> shift) }
    }
  }

  private static func compress(_ state: inout [UInt32], _ words: [UInt32]) {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    for i in 0..<64 {
      let f: UInt32
      let g: Int
      switch i / 16 {
      case 0: (f, g) = (b & c | ~b & d, i)
      case 1: (f, g) = (d & b | ~d & c, (5 * i + 1) % 16)
      case 2: (f, g) = (b ^ c ^ d, (3 * i + 5) % 16)
      default: (f, g) = (c ^ (b | ~d), 7 * i % 16)
      }
      let sum = a &+ f &+ sines[i] &+ words[g]
      let shift = shifts[i / 16 * 4 + i % 4]
      (a, d, c, b) = (d, c, b, b &+ (sum << shift | sum >> (32 - shift)))
    }
    state[0] = state[0] &+ a
    state[1] = state[1] &+ b
    state[2] = state[2] &+ c
    state[3] = state[3] &+ d
  }
}

/// SHA-224 and SHA-256 (FIPS 180-4).
enum SHA256 {
  private static let constants: [UInt32] = fractions(of: 64) { cbrt($0) }
  private static let initial: [UInt32] = fractions(of: 8) { $0.squareRoot() }
  private static let initial224: [UInt32] = [
    0xC105_9ED8, 0x367C_D507, 0x3070_DD17, 0xF70E_5939, 0xFFC0_0B31, 0x6858_1511, 0x64F9_8FA7,
    0xBEFA_4FA4,
  ]

  /// The first 32 bits of the fractions of roots of the first primes. The roots lie below 20, so
  /// that a float's 52 bits hold what is asked for.
  private static func fractions(of count: Int, _ root: (Double) -> Double) -> [UInt32] {
    var primes: [Int] = []
    var candidate = 2
    while primes.count < count {
      if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map { prime in
      let value = root(Double(prime))
      return UInt32(truncatingIfNeeded: Int64((value - value.rounded(.down)) * 4_294_967_296))
    }
  }

  /// 32 bytes. O(text).
  static func digest(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] { digest(text, initial) }

  /// SHA-224: 28 bytes of the same with another beginning.
  static func digest224(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    Array(digest(text, initial224).prefix(28))
  }

  private static func digest(
    _ text: UnsafeBufferPointer<UInt8>, _ initial: [UInt32]
  ) -> [UInt8] {
    var state = initial
    var words = [UInt32](repeating: 0, count: 64)
    Padding.eachBlock(text, lengthIsBigEndian: true) { block in
      for i in 0..<16 {
        var word: UInt32 = 0
        for j in 0..<4 { word = word << 8 | UInt32(block[4 * i + j]) }
        words[i] = word
      }
      for i in 16..<64 {
        let (x, y) = (words[i - 15], words[i - 2])
        let s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >> 3)
        let s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >> 10)
        words[i] = words[i - 16] &+ s0 &+ words[i - 7] &+ s1
      }
      compress(&state, words)
    }
    return state.flatMap { word -> [UInt8] in
      [24, 16, 8, 0].map { (shift: UInt32) in UInt8(truncatingIfNeeded: word >> shift) }
    }
  }

  private static func compress(_ state: inout [UInt32], _ words: [UInt32]) {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for i in 0..<64 {
      let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      let t1 = h &+ s1 &+ (e & f ^ ~e & g) &+ constants[i] &+ words[i]
      let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      let t2 = s0 &+ (a & b ^ a & c ^ b & c)
      (h, g, f, e) = (g, f, e, d &+ t1)
      (d, c, b, a) = (c, b, a, t1 &+ t2)
    }
    for (i, value) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ value }
  }

  @inline(__always)
  private static func rotate(_ x: UInt32, _ count: UInt32) -> UInt32 {
    x >> count | x << (32 - count)
  }
}

/// The padding that all of these share: a 1 bit, zeros, and the length in bits.
enum Padding {
  /// The blocks of the padded text. The length takes an eighth of a block.
  static func eachBlock(
    _ text: UnsafeBufferPointer<UInt8>, size: Int = 64, lengthIsBigEndian: Bool,
    _ body: ([UInt8]) -> Void
  ) {
    var start = 0
    while start + size <= text.count {
      body(Array(text[start..<(start + size)]))
      start += size
    }
    var tail = Array(text[start...])
    tail.append(0x80)
    while tail.count % size != size - size / 8 { tail.append(0) }
    // No text is so long that the upper half of 16 bytes would be needed.
    tail += [UInt8](repeating: 0, count: size / 8 - 8)
    let bits = UInt64(text.count) &* 8
    for i in 0..<8 {
      let shift = UInt64(8 * (lengthIsBigEndian ? 7 - i : i))
      tail.append(UInt8(truncatingIfNeeded: bits >> shift))
    }
    for block in stride(from: 0, to: tail.count, by: size) {
      body(Array(tail[block..<(block + size)]))
    }
  }
}
