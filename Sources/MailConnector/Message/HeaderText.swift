import FoundationEssentials

/// Texts as headers of mails have them: in ASCII, on lines that are short enough.
///
/// Source: RFC 5322 (lines, phrases) and RFC 2047 (encoded words).
enum HeaderText {
  /// Columns of a line that is folded.
  private static let width = 76
  /// Bytes of text in an encoded word, which may have 75 columns: `=?UTF-8?B?` … `?=`.
  private static let wordBytes = 45

  /// Whoever could put a line end into a header could write further headers, and a mail of his own.
  static func isSound(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      (scalar.value >= 0x20 && scalar.value != 0x7F && !(0x80...0x9F).contains(scalar.value)
        && scalar.value != 0x2028 && scalar.value != 0x2029) || scalar == "\t"
    }
  }

  /// `name: text`, folded.
  static func line(_ name: String, _ text: String) -> String {
    let value = isPlain(text) ? text : encoded(text)
    return folded("\(name): \(value)") + "\r\n"
  }

  /// `name: a, b`; each is in its form already.
  static func line(_ name: String, items: [String]) -> String {
    folded("\(name): \(items.joined(separator: ", "))") + "\r\n"
  }

  /// A name before an address.
  static func phrase(_ text: String) -> String {
    guard isPlain(text) else { return encoded(text) }
    let isAtoms = text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2F,
        0x5F:
        true
      default: false
      }
    }
    if isAtoms { return text }
    let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"\(escaped)\""
  }

  /// Whether it can stand as it is: ASCII, nothing that looks encoded, nothing too long to fold.
  private static func isPlain(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 < 0x80 } && !text.contains("=?")
      && text.split(separator: " ").allSatisfy { $0.utf8.count <= 900 }
  }

  /// Words of whole characters, which readers put together again.
  private static func encoded(_ text: String) -> String {
    var words: [String] = []
    var bytes: [UInt8] = []
    func end() {
      if !bytes.isEmpty { words.append("=?UTF-8?B?\(Data(bytes).base64EncodedString())?=") }
      bytes = []
    }
    for scalar in text.unicodeScalars {
      let next = Array(String(scalar).utf8)
      if bytes.count + next.count > wordBytes { end() }
      bytes += next
    }
    end()
    return words.joined(separator: " ")
  }

  /// Broken where there are spaces, which stay: a reader takes the line ends out.
  private static func folded(_ line: String) -> String {
    guard line.utf8.count > width else { return line }
    var result = ""
    var column = 0
    var isFirst = true
    for word in line.split(separator: " ", omittingEmptySubsequences: false) {
      let size = word.utf8.count
      // No line of spaces alone, and the name stays with its first word.
      if !isFirst, column + 1 + size > width, size > 0, !result.hasSuffix(":") {
        result += "\r\n"
        column = 0
      }
      if !isFirst {
        result += " "
        column += 1
      }
      result += word
      column += size
      isFirst = false
    }
    return result
  }
}
