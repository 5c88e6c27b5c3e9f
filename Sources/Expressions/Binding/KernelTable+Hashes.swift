import Columns
import Schemas

extension KernelTable {
  static let hashes: [String: Maker] = [
    "md5": digest(.md5, cost: 400), "sha1": digest(.sha1, cost: 500),
    "sha224": digest(.sha224, cost: 600), "sha256": digest(.sha256, cost: 600),
    "sha384": digest(.sha384, cost: 800), "sha512": digest(.sha512, cost: 800),
    "sha2": { (call) throws(BindingError) in
      let kinds: [Int64: DigestKind] = [
        0: .sha256, 224: .sha224, 256: .sha256, 384: .sha384, 512: .sha512,
      ]
      let bits = try call.constantInt(1) ?? 256
      guard let kind = kinds[bits] else {
        throw .badChoice(function: call.name, value: "\(bits)", known: "0, 224, 256, 384 and 512")
      }
      return TextCall(Digest(kind), .string, [call.arguments[0]], cost: 600)
    },
    "crc32": reading(cost: 30) { Int64(CRC32.checksum($0)) },
    "xxhash64": reading(cost: 20) { Int64(bitPattern: XXHash64.hash($0)) },
    "xxh3": reading(cost: 10) { text in
      guard let base = text.baseAddress, text.count > 0 else {
        return Int64(bitPattern: XXH3.ofNothing)
      }
      return Int64(bitPattern: XXH3.hash(base, count: text.count))
    },
    "hmac_sha256": { call in
      TextCall(Authentication(.sha256), .string, call.arguments, cost: 2000)
    },
    "hmac_sha512": { call in
      TextCall(Authentication(.sha512), .string, call.arguments, cost: 2500)
    },
  ]

  private static func digest(_ kind: DigestKind, cost: Int) -> Maker {
    { call in TextCall(Digest(kind), .string, call.arguments, cost: cost) }
  }

  /// An int, date or bool of one text.
  static func reading<Value: BitwiseCopyable>(
    cost: Int, _ body: @escaping TextReading<Value>.Body
  ) -> Maker {
    { call in ValueCall(TextReading(body), call.result, [call.arguments[0]], cost: cost) }
  }

  /// A text of one text.
  static func mapping(cost: Int, _ body: @escaping TextMapping.Body) -> Maker {
    { call in TextCall(TextMapping(body), call.result, [call.arguments[0]], cost: cost) }
  }
}
