/// What a TZif file (RFC 8536) of version 2 or later says.
struct TimeZoneFile {
  private(set) var moments: [Int64] = []
  private(set) var offsets: [Int64] = []
  /// The clock's name from each moment on: `CET`.
  private(set) var names: [String] = []
  private(set) var initialOffset: Int64 = 0
  private(set) var initialName = ""
  private(set) var rule: TimeZoneRule?
  /// In winter and in summer by the rule.
  private(set) var ruleNames: [String] = []

  /// nil where the bytes are no such file.
  init?(_ bytes: [UInt8]) {
    guard let first = Header(bytes, at: 0), first.version >= UInt8(ascii: "2") else { return nil }
    // The first block is for old readers, with 4-byte times; the second has 8.
    let start = Header.size + first.blockSize(timeSize: 4)
    guard let header = Header(bytes, at: start), header.typeCount > 0 else { return nil }
    let times = start + Header.size
    let indexes = times + header.timeCount * 8
    let types = indexes + header.timeCount
    let end = start + Header.size + header.blockSize(timeSize: 8)
    guard end <= bytes.count else { return nil }
    let typeOffsets = (0..<header.typeCount).map { type in
      Int64(Int32(truncatingIfNeeded: Self.number(bytes, types + type * 6, 4)))
    }
    let characters = types + header.typeCount * 6
    let typeNames = (0..<header.typeCount).map { type in
      let place = Int(bytes[types + type * 6 + 5])
      let name = bytes[characters..<(characters + header.characterCount)].dropFirst(place)
      return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    }
    initialOffset = typeOffsets[0]
    initialName = typeNames[0]
    for i in 0..<header.timeCount {
      let type = Int(bytes[indexes + i])
      guard type < typeOffsets.count else { return nil }
      moments.append(Self.number(bytes, times + i * 8, 8))
      offsets.append(typeOffsets[type])
      names.append(typeNames[type])
    }
    let footer = bytes[end...].dropFirst().prefix { $0 != UInt8(ascii: "\n") }
    rule = TimeZoneRule(Array(footer), names: &ruleNames)
  }

  private struct Header {
    static let size = 44
    let version: UInt8
    let isUTCCount: Int
    let isStandardCount: Int
    let leapCount: Int
    let timeCount: Int
    let typeCount: Int
    let characterCount: Int

    init?(_ bytes: [UInt8], at start: Int) {
      guard start >= 0, start + Self.size <= bytes.count,
        Array(bytes[start..<(start + 4)]) == Array("TZif".utf8)
      else { return nil }
      version = bytes[start + 4]
      let counts = (0..<6).map { Int(number(bytes, start + 20 + $0 * 4, 4)) }
      // No count is larger than the file, so no product below overflows.
      guard counts.allSatisfy({ $0 <= bytes.count }) else { return nil }
      isUTCCount = counts[0]
      isStandardCount = counts[1]
      leapCount = counts[2]
      timeCount = counts[3]
      typeCount = counts[4]
      characterCount = counts[5]
    }

    func blockSize(timeSize: Int) -> Int {
      timeCount * (timeSize + 1) + typeCount * 6 + characterCount + leapCount * (timeSize + 4)
        + isStandardCount + isUTCCount
    }
  }

