/// Finds what makes a POSIX extended regular expression unreadable, so that `check` can say it: the
/// expression itself is made by the connector.
enum RegularPattern {
  /// What is wrong, nil for a pattern whose brackets match and whose escapes are whole.
  /// O(characters).
  static func flaw(in pattern: String) -> String? {
    var open = 0
    var rest = Substring(pattern)
    var canRepeat = false
    while let next = rest.popFirst() {
      switch next {
      case "\\":
        if rest.popFirst() == nil { return "it ends in a `\\`" }
        canRepeat = true
      case "[":
        guard skipSet(&rest) else { return "a `[` is not closed" }
        canRepeat = true
      case "(":
        open += 1
        canRepeat = false
      case ")":
        if open == 0 { return "a `)` closes nothing" }
        open -= 1
        canRepeat = true
      case "*", "+", "?":
        if !canRepeat { return "there is nothing that `\(next)` could repeat" }
      case "|", "^": canRepeat = false
      default: canRepeat = true
      }
    }
    return open > 0 ? "a `(` is not closed" : nil
  }

  /// Past the rest of `[…]`: a `]` in front is one of the characters, classes have brackets of
  /// their own.
  private static func skipSet(_ rest: inout Substring) -> Bool {
    if rest.first == "^" { rest.removeFirst() }
    if rest.first == "]" { rest.removeFirst() }
    while let next = rest.popFirst() {
      if next == "]" { return true }
      guard next == "[", let kind = rest.first, ":.=".contains(kind) else { continue }
      rest.removeFirst()
      guard let end = rest.firstIndex(of: kind) else { return false }
      rest = rest[rest.index(after: end)...]
      guard rest.popFirst() == "]" else { return false }
    }
    return false
  }
}
