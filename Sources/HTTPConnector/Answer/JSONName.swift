/// The escapes in a member's name.
enum JSONName {
  /// nil: one of them is none.
  static func resolved(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var units: [UInt16] = []
    var result = ""
    var rest = text
    func flush() {
      result += String(decoding: units, as: UTF16.self)
      units = []
    }
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        let end = rest.firstIndex(of: UInt8(ascii: "\\")) ?? rest.endIndex
        flush()
        result += String(decoding: [byte] + rest[..<end], as: UTF8.self)
        rest = rest[end...]
        continue
      }
      guard let kind = rest.popFirst() else { return nil }
      switch kind {
      case UInt8(ascii: "u"):
        guard rest.count >= 4,
          let unit = UInt16(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16)
        else { return nil }
        units.append(unit)
        rest = rest.dropFirst(4)
      case UInt8(ascii: "b"): units.append(0x08)
      case UInt8(ascii: "f"): units.append(0x0C)
      case UInt8(ascii: "n"): units.append(0x0A)
      case UInt8(ascii: "r"): units.append(0x0D)
      case UInt8(ascii: "t"): units.append(0x09)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(UInt16(kind))
      default: return nil
      }
    }
    flush()
    return Array(result.utf8)
  }
}
