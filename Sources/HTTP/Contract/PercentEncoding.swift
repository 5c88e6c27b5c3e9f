/// Text as a URL holds it, by RFC 3986.
package enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// All bytes but letters, digits and `-._~` as `%41`, so that they mean themselves in any place.
  package static func encode(_ text: some Sequence<UInt8>) -> String {
    var result: [UInt8] = []
    for byte in text { append(byte, to: &result) }
    return String(decoding: result, as: UTF8.self)
  }

  /// The same behind what is there.
  package static func append(_ text: [UInt8], to result: inout [UInt8]) {
    for byte in text { append(byte, to: &result) }
  }

  private static func append(_ byte: UInt8, to result: inout [UInt8]) {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: result.append(byte)
    default: result += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }

  /// What stands in a definition's address, as it may be sent: spaces and letters of other scripts
  /// encoded, everything else as it is.
  package static func encodeStrange(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else { return text }
    var result = ""
    for byte in text.utf8 {
      if byte <= 0x20 || byte >= 0x7F {
        result += encode([byte])
      } else {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return result
  }
}
