/// A pattern of dates and times as Java's `DateTimeFormatter` has them: `yyyy-MM-dd HH:mm[:ss]`.
///
/// Letters: `y u` year, `M L` month, `d` day, `D` day of the year, `Q q` quarter, `Y w` year and
/// week of ISO 8601, `E` weekday, `a` AM or PM, `H k K h` hour, `m`, `s`, `S` fraction, `X x Z`
/// offset, `VV` zone, `z` its short name. What stands in `[…]` a text may lack. `'…'` is literal
/// text, `''` an apostrophe. Names are English.
package struct TimePattern: Sendable {
  enum Field: Sendable {
    case year, month, day, dayOfYear, quarter, weekYear, week, weekday, half
    case hour24, hour24From1, hour12, hour12From1, minute, second, fraction
    /// A point and digits, or nothing.
    case anyFraction
    /// Whether UTC is `Z`, and whether hours and minutes are parted by `:` is told by the count.
    case offset(zeroIsZ: Bool)
    case zone, zoneName
  }

  enum Item: Sendable {
    case literal([UInt8])
    case field(Field, count: Int)
    indirect case optional([Item])
  }

  package struct Mistake: Error, Equatable {
    /// What is wrong, in words.
    package let reason: String
  }

  let items: [Item]

  package init(_ pattern: String) throws(Mistake) {
    var parser = TimePatternParser(pattern)
    items = try parser.parse()
  }

  private init(items: [Item]) { self.items = items }

  /// `yyyy-MM-dd HH:mm:ss`, but a text may have one digit where there are two, a fraction of a
  /// second, and no time.
  package static let standard = TimePattern(items: [
    .field(.year, count: 4), .literal(Array("-".utf8)), .field(.month, count: 1),
    .literal(Array("-".utf8)), .field(.day, count: 1),
    .optional([
      .literal(Array(" ".utf8)), .field(.hour24, count: 1), .literal(Array(":".utf8)),
      .field(.minute, count: 1), .literal(Array(":".utf8)), .field(.second, count: 1),
      .field(.anyFraction, count: 0),
    ]),
  ])

  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  static let weekdays = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]
}
