package import Plans

/// A file of params (`--params FILE.yaml`): the part of YAML that says `name: value`, a line each.
///
/// Plain and quoted scalars, `null`, comments, and one `---` in front. Whatever else YAML has is
/// refused with its line, for a value must not be read in another way than it was meant.
package struct ParameterFile: Sendable {
  package struct Failure: Error, Hashable, Sendable {
    /// Counted from 1.
    package var line: Int
    package var reason: String
  }

  /// By name, with the place where each stands.
  package private(set) var settings: [String: ParameterSetting] = [:]

  /// Without any.
  package init() {}

  /// `path` names the file in messages.
  package init(_ text: String, path: String) throws(Failure) {
    var lines: [String: Int] = [:]
    // The line end of other systems is one character.
    let ends: Set<Character> = ["\n", "\r\n", "\r"]
    let split = text.split(omittingEmptySubsequences: false) { ends.contains($0) }
    for (index, line) in split.enumerated() {
      let number = index + 1
      var reader = ParameterLine(line)
      if index == 0 { reader.skipByteOrderMark() }
      let parsed: (name: String, value: String?)?
      do {
        parsed = try reader.read(canBegin: settings.isEmpty)
      } catch {
        throw Failure(line: number, reason: error.reason)
      }
      guard let parsed else { continue }
      if let first = lines[parsed.name] {
        throw Failure(
          line: number, reason: "`\(parsed.name)` stands here twice, first on line \(first)")
      }
      lines[parsed.name] = number
      settings[parsed.name] = ParameterSetting(parsed.value, origin: "\(path):\(number)")
    }
  }
}

/// One line of a file of params.
private struct ParameterLine {
  struct Flaw: Error { var reason: String }

  private var rest: Substring

  init(_ line: Substring) { rest = line }

  mutating func skipByteOrderMark() {
    if rest.unicodeScalars.first == "\u{FEFF}" { rest.unicodeScalars.removeFirst() }
  }

  /// The name and its value; nil for a line that says nothing. `canBegin`: nothing came before.
  mutating func read(canBegin: Bool) throws(Flaw) -> (name: String, value: String?)? {
    let isIndented = rest.first == " " || rest.first == "\t"
    skipSpaces()
    if rest.isEmpty || rest.first == "#" { return nil }
    if rest.hasPrefix("---") || rest.hasPrefix("...") {
      if rest == "---", canBegin { return nil }
      throw Flaw(reason: "a file of params is one document")
    }
    if isIndented {
      throw Flaw(reason: "a param stands at the beginning of its line: its value is a scalar")
    }
    let name = try name()
    skipSpaces()
    let value = try value(of: name)
    return (name, value)
  }

  private mutating func name() throws(Flaw) -> String {
    if rest.hasPrefix("- ") || rest == "-" {
      throw Flaw(reason: "a list: params are written `name: value`, a line each")
    }
    var name: String
    if let quote = rest.first, quote == "\"" || quote == "'" {
      name = try quoted(quote)
      skipSpaces()
    } else {
      name = String(rest.prefix { $0 != ":" && $0 != "#" })
      rest = rest.dropFirst(name.count)
      while name.last == " " { name.removeLast() }
    }
    guard rest.first == ":", !name.isEmpty else {
      throw Flaw(reason: "expected `name: value`")
    }
    rest = rest.dropFirst()
    guard rest.isEmpty || rest.first == " " || rest.first == "\t" else {
      throw Flaw(reason: "a space is missing behind `\(name):`")
    }
    return name
  }

  private mutating func value(of name: String) throws(Flaw) -> String? {
    guard let first = rest.first, first != "#" else { return nil }
    if first == "\"" || first == "'" {
      let text = try quoted(first)
      skipSpaces()
      guard rest.isEmpty || rest.first == "#" else {
        throw Flaw(reason: "there is more behind the text of `\(name)`")
      }
      return text
    }
    if "[{&*!|>%@`,]}".contains(first) || rest.hasPrefix("- ") || rest.hasPrefix("? ") {
      throw Flaw(
        reason: "`\(first)` begins no plain value; a text that begins so stands in quotes")
    }
    var text = rest
    if let comment = text.firstRange(of: " #") ?? text.firstRange(of: "\t#") {
      text = text[..<comment.lowerBound]
    }
    while text.last == " " || text.last == "\t" { text = text.dropLast() }
    if text.contains(": ") || text.hasSuffix(":") {
      throw Flaw(reason: "a text with a colon in it stands in quotes")
    }
    return ["null", "Null", "NULL", "~"].contains(text) ? nil : String(text)
  }

  /// A text in quotes, which the line is at.
  private mutating func quoted(_ quote: Character) throws(Flaw) -> String {
    rest = rest.dropFirst()
    var text = ""
    while let next = rest.popFirst() {
      if next == quote {
        guard quote == "'", rest.first == "'" else { return text }
        text += "'"
        rest = rest.dropFirst()
      } else if next == "\\", quote == "\"" {
        text.unicodeScalars.append(try escape())
      } else {
        text.append(next)
      }
    }
    throw Flaw(reason: "the text is not closed on its line")
  }

  private mutating func escape() throws(Flaw) -> Unicode.Scalar {
    guard let next = rest.popFirst() else { throw Flaw(reason: "the text ends in a `\\`") }
    switch next {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "0": return "\0"
    case "\"", "\\", "/": return next.unicodeScalars.first ?? "\\"
    case "x", "u", "U":
      let digits = rest.prefix(next == "x" ? 2 : next == "u" ? 4 : 8)
      rest = rest.dropFirst(digits.count)
      guard digits.count == (next == "x" ? 2 : next == "u" ? 4 : 8),
        let number = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(number)
      else { throw Flaw(reason: "`\\\(next)\(digits)` is no character") }
      return scalar
    default: throw Flaw(reason: "`\\\(next)` is no escape")
    }
  }

  private mutating func skipSpaces() {
    rest = rest.drop { $0 == " " || $0 == "\t" }
  }
}
