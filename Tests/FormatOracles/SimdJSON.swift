import CSimdJSON

/// simdjson as an oracle.
package final class SimdJSON {
  package enum Verdict: Int32 { case accepted, refused, numberOutOfRange }

  private let validator = raudal_json_validator_new()

  package init() {}

  deinit { raudal_json_validator_free(validator) }

  package func judge(_ document: [UInt8]) -> Verdict {
    let padded = document + [UInt8](repeating: 0, count: 64)
    return Verdict(rawValue: raudal_json_judge(validator, padded, document.count)) ?? .refused
  }

  /// Whether the document is a JSON object by RFC 8259, as simdjson judges it. Its known
  /// differences are taken out: integers of more than 64 bits and floats too large are JSON all the
  /// same, and a lone low surrogate, which simdjson 3.0 lets pass, has no UTF-8.
  package func isObject(_ document: [UInt8]) -> Bool {
    let space: Set<UInt8> = [0x20, 0x0A, 0x0D, 0x09]
    guard document.first(where: { !space.contains($0) }) == UInt8(ascii: "{") else { return false }
    var verdict = judge(document)
    // The same verdict stands for a malformed number: with short ones in their place it is clear.
    if verdict == .numberOutOfRange { verdict = judge(Self.withShortNumbers(document)) }
    return verdict == .accepted && !Self.hasLoneLow(document)
  }

  /// The last field of that name: its text, and whether it is a string.
  package func field(_ name: String, of document: [UInt8]) -> (text: [UInt8], isString: Bool)? {
    let padded = document + [UInt8](repeating: 0, count: 64)
    var out = [CChar](repeating: 0, count: 4 * document.count + 64)
    var isString: Int32 = 0
    let count = raudal_json_field(
      validator, padded, document.count, name, name.utf8.count, &out, out.count, &isString)
    guard count >= 0 else { return nil }
    return (out.prefix(count).map { UInt8(bitPattern: $0) }, isString != 0)
  }

  /// The document with each run of digits outside texts cut to what decides about its form: `0`,
  /// `1`, or `01` for a run that begins with a zero.
  static func withShortNumbers(_ document: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(document.count)
    var isText = false
    var at = 0
    while at < document.count {
      let byte = document[at]
      if !isText, (0x30...0x39).contains(byte) {
        let run = document[at...].prefix { (0x30...0x39).contains($0) }
        result.append(byte == 0x30 ? byte : 0x31)
        if byte == 0x30, run.count > 1 { result.append(0x31) }
        at += run.count
        continue
      }
      if byte == UInt8(ascii: "\"") { isText.toggle() }
      result.append(byte)
      at += 1
      if isText, byte == UInt8(ascii: "\\"), at < document.count {
        result.append(document[at])
        at += 1
      }
    }
    return result
  }

  /// Whether an escape stands for a low surrogate with no high one before it.
  static func hasLoneLow(_ document: [UInt8]) -> Bool {
    var at = 0
    var followsHigh = false
    while let (length, unit) = escape(document, &at) {
      let isLow = unit.map { $0 & 0xFC00 == 0xDC00 } ?? false
      if isLow, !followsHigh { return true }
      let isHigh = unit.map { $0 & 0xFC00 == 0xD800 } ?? false
      at += length
      followsHigh = isHigh && at < document.count && document[at] == UInt8(ascii: "\\")
    }
    return false
  }

  /// The next escape from `at` on, which goes there: its length, and its UTF-16 unit where it is
  /// one.
  private static func escape(_ document: [UInt8], _ at: inout Int) -> (Int, UInt32?)? {
    guard let found = document[min(at, document.count)...].firstIndex(of: UInt8(ascii: "\\"))
    else { return nil }
    at = found
    guard found + 6 <= document.count, document[found + 1] == UInt8(ascii: "u") else {
      return (2, nil)
    }
    let digits = String(decoding: document[(found + 2)..<(found + 6)], as: UTF8.self)
    return UInt32(digits, radix: 16).map { (6, $0) } ?? (2, nil)
  }
}
