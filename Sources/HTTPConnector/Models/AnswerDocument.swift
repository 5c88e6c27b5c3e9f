import Plans

/// A JSON answer of which some pieces are read.
struct AnswerDocument {
  let bytes: [UInt8]
  private var finder: JSONFinder

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    finder = JSONFinder(bytes)
  }

  /// nil: it is absent or null.
  mutating func raw(_ steps: AnswerPath.Step...) throws(JSONFinder.Fault) -> [UInt8]? {
    try finder.find(AnswerPath(steps)).map { Array(bytes[$0]) }
  }

  /// A text without its quotes and escapes; nil: it is none.
  mutating func text(_ steps: AnswerPath.Step...) throws(JSONFinder.Fault) -> [UInt8]? {
    guard let range = try finder.find(AnswerPath(steps)), bytes[range].first == UInt8(ascii: "\"")
    else { return nil }
    return JSONName.resolved(bytes[range].dropFirst().dropLast())
  }

  /// How many of something, as much as a number holds; nil: it is none, or is below zero.
  mutating func count(_ steps: AnswerPath.Step...) throws(JSONFinder.Fault) -> Int64? {
    guard let range = try finder.find(AnswerPath(steps)) else { return nil }
    let text = String(decoding: bytes[range], as: UTF8.self)
    if let count = Int64(text) { return count >= 0 ? count : nil }
    guard let number = Double(text), number >= 0 else { return nil }
    return number < 0x1p62 ? Int64(number) : .max
  }

  /// The elements of a list; nil: it is none.
  mutating func elements(_ steps: AnswerPath.Step...) throws(JSONFinder.Fault) -> [Range<Int>]? {
    guard let range = try finder.find(AnswerPath(steps)) else { return nil }
    return try finder.elements(range)
  }

  /// The values of a list of lists, however deep, in order.
  mutating func values(_ steps: AnswerPath.Step...) throws(JSONFinder.Fault) -> [Range<Int>]? {
    guard let range = try finder.find(AnswerPath(steps)),
      var values = try finder.elements(range)
    else { return nil }
    while let first = values.first, bytes[first.lowerBound] == UInt8(ascii: "[") {
      var inner: [Range<Int>] = []
      for value in values {
        guard let elements = try finder.elements(value) else { return nil }
        inner += elements
      }
      values = inner
    }
    return values
  }
}
