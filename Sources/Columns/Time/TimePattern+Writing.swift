extension TimePattern {
  /// Writes the time that a clock shows.
  ///
  /// - Parameters:
  ///   - local: microseconds since 1970 as if the clock stood in UTC.
  ///   - offset: seconds that it is east of UTC.
  ///   - zone: where it stands.
  package func write(
    local: Int64, offset: Int64 = 0, zone: TimeZoneRules = .utc, to buffer: ByteBuffer
  ) {
    write(items, local: local, offset: offset, zone: zone, to: buffer)
  }

  private func write(
    _ items: [Item], local: Int64, offset: Int64, zone: TimeZoneRules, to buffer: ByteBuffer
  ) {
    let days = CivilCalendar.quotient(local, CivilCalendar.microsecondsPerDay)
    let time = CivilCalendar.remainder(local, CivilCalendar.microsecondsPerDay)
    let date = CivilCalendar.date(days: days)
    for item in items {
      switch item {
      case .literal(let bytes): bytes.withUnsafeBufferPointer { buffer.append($0) }
      case .field(.offset(let zeroIsZ), let count):
        Self.write(offset: offset, count: count, zeroIsZ: zeroIsZ, to: buffer)
      case .field(.zone, _): buffer.append(string: zone.name)
      case .field(.zoneName, _):
        buffer.append(
          string: zone.abbreviation(at: CivilCalendar.quotient(local, 1_000_000) &- offset))
      case .optional(let items):
        write(items, local: local, offset: offset, zone: zone, to: buffer)
      case .field(let field, let count):
        write(field, count, days: days, date: date, time: time, to: buffer)
      }
    }
  }

  private func write(
    _ field: Field, _ count: Int, days: Int64, date: (year: Int64, month: Int64, day: Int64),
    time: Int64, to buffer: ByteBuffer
  ) {
    let hour = time / 3_600_000_000
    switch field {
    case .year: writeYear(date.year, count, to: buffer)
    case .weekYear: writeYear(CivilCalendar.week(days: days).year, count, to: buffer)
    case .month: write(date.month, count, names: Self.months, to: buffer)
    case .weekday:
      write(CivilCalendar.weekday(days: days), max(3, count), names: Self.weekdays, to: buffer)
    case .day: write(date.day, count, to: buffer)
    case .dayOfYear: write(CivilCalendar.dayOfYear(days: days), count, to: buffer)
    case .quarter: write((date.month + 2) / 3, count, to: buffer)
    case .week: write(CivilCalendar.week(days: days).week, count, to: buffer)
    case .half: buffer.append(hour < 12 ? "AM" : "PM")
    case .hour24: write(hour, count, to: buffer)
    case .hour24From1: write(hour == 0 ? 24 : hour, count, to: buffer)
    case .hour12: write(hour % 12, count, to: buffer)
    case .hour12From1: write(hour % 12 == 0 ? 12 : hour % 12, count, to: buffer)
    case .minute: write(time / 60_000_000 % 60, count, to: buffer)
    case .second: write(time / 1_000_000 % 60, count, to: buffer)
    case .fraction: write(fraction: time % 1_000_000, count, to: buffer)
    case .anyFraction, .offset, .zone, .zoneName: break
    }
  }

  /// `yy`: the last two digits. Otherwise at least `count` digits, with a sign where negative or
  /// longer than a count of four and more.
  private func writeYear(_ year: Int64, _ count: Int, to buffer: ByteBuffer) {
    if count == 2 { return write(CivilCalendar.remainder(year, 100), 2, to: buffer) }
    if year < 0 { buffer.append(UInt8(ascii: "-")) }
    if year > 9999, count >= 4 { buffer.append(UInt8(ascii: "+")) }
    write(Int64(year.magnitude), count, to: buffer)
  }

  private func write(_ number: Int64, _ count: Int, to buffer: ByteBuffer) {
    var width = 1
    var bound: Int64 = 10
    while number >= bound, width < 18 {
      width += 1
      bound *= 10
    }
    let target = buffer.reserve(20)
    let digits = max(width, count)
    IntegerText.write(padded: number, width: digits, to: target)
    buffer.commit(digits)
  }

  /// Three letters: cut; four: whole; fewer: the number.
  private func write(_ number: Int64, _ count: Int, names: [String], to buffer: ByteBuffer) {
    if count < 3 { return write(number, count, to: buffer) }
    let name = names[Int(number) - 1]
    buffer.append(string: count == 3 ? String(name.prefix(3)) : name)
  }

  /// Exactly `count` digits: cut, or with zeros.
  private func write(fraction micros: Int64, _ count: Int, to buffer: ByteBuffer) {
    let target = buffer.reserve(16)
    IntegerText.write(padded: micros * 1000, width: 9, to: target)
    buffer.commit(count)
  }

  /// 1: `+02` or `+0230`; 2: `+0230`; 3: `+02:30`.
  static func write(offset: Int64, count: Int, zeroIsZ: Bool, to buffer: ByteBuffer) {
    if offset == 0, zeroIsZ { return buffer.append(UInt8(ascii: "Z")) }
    let minutes = Int64(offset.magnitude) / 60
    let target = buffer.reserve(8)
    target[0] = UInt8(ascii: offset < 0 ? "-" : "+")
    IntegerText.write(padded: minutes / 60, width: 2, to: target + 1)
    if count == 1, minutes % 60 == 0 { return buffer.commit(3) }
    let colon = count == 3 ? 1 : 0
    if colon == 1 { target[3] = UInt8(ascii: ":") }
    IntegerText.write(padded: minutes % 60, width: 2, to: target + (3 + colon))
    buffer.commit(5 + colon)
  }
}