  /// A big-endian number; of 8 bytes signed.
  private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int64 {
    Int64(bitPattern: bytes[start..<(start + count)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }
}

/// A POSIX TZ rule such as `CET-1CEST,M3.5.0,M10.5.0/3`: what holds for all the time to come.
struct TimeZoneRule {
  private let standard: Int64
  private var summer: (offset: Int64, start: Change, end: Change)?

  /// A day of the year, and seconds after its midnight.
  private struct Change {
    enum Day {
      /// 1…365, February 29th not counted.
      case ofShortYear(Int64)
      /// 0…365.
      case ofYear(Int64)
      /// The nth (5: last) weekday (0: Sunday) of a month.
      case weekday(month: Int64, week: Int64, day: Int64)
    }
    let day: Day
    let seconds: Int64

    /// Seconds since 1970 by the clock before the change.
    func local(year: Int64) -> Int64 {
      let first = CivilCalendar.days(year: year, month: 1, day: 1)
      let days: Int64
      switch day {
      case .ofYear(let number): days = first + number
      case .ofShortYear(let number):
        days = first + number - 1 + (number > 59 && CivilCalendar.isLeap(year) ? 1 : 0)
      case .weekday(let month, let week, let day):
        let start = CivilCalendar.days(year: year, month: month, day: 1)
        let weekday = CivilCalendar.weekday(days: start) % 7
        var date = 1 + (day - weekday + 7) % 7 + (week - 1) * 7
        if date > CivilCalendar.length(ofMonth: month, year: year) { date -= 7 }
        days = start + date - 1
      }
      return days * 86_400 + seconds
    }
  }

  /// nil for an empty or unknown text. `names` becomes what clocks are called, in winter and in
  /// summer: apart, for the rule itself is asked for each row and holds nothing to count.
  init?(_ text: [UInt8], names: inout [String]) {
    var scan = RuleScan(text)
    guard let name = scan.name(), let west = scan.time() else { return nil }
    names = [name, name]
    standard = -west
    guard !scan.isAtEnd else { return }
    guard let summerName = scan.name() else { return nil }
    names[1] = summerName
    var summerOffset = standard + 3600
    if !scan.at(","), let west = scan.time() { summerOffset = -west }
    guard let start = Self.change(&scan), let end = Self.change(&scan) else { return nil }
    summer = (summerOffset, start, end)
  }

  private static func change(_ scan: inout RuleScan) -> Change? {
    guard scan.take(",") else { return nil }
    let day: Change.Day
    if scan.take("M") {
      guard let month = scan.number(), scan.take("."), let week = scan.number(), scan.take("."),
        let weekday = scan.number(), (1...12).contains(month), (1...5).contains(week), weekday <= 6
      else { return nil }
      day = .weekday(month: month, week: week, day: weekday)
    } else if scan.take("J") {
      guard let number = scan.number(), (1...365).contains(number) else { return nil }
      day = .ofShortYear(number)
    } else {
      guard let number = scan.number(), number <= 365 else { return nil }
      day = .ofYear(number)
    }
    var seconds: Int64 = 7200
    if scan.take("/") {
      guard let time = scan.time() else { return nil }
      seconds = time
    }
    return Change(day: day, seconds: seconds)
  }

  func offset(at moment: Int64) -> Int64 {
    guard let summer else { return standard }
    return isSummer(at: moment) ? summer.offset : standard
  }

  func isSummer(at moment: Int64) -> Bool {
    guard let summer else { return false }
    let days = CivilCalendar.quotient(moment &+ standard, 86_400)
    let year = CivilCalendar.date(days: days).year
    let start = summer.start.local(year: year) - standard
    let end = summer.end.local(year: year) - summer.offset
    return start < end ? moment >= start && moment < end : moment >= start || moment < end
  }
}

/// Reads the pieces of a POSIX TZ rule.
private struct RuleScan {
  private let text: [UInt8]
  private var index = 0

  init(_ text: [UInt8]) { self.text = text }

  var isAtEnd: Bool { index == text.count }

  func at(_ character: Unicode.Scalar) -> Bool {
    index < text.count && text[index] == UInt8(ascii: character)
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at(character) else { return false }
    index += 1
    return true
  }

  /// `CET` or `<+03>`.
  mutating func name() -> String? {
    var start = index
    if take("<") {
      start = index
      while index < text.count, !at(">") { index += 1 }
      let name = String(decoding: text[start..<index], as: UTF8.self)
      return take(">") ? name : nil
    }
    while index < text.count, text[index] | 0x20 >= 0x61, text[index] | 0x20 <= 0x7A { index += 1 }
    return index > start ? String(decoding: text[start..<index], as: UTF8.self) : nil
  }

  mutating func number() -> Int64? {
    var value: Int64 = 0
    let start = index
    while index < text.count, index < start + 6, text[index] >= 0x30, text[index] <= 0x39 {
      value = value * 10 + Int64(text[index] - 0x30)
      index += 1
    }
    return index > start ? value : nil
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  mutating func time() -> Int64? {
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    guard let hours = number() else { return nil }
    var seconds = hours * 3600
    if take(":") {
      guard let minutes = number() else { return nil }
      seconds += minutes * 60
      if take(":") {
        guard let rest = number() else { return nil }
        seconds += rest
      }
    }
    return isNegative ? -seconds : seconds
  }
}
