import Connectors

/// A mail address with the name before it: `Shop <news@shop.example>`, or the address alone.
struct MailAddress: Hashable {
  /// Bytes of an address, and of what stands before its `@`, at most (RFC 5321, 4.5.3.1).
  private static let limit = 254
  private static let localLimit = 64

  var name = ""
  /// `news@shop.example`
  var address: String

  var domain: Substring { address[address.index(after: address.lastIndex(of: "@")!)...] }

  /// Reads one address. The last `<…>` is it, whatever the name before holds: a name from a row
  /// adds no receiver.
  init(_ text: String) throws(TemplateRefusal) {
    let text = Self.trimmed(text)
    if text.hasSuffix(">"), let open = text.lastIndex(of: "<") {
      address = String(text[text.index(after: open)...].dropLast())
      name = Self.unquoted(Self.trimmed(String(text[..<open])))
    } else {
      address = text
    }
    guard Self.isAddress(address) else {
      throw TemplateRefusal("\"\(address.prefix(120))\" is no mail address")
    }
    guard HeaderText.isSound(name) else {
      throw TemplateRefusal("a name would hold a line end or a control character")
    }
  }

  /// As a header has it.
  var headerText: String {
    name.isEmpty ? address : "\(HeaderText.phrase(name)) <\(address)>"
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.firstIndex { $0 != " " } ?? text.endIndex
    let end = text.lastIndex { $0 != " " }.map { text.index(after: $0) } ?? start
    return String(text[start..<end])
  }

  private static func unquoted(_ name: String) -> String {
    guard name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") else { return name }
    var result = ""
    var isEscaped = false
    for character in name.dropFirst().dropLast() {
      if character == "\\", !isEscaped {
        isEscaped = true
        continue
      }
      isEscaped = false
      result.append(character)
    }
    return result
  }

  /// What servers take without quotes; letters of other scripts need what few of them have.
  private static func isAddress(_ text: String) -> Bool {
    guard text.utf8.count <= limit, let at = text.lastIndex(of: "@") else { return false }
    let (local, domain) = (text[..<at], text[text.index(after: at)...])
    let localParts = local.split(separator: ".", omittingEmptySubsequences: false)
    let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
    return local.utf8.count <= localLimit
      && localParts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isAtom) }
      && labels.allSatisfy { label in
        !label.isEmpty && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
      }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }

  private static func isAtom(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
  }
}
