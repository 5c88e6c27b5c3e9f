import CSimdJSON

/// simdjson as an oracle.
final class SimdJSON {
  enum Verdict: Int32 { case accepted, refused, numberOutOfRange }

  private let validator = raudal_json_validator_new()

  deinit { raudal_json_validator_free(validator) }

  func judge(_ document: [UInt8]) -> Verdict {
    let padded = document + [UInt8](repeating: 0, count: 64)
    return Verdict(rawValue: raudal_json_judge(validator, padded, document.count)) ?? .refused
  }

  /// The last field of that name: its text, and whether it is a string.
  func field(_ name: String, of document: [UInt8]) -> (text: [UInt8], isString: Bool)? {
    let padded = document + [UInt8](repeating: 0, count: 64)
    var out = [CChar](repeating: 0, count: 4 * document.count + 64)
    var isString: Int32 = 0
    let count = raudal_json_field(
      validator, padded, document.count, name, name.utf8.count, &out, out.count, &isString)
    guard count >= 0 else { return nil }
    return (out.prefix(count).map { UInt8(bitPattern: $0) }, isString != 0)
  }
}
