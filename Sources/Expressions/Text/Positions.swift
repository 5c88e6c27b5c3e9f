import Columns

/// Where a text begins in another, in code points from 1; 0 if nowhere.
enum Positions {
  typealias Text = UnsafeBufferPointer<UInt8>

  @Sendable
  static func first(_ text: Text, _ needle: Text) -> Int64? { find(needle, in: text, from: 0) }

  static func find(_ needle: Text, in text: Text, from start: Int) -> Int64 {
    guard let found = CodePoints.find(needle, in: text, from: start) else { return 0 }
    return Int64(CodePoints.count(UnsafeBufferPointer(rebasing: text[..<found]))) + 1
  }
}

/// `locate`: from a position on.
struct Locate: ValueFunction {
  private var needles: TextReader?
  private var texts: TextReader?
  private var starts: UnsafePointer<Int64>?

  mutating func prepare(_ arguments: [Column]) {
    needles = TextReader(arguments[0])
    texts = TextReader(arguments[1])
    starts = arguments.count > 2 ? UnsafePointer(arguments[2].ints) : nil
  }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let needles, let texts else { return nil }
    let start = starts.map { $0[row] } ?? 1
    let text = texts[row]
    guard start >= 1, start <= Int64(text.count) + 1 else { return 0 }
    let offset = CodePoints.offset(text, of: Int(start - 1))
    return Positions.find(needles[row], in: text, from: offset)
  }
}

/// `regexp_count` and `regexp_instr`: how many matches there are, or where the first begins.
struct MatchSearch: ValueFunction {
  private let expression: RegularExpression
  private let counts: Bool
  private var texts: TextReader?

  init(_ expression: RegularExpression, counts: Bool) {
    self.expression = expression
    self.counts = counts
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let texts else { return nil }
    let text = texts[row]
    if counts {
      var count: Int64 = 0
      if expression.each(in: text, { count += 1 }) { return count }
      frame.fail(row, .patternLimit(pattern: expression.pattern))
      return nil
    }
    switch expression.search(text) {
    case .missing: return 0
    case .exhausted:
      frame.fail(row, .patternLimit(pattern: expression.pattern))
      return nil
    case .found:
      let start = expression.group(0)?.lowerBound ?? 0
      return Int64(CodePoints.count(UnsafeBufferPointer(rebasing: text[..<start]))) + 1
    }
  }
}
