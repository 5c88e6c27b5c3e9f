import Schemas

/// The format of `printf`, as Java's `Formatter` has it: `%5.2f of %-10s`.
///
/// `%[n$][flags][width][.precision]conversion` with the conversions `s d f e x o b`, large ones too
/// where they differ, `%%` and `%n`. Checked against the types of the arguments before any row.
struct FormatText {
  struct Specifier {
    enum Conversion {
      case text, whole, fixed, scientific, bool
      /// `%b` of what is no bool: true, unless it is null.
      case presence
      /// The digits' bits, 4 or 3.
      case bits(Int)
    }

    /// Which argument, from 0 behind the format.
    var argument = 0
    var flags: Set<Character> = []
    var width = 0
    var precision: Int?
    var conversion = Conversion.text
    var isUppercase = false
  }

  enum Piece {
    case literal([UInt8])
    case value(Specifier)
  }

  let pieces: [Piece]

  /// `types` are those of the arguments behind the format.
  init(_ text: String, types: [DataType]) throws(BindingError) {
    var parser = FormatParser(text, types: types)
    pieces = try parser.parse()
  }
}

/// Reads a `FormatText`.
private struct FormatParser {
  /// Widths and precisions beyond this are refused.
  private static let numberLimit = 1_000
  private static let flags: [Character] = ["-", "0", "+", " ", ",", "(", "#"]

  private let text: String
  private let types: [DataType]
  private var rest: Substring
  private var pieces: [FormatText.Piece] = []
  private var literal: [UInt8] = []
  /// How many specifiers have taken the next argument.
  private var taken = 0
  private var last: Int?

  init(_ text: String, types: [DataType]) {
    self.text = text
    self.types = types
    rest = Substring(text)
  }

  mutating func parse() throws(BindingError) -> [FormatText.Piece] {
    while let next = rest.popFirst() {
      if next == "%" {
        try takeSpecifier()
      } else {
        literal += Array(String(next).utf8)
      }
    }
    closeLiteral()
    return pieces
  }

  private mutating func closeLiteral() {
    if !literal.isEmpty { pieces.append(.literal(literal)) }
    literal = []
  }

  private mutating func takeSpecifier() throws(BindingError) {
    let start = rest.startIndex
    var specifier = FormatText.Specifier()
    let argument = try takeArgument()
    while let flag = rest.first, Self.flags.contains(flag) {
      specifier.flags.insert(flag)
      rest.removeFirst()
    }
    specifier.width = try takeNumber() ?? 0
    if rest.first == "." {
      rest.removeFirst()
      specifier.precision = try takeNumber() ?? 0
    }
    guard let letter = rest.popFirst() else { throw mistake("a conversion is missing at its end") }
    let written = "%" + text[start..<rest.startIndex]
    if letter == "%" || letter == "n" {
      guard written.count == 2 else { throw mistake("`\(written)` takes nothing before it") }
      literal.append(UInt8(ascii: letter == "n" ? "\n" : "%"))
      return
    }
    try setConversion(letter, written, &specifier)
    specifier.argument = argument ?? taken
    if argument == nil { taken += 1 }
    last = specifier.argument
    try check(specifier, written)
    if case .bool = specifier.conversion, types[specifier.argument] != .bool {
      specifier.conversion = .presence
    }
    closeLiteral()
    pieces.append(.value(specifier))
  }

  /// `2$`, or `<` for that of the specifier before.
  private mutating func takeArgument() throws(BindingError) -> Int? {
    if rest.first == "<" {
      rest.removeFirst()
      guard let last else { throw mistake("`%<` has no specifier before it") }
      return last
    }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard rest.dropFirst(digits.count).first == "$", digits.first != "0" else { return nil }
    guard let number = Int(digits), number <= types.count else {
      throw mistake("there is no argument \(digits)")
    }
    rest = rest.dropFirst(digits.count + 1)
    return number - 1
  }

  private mutating func takeNumber() throws(BindingError) -> Int? {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    if digits.isEmpty { return nil }
    guard let number = Int(digits), number <= Self.numberLimit else {
      throw mistake("a width or precision is at most \(Self.numberLimit)")
    }
    rest = rest.dropFirst(digits.count)
    return number
  }

  private func setConversion(
    _ letter: Character, _ written: String, _ specifier: inout FormatText.Specifier
  ) throws(BindingError) {
    specifier.isUppercase = "SXEB".contains(letter)
    switch letter {
    case "s", "S": specifier.conversion = .text
    case "d": specifier.conversion = .whole
    case "f": specifier.conversion = .fixed
    case "e", "E": specifier.conversion = .scientific
    case "x", "X": specifier.conversion = .bits(4)
    case "o": specifier.conversion = .bits(3)
    case "b", "B": specifier.conversion = .bool
    case "t", "T": throw mistake("`\(written)` is not known; `date_format` writes times")
    default: throw mistake("`\(written)` is not known; conversions are `s d f e x o b`")
    }
  }

  private func check(
    _ specifier: FormatText.Specifier, _ written: String
  ) throws(BindingError) {
    guard specifier.argument < types.count else {
      throw mistake("there is no argument for `\(written)`")
    }
    let type = types[specifier.argument]
    let allowed: String
    switch specifier.conversion {
    case .text, .bool, .presence: allowed = "-"
    case .whole: allowed = "-0+ ,("
    case .fixed: allowed = "-0+ ,("
    case .scientific: allowed = "-0+ ("
    case .bits: allowed = "-0#"
    }
    if let flag = specifier.flags.sorted().first(where: { !allowed.contains($0) }) {
      throw mistake("`\(written)` takes no `\(flag)`")
    }
    switch specifier.conversion {
    case .whole, .bits:
      guard type == .int else { throw mistake("`\(written)` takes an int, this is \(type.named)") }
      guard specifier.precision == nil else { throw mistake("`\(written)` takes no precision") }
    case .fixed, .scientific:
      guard type.isNumeric else {
        throw mistake("`\(written)` takes a number, this is \(type.named)")
      }
    case .text:
      if type == .bytes { throw mistake("bytes have no text for `\(written)`; write `hex(x)`") }
    case .bool, .presence: break
    }
    let needsWidth = specifier.flags.contains("-") || specifier.flags.contains("0")
    if needsWidth, specifier.width == 0 { throw mistake("`\(written)` needs a width") }
    if specifier.flags.isSuperset(of: ["-", "0"]) || specifier.flags.isSuperset(of: ["+", " "]) {
      throw mistake("the flags of `\(written)` contradict each other")
    }
  }

  private func mistake(_ reason: String) -> BindingError { .badFormat(text, reason: reason) }
}

extension DataType {
  /// `an int`, `a string`.
  fileprivate var named: String {
    "aeiou".contains(description.prefix(1)) ? "an \(self)" : "a \(self)"
  }
}
