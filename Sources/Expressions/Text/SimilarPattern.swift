/// The pattern of SQL's `similar to` as a regular expression: all of the text must fit it, `%` is
/// any text and `_` one code point; `|`, `*`, `+`, `?`, `{…}`, `(…)` and `[…]` are as in regular
/// expressions, and a backslash takes the meaning from what follows.
enum SimilarPattern {
  static func expression(_ pattern: String) throws(BindingError) -> RegularExpression {
    let translated = try translate(pattern)
    do throws(BindingError) {
      return try RegularExpression(translated, writtenAs: pattern)
    } catch .badPattern(_, let reason, _) {
      throw .badPattern(pattern, reason: reason, offset: 0)
    }
  }

  private static func translate(_ pattern: String) throws(BindingError) -> String {
    var out = "(?s)\\A(?:"
    var rest = pattern.unicodeScalars[...]
    var depth = 0
    while let scalar = rest.popFirst() {
      switch scalar {
      case "%": out += ".*"
      case "_": out += "."
      case "|", "*", "+", "?", "{", "}": out.unicodeScalars.append(scalar)
      // No group is kept, and none has the meanings that `(?` can have.
      case "(":
        out += "(?:"
        depth += 1
      case ")":
        if depth == 0 { throw mistake("a `)` closes nothing", pattern) }
        out += ")"
        depth -= 1
      case "[": out += try characters(&rest, of: pattern)
      case "\\": out += try escaped(&rest, of: pattern)
      default: out += literal(scalar)
      }
    }
    return out + ")\\z"
  }

  /// What stands behind a `[`: `a-z]`, `^0-9]`, `[:ALPHA:]]`, and `:ALPHA:]` as Flink has it.
  private static func characters(
    _ rest: inout Substring.UnicodeScalarView, of pattern: String
  ) throws(BindingError) -> String {
    if let name = className(&rest) { return "[[:\(name):]]" }
    var out = "["
    if rest.first == "^" {
      rest.removeFirst()
      out += "^"
    }
    if rest.first == "]" { throw mistake("a `[]` holds nothing", pattern) }
    while let scalar = rest.popFirst() {
      switch scalar {
      case "]": return out + "]"
      case "-": out += "-"
      case "[":
        if let name = className(&rest) { out += "[:\(name):]" } else { out += "\\[" }
      case "\\": out += try escaped(&rest, of: pattern)
      default: out += literal(scalar)
      }
    }
    throw mistake("a `[` is not closed", pattern)
  }

  /// `alpha` of `:ALPHA:]` at the front; nothing is taken where there is none.
  private static func className(_ rest: inout Substring.UnicodeScalarView) -> String? {
    guard rest.first == ":" else { return nil }
    let name = rest.dropFirst().prefix { $0.properties.isAlphabetic }
    let behind = rest[name.endIndex...]
    guard !name.isEmpty, behind.starts(with: ":]".unicodeScalars) else { return nil }
    rest = behind.dropFirst(2)
    let known = String(name).lowercased()
    return known == "whitespace" ? "space" : known
  }

  private static func escaped(
    _ rest: inout Substring.UnicodeScalarView, of pattern: String
  ) throws(BindingError) -> String {
    guard let next = rest.popFirst() else {
      throw mistake("nothing follows the backslash at its end", pattern)
    }
    return literal(next)
  }

  private static func literal(_ scalar: Unicode.Scalar) -> String {
    let isSafe = !scalar.isASCII || scalar.properties.isAlphabetic || "0"..."9" ~= scalar
    return isSafe ? "\(scalar)" : "\\\(scalar)"
  }

  private static func mistake(_ reason: String, _ pattern: String) -> BindingError {
    .badPattern(pattern, reason: reason, offset: 0)
  }
}
