/// A pattern of dates and times as Java's `DateTimeFormatter` has them: `yyyy-MM-dd HH:mm:ss`.
///
/// Letters: `y u` year, `M L` month, `d` day, `D` day of the year, `Q q` quarter, `Y w` year and
/// week of ISO 8601, `E` weekday, `a` AM or PM, `H k K h` hour, `m`, `s`, `S` fraction, `X x Z`
/// offset. `'…'` is literal text, `''` an apostrophe. Names are English.
package struct TimePattern: Sendable {
  enum Field: Sendable {
    case year, month, day, dayOfYear, quarter, weekYear, week, weekday, half
    case hour24, hour24From1, hour12, hour12From1, minute, second, fraction
    /// Whether UTC is `Z`, and whether hours and minutes are parted by `:` is told by the count.
    case offset(zeroIsZ: Bool)
  }

  enum Item: Sendable {
    case literal([UInt8])
    case field(Field, count: Int)
  }

  package struct Mistake: Error, Equatable {
    /// What is wrong, in words.
    package let reason: String
  }

  let items: [Item]

  package init(_ pattern: String) throws(Mistake) {
    var items: [Item] = []
    var literal: [UInt8] = []
    let letters = Array(pattern.utf8)
    var at = 0
    func closeLiteral() {
      if !literal.isEmpty { items.append(.literal(literal)) }
      literal = []
    }
    while at < letters.count {
      let letter = letters[at]
      if letter == UInt8(ascii: "'") {
        at = try Self.quoted(letters, at, &literal)
      } else if (letter | 0x20) >= 0x61, (letter | 0x20) <= 0x7A, letter < 0x80 {
        var count = 0
        while at < letters.count, letters[at] == letter {
          count += 1
          at += 1
        }
        closeLiteral()
        // `Z` is `+0230` however often it stands, as `xx` is.
        let width = letter == UInt8(ascii: "Z") ? 2 : count
        items.append(.field(try Self.field(letter, count), count: width))
      } else if "[]{}#".utf8.contains(letter) {
        let character = Unicode.Scalar(letter)
        throw Mistake(reason: "`\(character)` has no meaning here; put it in apostrophes")
      } else {
        literal.append(letter)
        at += 1
      }
    }
    closeLiteral()
    self.items = items
  }

  /// Takes what stands in apostrophes; returns where it ends.
  private static func quoted(
    _ letters: [UInt8], _ start: Int, _ literal: inout [UInt8]
  ) throws(Mistake) -> Int {
    var at = start + 1
    if at < letters.count, letters[at] == UInt8(ascii: "'") {
      literal.append(letters[at])
      return at + 1
    }
    while at < letters.count {
      if letters[at] == UInt8(ascii: "'") {
        guard at + 1 < letters.count, letters[at + 1] == UInt8(ascii: "'") else { return at + 1 }
        at += 1
      }
      literal.append(letters[at])
      at += 1
    }
    throw Mistake(reason: "an apostrophe is not closed")
  }

  private static func field(_ letter: UInt8, _ count: Int) throws(Mistake) -> Field {
    let (field, most): (Field, Int)
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
    case "X": (field, most) = (.offset(zeroIsZ: true), 3)
    case "x": (field, most) = (.offset(zeroIsZ: false), 3)
    case "Z":
      guard count <= 3 else { throw Mistake(reason: "`Z` may stand 1 to 3 times") }
      (field, most) = (.offset(zeroIsZ: false), 3)
    default:
      throw Mistake(
        reason: "the letter `\(Unicode.Scalar(letter))` has no meaning; text stands in apostrophes")
    }
    guard count <= most else {
      throw Mistake(reason: "`\(Unicode.Scalar(letter))` may stand at most \(most) times")
    }
    return field
  }

  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  static let weekdays = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]
}
