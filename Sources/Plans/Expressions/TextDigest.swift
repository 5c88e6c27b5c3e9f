/// What is left of a text in 64 bits: the same in every run and on every machine, so that it may
/// stand in checkpoints. Not for texts that somebody would choose to collide.
public enum TextDigest {
  /// FNV-1a.
  public static func of(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// The digest as 16 hexadecimal digits.
  public static func hexadecimal(_ text: String) -> String {
    let digits = String(of(text), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
