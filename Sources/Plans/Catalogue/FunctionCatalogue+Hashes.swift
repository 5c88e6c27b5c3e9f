import Schemas

/// Hashes of text (its UTF-8 bytes) and of bytes.
extension FunctionCatalogue {
  static let hashes: [FunctionSignature] = digests + checksums + authentication

  private static let digests: [FunctionSignature] =
    ofTextOrBytes(
      "md5", .string, "MD5, 32 hex digits: for matching other systems' hashes, not for security.",
      "md5(\"abc\") is \"900150983cd24fb0d6963f7d28e17f72\"")
    + ofTextOrBytes(
      "sha1", .string, "SHA-1, 40 hex digits: for matching, not for security.",
      "sha1(\"abc\") is \"a9993e364706816aba3e25717850c26c9cd0d89d\"")
    + ofTextOrBytes(
      "sha224", .string, "SHA-224, 56 hex digits.",
      "sha224(\"abc\") is \"23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7\"")
    + ofTextOrBytes(
      "sha256", .string, "SHA-256, 64 hex digits.",
      "sha256(\"abc\") is \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"")
    + ofTextOrBytes(
      "sha384", .string, "SHA-384, 96 hex digits.", "left(sha384(\"abc\"), 8) is \"cb00753f\"")
    + ofTextOrBytes(
      "sha512", .string, "SHA-512, 128 hex digits.", "left(sha512(\"abc\"), 8) is \"ddaf35a1\"")
    + ofTextOrBytes(
      "sha2", .string, "SHA-2 of 224, 256, 384 or 512 bits (0: 256).",
      "left(sha2(\"abc\", 256), 8) is \"ba7816bf\"", more: [.constantInt])

  private static let checksums: [FunctionSignature] =
    ofTextOrBytes(
      "crc32", .int, "CRC-32 as zlib has it, 0 to 4294967295.",
      "crc32(\"123456789\") is 3421780262")
    + ofTextOrBytes(
      "xxhash64", .int, "XXH64 with seed 0, its 64 bits as an int.",
      "xxhash64(\"abc\") is 4952883123889572249")
    + ofTextOrBytes(
      "xxh3", .int, "XXH3 with 64 bits and seed 0, its bits as an int.",
      "xxh3(\"abc\") is 8696274497037089104")

  private static let authentication: [FunctionSignature] =
    ofTextAndKey("hmac_sha256", "HMAC with SHA-256 of a text under a key, 64 hex digits.")
    + ofTextAndKey("hmac_sha512", "HMAC with SHA-512 of a text under a key, 128 hex digits.")

  private static func ofTextOrBytes(
    _ name: String, _ result: DataType, _ documentation: String, _ example: String,
    more: [FunctionSignature.Parameter] = []
  ) -> [FunctionSignature] {
    let ofBytes = example.replacing("(\"abc\"", with: "(cast(\"abc\" as bytes)")
      .replacing("(\"123456789\"", with: "(cast(\"123456789\" as bytes)")
    return [
      FunctionSignature(
        name, [.value(.string)] + more, .type(result), documentation, example),
      FunctionSignature(
        name, [.value(.bytes)] + more, .type(result), "The same of bytes.", ofBytes),
    ]
  }

  private static func ofTextAndKey(_ name: String, _ documentation: String) -> [FunctionSignature] {
    let known =
      name == "hmac_sha256" ? "\"f7bc83f4\"" : "\"b42af090\""
    let text = "\"The quick brown fox jumps over the lazy dog\""
    return [
      FunctionSignature(
        name, [.value(.string), .value(.string)], .type(.string), documentation,
        "left(\(name)(\(text), \"key\"), 8) is \(known)"),
      FunctionSignature(
        name, [.value(.bytes), .value(.bytes)], .type(.string), "The same of bytes.",
        "left(\(name)(cast(\(text) as bytes), cast(\"key\" as bytes)), 8) is \(known)"),
    ]
  }
}
