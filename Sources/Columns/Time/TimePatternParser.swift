/// Reads the text of a `TimePattern`.
struct TimePatternParser {
  /// `[` in `[` beyond this is refused, so that no pattern can exhaust the stack.
  private static let depthLimit = 16

  private let letters: [UInt8]
  private var at = 0
  private var literal: [UInt8] = []
  /// The items, and behind them those of each `[` that is not closed yet.
  private var open: [[TimePattern.Item]] = [[]]

  init(_ pattern: String) { letters = Array(pattern.utf8) }

  mutating func parse() throws(TimePattern.Mistake) -> [TimePattern.Item] {
    while at < letters.count {
      let letter = letters[at]
      switch Unicode.Scalar(letter) {
      case "'": try takeQuoted()
      case "a"..."z", "A"..."Z": try takeField(letter)
      case "[", "]": try takeBracket(letter)
      case "{", "}", "#":
        let character = Unicode.Scalar(letter)
        throw TimePattern.Mistake(
          reason: "`\(character)` has no meaning here; put it in apostrophes")
      default:
        literal.append(letter)
        at += 1
      }
    }
    closeLiteral()
    guard open.count == 1 else { throw TimePattern.Mistake(reason: "a `[` is not closed") }
    return open[0]
  }

  private mutating func add(_ item: TimePattern.Item) { open[open.count - 1].append(item) }

  private mutating func closeLiteral() {
    if !literal.isEmpty { add(.literal(literal)) }
    literal = []
  }

  private mutating func takeField(_ letter: UInt8) throws(TimePattern.Mistake) {
    var count = 0
    while at < letters.count, letters[at] == letter {
      count += 1
      at += 1
    }
    closeLiteral()
    // `Z` is `+0230` however often it stands, as `xx` is.
    let width = letter == UInt8(ascii: "Z") ? 2 : count
    add(.field(try Self.field(letter, count), count: width))
  }

  private mutating func takeBracket(_ letter: UInt8) throws(TimePattern.Mistake) {
    at += 1
    closeLiteral()
    if letter == UInt8(ascii: "[") {
      guard open.count <= Self.depthLimit else {
        throw TimePattern.Mistake(reason: "there are more than \(Self.depthLimit) `[` in `[`")
      }
      open.append([])
    } else {
      guard open.count > 1 else { throw TimePattern.Mistake(reason: "a `]` closes no `[`") }
      let inner = open.removeLast()
      add(.optional(inner))
    }
  }

  private mutating func takeQuoted() throws(TimePattern.Mistake) {
    at += 1
    if at < letters.count, letters[at] == UInt8(ascii: "'") {
      literal.append(letters[at])
      at += 1
      return
    }
    while at < letters.count {
      if letters[at] == UInt8(ascii: "'") {
        guard at + 1 < letters.count, letters[at + 1] == UInt8(ascii: "'") else {
          at += 1
          return
        }
        at += 1
      }
      literal.append(letters[at])
      at += 1
    }
    throw TimePattern.Mistake(reason: "an apostrophe is not closed")
  }

  static func field(
    _ letter: UInt8, _ count: Int
  ) throws(TimePattern.Mistake) -> TimePattern.Field {
    let (field, most): (TimePattern.Field, Int)
    switch Unicode.Scalar(letter) {
    case "y", "u": (field, most) = (.year, 9)
    case "M", "L": (field, most) = (.month, 4)
    case "d": (field, most) = (.day, 2)
    case "D": (field, most) = (.dayOfYear, 3)
    case "Q", "q": (field, most) = (.quarter, 2)
    case "Y": (field, most) = (.weekYear, 9)
    case "w": (field, most) = (.week, 2)
    case "E": (field, most) = (.weekday, 4)
    case "a": (field, most) = (.half, 1)
    case "H": (field, most) = (.hour24, 2)
    case "k": (field, most) = (.hour24From1, 2)
    case "K": (field, most) = (.hour12, 2)
    case "h": (field, most) = (.hour12From1, 2)
    case "m": (field, most) = (.minute, 2)
    case "s": (field, most) = (.second, 2)
    case "S": (field, most) = (.fraction, 9)
    case "V":
      guard count == 2 else { throw TimePattern.Mistake(reason: "`V` stands twice: `VV`") }
      (field, most) = (.zone, 2)
    case "z": (field, most) = (.zoneName, 3)
    case "X": (field, most) = (.offset(zeroIsZ: true), 3)
    case "x": (field, most) = (.offset(zeroIsZ: false), 3)
    case "Z":
      guard count <= 3 else { throw TimePattern.Mistake(reason: "`Z` may stand 1 to 3 times") }
      (field, most) = (.offset(zeroIsZ: false), 3)
    default:
      throw TimePattern.Mistake(
        reason: "the letter `\(Unicode.Scalar(letter))` has no meaning; text stands in apostrophes")
    }
    guard count <= most else {
      throw TimePattern.Mistake(
        reason: "`\(Unicode.Scalar(letter))` may stand at most \(most) times")
    }
    return field
  }
}
