import Columns

/// `char_length`.
struct CharLength: ValueFunction {
  private var texts: TextReader?

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    texts.map { Int64(CodePoints.count($0[row])) }
  }
}

/// `position`: where the first argument begins in the second, from 1; 0 if nowhere.
struct Position: ValueFunction {
  private var needles: TextReader?
  private var texts: TextReader?

  mutating func prepare(_ arguments: [Column]) {
    needles = TextReader(arguments[0])
    texts = TextReader(arguments[1])
  }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let needles, let texts else { return nil }
    let text = texts[row]
    guard let found = CodePoints.find(needles[row], in: text) else { return 0 }
    return Int64(CodePoints.count(UnsafeBufferPointer(rebasing: text[..<found]))) + 1
  }
}

/// `starts_with`, `ends_with` and `contains`.
struct Containing: ValueFunction {
  enum Place { case start, end, anywhere }

  private let place: Place
  private var texts: TextReader?
  private var needles: TextReader?

  init(_ place: Place) { self.place = place }

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    needles = TextReader(arguments[1])
  }

  func value(_ row: Int, _ frame: Frame) -> UInt8? {
    guard let texts, let needles else { return nil }
    let text = texts[row]
    let needle = needles[row]
    guard needle.count <= text.count else { return 0 }
    let found: Bool
    switch place {
    case .start:
      found = TextOrder.areEqual(UnsafeBufferPointer(rebasing: text[..<needle.count]), needle)
    case .end:
      let start = text.count - needle.count
      found = TextOrder.areEqual(UnsafeBufferPointer(rebasing: text[start...]), needle)
    case .anywhere: found = CodePoints.find(needle, in: text) != nil
    }
    return found ? 1 : 0
  }
}
