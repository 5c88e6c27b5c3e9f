import Foundation
import Testing

/// A function fits on a screen. Read by indentation, which the formatter holds.
struct FunctionLengthTests {
  static let limit = 50

  /// Functions that may be longer, by the name of their file, each with its reason.
  static let longFunctions: [String: String] = [
    "OptionProblem.swift others": "a table of messages, one case each",
    "TypeProblem.swift others": "a table of messages, one case each",
    "SyntaxProblem+Prose.swift tokenProse": "a table of messages, one case each",
  ]

  @Test func `a function has at most 50 lines`() {
    var long: [String] = []
    var excused: Set<String> = []
    for file in TidyTests.allFiles {
      let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
      for function in Self.functions(of: file.lines) where function.length > Self.limit {
        let key = "\(name) \(function.name)"
        if Self.longFunctions[key] != nil {
          excused.insert(key)
        } else {
          long.append("\(file.path):\(function.line) \(function.name): \(function.length)")
        }
      }
    }
    #expect(long == [])
    #expect(Set(Self.longFunctions.keys).subtracting(excused).sorted() == [])
  }

  @Test func `a long function is found, and a short one behind it is not`() {
    let body = Array(repeating: "    work()", count: 60)
    let text =
      ["struct S {", "  func long(", "    x: Int", "  ) {"] + body
      + ["  }", "  init() {", "  }", "  func flat() {}", "}"]
    let found = Self.functions(of: text.map { Substring($0) })
    #expect(found.map(\.name) == ["long", "init", "flat"])
    #expect(found.map(\.length) == [64, 2, 1])
  }

  struct Function {
    var name: String
    var line: Int
    var length: Int
  }

  /// From the line of the name to the brace in the same column. A declaration without a body ends
  /// where the next line in its column begins.
  static func functions(of lines: [Substring]) -> [Function] {
    lines.indices.compactMap { start in
      guard let name = functionName(lines[start]) else { return nil }
      let column = lines[start].prefix { $0 == " " }.count
      if lines[start].hasSuffix("}") { return Function(name: name, line: start + 1, length: 1) }
      let end = lines[(start + 1)...].firstIndex { line in
        let indent = line.prefix { $0 == " " }.count
        guard indent <= column, indent < line.count else { return false }
        return !line.dropFirst(indent).hasPrefix(")") && line.dropFirst(indent) != "{"
          && !line.dropFirst(indent).hasPrefix("where ")
      }
      guard let end, lines[end].dropFirst(column).hasPrefix("}") else { return nil }
      return Function(name: name, line: start + 1, length: end - start + 1)
    }
  }

  /// The name if the line begins a function or an initialiser.
  static func functionName(_ line: Substring) -> String? {
    guard let first = line.utf8.first(where: { $0 != UInt8(ascii: " ") }),
      first == UInt8(ascii: "@") || (0x61...0x7A).contains(first)
    else { return nil }
    let words = line.split(separator: " ", maxSplits: 8)
    for (index, word) in words.enumerated() {
      if word == "func" {
        guard index + 1 < words.count else { return nil }
        return String(words[index + 1].prefix { $0 != "(" && $0 != "<" })
      }
      if word.hasPrefix("init(") || word.hasPrefix("init?(") || word.hasPrefix("init<") {
        return index == 0 || isModifier(words[index - 1]) ? "init" : nil
      }
      guard isModifier(word) else { return nil }
    }
    return nil
  }

  private static func isModifier(_ word: Substring) -> Bool {
    let modifiers: Set<Substring> = [
      "public", "package", "private", "internal", "fileprivate", "static", "final", "override",
      "mutating", "borrowing", "consuming", "nonisolated", "class", "convenience", "required",
    ]
    return word.hasPrefix("@") || modifiers.contains(word)
  }
}
