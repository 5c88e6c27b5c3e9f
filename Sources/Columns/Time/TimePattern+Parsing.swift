extension TimePattern {
  /// What a text says; fields that the pattern does not name are the first of 1970, midnight.
  package struct Parsed {
    /// Days since 1970.
    package var days: Int64
    /// Microseconds since midnight.
    package var time: Int64
    /// Seconds east of UTC, if the text says so.
    package var offset: Int64?
    /// The zone that the text names.
    package var zone: TimeZoneRules?

    /// The moment, by the text's own offset or zone, else in this one; nil out of range.
    package func moment(in zone: TimeZoneRules) -> Int64? {
      let (start, over) = days.multipliedReportingOverflow(by: CivilCalendar.microsecondsPerDay)
      let (local, carry) = start.addingReportingOverflow(time)
      guard !over, !carry else { return nil }
      guard let offset else { return (self.zone ?? zone).moment(ofLocal: local) }
      let (moment, out) = local.subtractingReportingOverflow(offset * 1_000_000)
      return out ? nil : moment
    }
  }

  private struct Fields {
    var year: Int64?
    var month: Int64?
    var day: Int64?
    var dayOfYear: Int64?
    var hour: Int64?
    var hour12: Int64?
    var isAfternoon: Bool?
    var minute: Int64 = 0
    var second: Int64 = 0
    var micros: Int64 = 0
    var offset: Int64?
    var zone: TimeZoneRules?
  }

  /// nil where the text does not follow the pattern, or says no possible time. O(text).
  package func parse(_ text: UnsafeBufferPointer<UInt8>) -> Parsed? {
    guard let base = text.baseAddress else { return nil }
    var scan = DigitScan(base, text.count)
    var fields = Fields()
    guard parse(items, &scan, &fields) else { return nil }
    return scan.isAtEnd ? resolve(fields) : nil
  }

  private func parse(_ items: [Item], _ scan: inout DigitScan, _ fields: inout Fields) -> Bool {
    for item in items {
      switch item {
      case .literal(let bytes):
        for byte in bytes where !scan.take(byte: byte) { return false }
      case .field(let field, let count):
        guard parse(field, count, &scan, &fields) else { return false }
      case .optional(let items):
        let (oldScan, oldFields) = (scan, fields)
        if !parse(items, &scan, &fields) { (scan, fields) = (oldScan, oldFields) }
      }
    }
    return true
  }

  private func parse(
    _ field: Field, _ count: Int, _ scan: inout DigitScan, _ fields: inout Fields
  ) -> Bool {
    switch field {
    case .year, .weekYear: return parseYear(count, &scan, &fields)
    case .month:
      guard let month = number(count, 1...12, &scan, names: Self.months) else { return false }
      fields.month = month
    case .weekday: return number(max(3, count), 1...7, &scan, names: Self.weekdays) != nil
    case .day: return set(&fields.day, number(count, 1...31, &scan))
    case .dayOfYear: return set(&fields.dayOfYear, number(count, 1...366, &scan))
    case .quarter: return number(count, 1...4, &scan) != nil
    case .week: return number(count, 1...53, &scan) != nil
    case .half:
      if scan.take("A") || scan.take("a") {
        fields.isAfternoon = false
      } else if scan.take("P") || scan.take("p") {
        fields.isAfternoon = true
      } else {
        return false
      }
      return scan.take("M") || scan.take("m")
    case .hour24: return set(&fields.hour, number(count, 0...23, &scan))
    case .hour24From1: return set(&fields.hour, number(count, 1...24, &scan).map { $0 % 24 })
    case .hour12: return set(&fields.hour12, number(count, 0...11, &scan))
    case .hour12From1: return set(&fields.hour12, number(count, 1...12, &scan).map { $0 % 12 })
    case .minute:
      guard let minute = number(count, 0...59, &scan) else { return false }
      fields.minute = minute
    case .second:
      guard let second = number(count, 0...59, &scan) else { return false }
      fields.second = second
    case .fraction:
      guard let (value, digits) = scan.digits(atMost: count), digits == count else { return false }
      var nanos = value
      for _ in digits..<9 { nanos *= 10 }
      fields.micros = nanos / 1000
    case .anyFraction:
      guard scan.take(".") else { return true }
      guard let micros = scan.fraction() else { return false }
      fields.micros = micros
    case .offset(let zeroIsZ):
      return set(&fields.offset, offset(count, zeroIsZ: zeroIsZ, &scan))
    case .zone: return parseZone(byName: false, &scan, &fields)
    case .zoneName: return parseZone(byName: true, &scan, &fields)
    }
    return true
  }

  /// A zone is read as far as its letters go.
  private func parseZone(
    byName: Bool, _ scan: inout DigitScan, _ fields: inout Fields
  ) -> Bool {
    let name = scan.word { byte in
      let letter = byte | 0x20
      return letter >= 0x61 && letter <= 0x7A || byte >= 0x30 && byte <= 0x39
        || "/_+-:".utf8.contains(byte)
    }
    if byName, let offset = TimeZoneRules.offset(ofName: name) {
      fields.offset = offset
      return true
    }
    fields.zone = TimeZoneRules.named(name)
    return fields.zone != nil
  }

  private func set(_ field: inout Int64?, _ value: Int64?) -> Bool {
    field = value
    return value != nil
  }

  private func parseYear(_ count: Int, _ scan: inout DigitScan, _ fields: inout Fields) -> Bool {
    if count == 2 {
      guard let year = scan.number(digits: 2) else { return false }
      fields.year = 2000 + year
      return true
    }
    let isNegative = scan.take("-")
    let isSigned = isNegative || scan.take("+")
    // Four letters and no sign: four digits, so that `yyyyMMdd` can be told apart.
    let most = isSigned || count < 3 ? 6 : count
    guard let (year, digits) = scan.digits(atMost: most), digits >= min(count, 4),
      CivilCalendar.dateYears.contains(year)
    else { return false }
    fields.year = isNegative ? -year : year
    return true
  }

  /// One letter: one or two (of days, three) digits; more: exactly so many; three and four letters
  /// of a field with names: the name.
  private func number(
    _ count: Int, _ range: ClosedRange<Int64>, _ scan: inout DigitScan, names: [String] = []
  ) -> Int64? {
    if count >= 3, !names.isEmpty {
      for (index, name) in names.enumerated() {
        let wanted = count == 3 ? String(name.prefix(3)) : name
        var attempt = scan
        if wanted.unicodeScalars.allSatisfy({ attempt.take($0) }) {
          scan = attempt
          return Int64(index + 1)
        }
      }
      return nil
    }
    let value =
      count == 1
      ? scan.digits(atMost: range.upperBound > 99 ? 3 : 2)?.value : scan.number(digits: count)
    guard let value, range.contains(value) else { return nil }
    return value
  }

  private func offset(_ count: Int, zeroIsZ: Bool, _ scan: inout DigitScan) -> Int64? {
    if zeroIsZ, scan.take("Z") { return 0 }
    let isWest = scan.take("-")
    guard isWest || scan.take("+"), let hours = scan.number(digits: 2), hours <= 18 else {
      return nil
    }
    var minutes: Int64 = 0
    if count == 3 {
      guard scan.take(":") else { return nil }
    }
    if count > 1 {
      guard let value = scan.number(digits: 2) else { return nil }
      minutes = value
    } else if let value = scan.number(digits: 2) {
      minutes = value
    }
    guard minutes <= 59 else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return isWest ? -seconds : seconds
  }

  private func resolve(_ fields: Fields) -> Parsed? {
    let year = fields.year ?? 1970
    let days: Int64
    if let dayOfYear = fields.dayOfYear {
      guard dayOfYear <= (CivilCalendar.isLeap(year) ? 366 : 365) else { return nil }
      days = CivilCalendar.days(year: year, month: 1, day: 1) + dayOfYear - 1
    } else {
      let month = fields.month ?? 1
      let day = fields.day ?? 1
      guard day <= CivilCalendar.length(ofMonth: month, year: year) else { return nil }
      days = CivilCalendar.days(year: year, month: month, day: day)
    }
    var hour = fields.hour ?? 0
    if let hour12 = fields.hour12 { hour = hour12 + (fields.isAfternoon == true ? 12 : 0) }
    let seconds = (hour * 60 + fields.minute) * 60 + fields.second
    return Parsed(
      days: days, time: seconds * 1_000_000 + fields.micros, offset: fields.offset,
      zone: fields.zone)
  }
}
