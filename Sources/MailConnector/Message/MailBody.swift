import FoundationEssentials

/// A text as a part of a mail, with the headers that say what it is. Seven bits, short lines, and
/// line ends as mails have them.
///
/// Source: RFC 2045, 6.7 (quoted-printable) and 6.8 (base64).
struct MailBody {
  private static let width = 76
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// `text/plain`
  var type: String
  var text: String

  var part: String {
    let lines = normalised
    let strange = lines.count { $0 >= 0x80 }
    // Text of other scripts takes a third more space in base64, and three times as much else.
    let isStrange = strange * 6 > lines.count
    let (name, body) =
      isStrange ? ("base64", Self.base64(lines)) : ("quoted-printable", Self.quoted(lines))
    return "Content-Type: \(type); charset=utf-8\r\n"
      + "Content-Transfer-Encoding: \(name)\r\n\r\n\(body)"
  }

  /// With `\r\n` at the end of each line, the last among them.
  private var normalised: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count + 16)
    var wasReturn = false
    for byte in text.utf8 {
      if byte == 0x0A, wasReturn {
        wasReturn = false
        continue
      }
      wasReturn = byte == 0x0D
      if byte == 0x0A || byte == 0x0D { result += [0x0D, 0x0A] } else { result.append(byte) }
    }
    if !result.isEmpty, result.last != 0x0A { result += [0x0D, 0x0A] }
    return result
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let all = Array(Data(bytes).base64EncodedString().utf8)
    var result = ""
    var start = 0
    while start < all.count {
      let end = min(start + width, all.count)
      result += String(decoding: all[start..<end], as: UTF8.self) + "\r\n"
      start = end
    }
    return result
  }

  private static func quoted(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 8)
    var column = 0
    for (place, byte) in bytes.enumerated() {
      if byte == 0x0D || byte == 0x0A {
        result.append(byte)
        column = 0
        continue
      }
      let endsLine = place + 1 < bytes.count && bytes[place + 1] == 0x0D
      let isPlain =
        (0x21...0x7E).contains(byte) && byte != 0x3D
        || (byte == 0x20 || byte == 0x09) && !endsLine
      // Room for the mark of a line that goes on, unless it ends here.
      if column + (isPlain ? 1 : 3) > width - (endsLine ? 0 : 1) {
        result += [0x3D, 0x0D, 0x0A]
        column = 0
      }
      if isPlain {
        result.append(byte)
        column += 1
      } else {
        result += [0x3D, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        column += 3
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
