import Columns
import Testing

@Suite("Times as text")
struct TimeTextTests {
  @Test("Timestamps are read and written as Python's datetime has them")
  func timestamps() throws {
    for line in try fixture("Values/timestamps.tsv") {
      let micros = Int64(line[1])!
      #expect(bytes(line[0]) { TimestampText.parse($0) } == micros)
      #expect(written { TimestampText.write(micros, to: $0) } == line[0])
    }
  }

  @Test("Weeks, weekdays and days of the year are Python's")
  func weeks() throws {
    for line in try fixture("Values/timestamps.tsv") {
      let days = CivilCalendar.quotient(Int64(line[1])!, CivilCalendar.microsecondsPerDay)
      let week = CivilCalendar.week(days: days)
      #expect(week.year == Int64(line[2])! && week.week == Int64(line[3])!)
      #expect(CivilCalendar.weekday(days: days) == Int64(line[4])!)
      #expect(CivilCalendar.dayOfYear(days: days) == Int64(line[5])!)
    }
  }

  @Test("Every day follows the one before, far into negative years")
  func calendar() {
    var (year, month, day): (Int64, Int64, Int64) = (-801, 1, 1)
    var number = CivilCalendar.days(year: year, month: month, day: day)
    while year < 2101 {
      let date = CivilCalendar.date(days: number)
      guard date == (year, month, day),
        CivilCalendar.days(year: year, month: month, day: day) == number
      else {
        Issue.record("day \(number) is \(date), not \(year)-\(month)-\(day)")
        return
      }
      number += 1
      day += 1
      if day > CivilCalendar.length(ofMonth: month, year: year) { (month, day) = (month + 1, 1) }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
    #expect(CivilCalendar.days(year: 1970, month: 1, day: 1) == 0)
  }

  @Test("Forms beside RFC 3339 are understood")
  func forms() {
    for (text, micros) in [
      ("1970-01-01T00:00:01Z", 1_000_000), ("1970-01-01 00:00:01", 1_000_000),
      ("1970-01-01t00:00:01.5z", 1_500_000), ("1970-01-01T01:00:00+01:00", 0),
      ("1970-01-01T00:00:00-0130", 5_400_000_000), ("1970-01-01T00:00+01", -3_600_000_000),
      ("1970-01-02", 86_400_000_000), ("1970-01-01T00:00:00.1234567899Z", 123_456),
      ("1969-12-31T23:59:60Z", 0), ("1969-12-31T23:59:59.999999Z", -1),
    ] as [(String, Int64)] {
      #expect(bytes(text) { TimestampText.parse($0) } == micros, "\(text)")
    }
  }

  @Test("What is no time is refused")
  func refusals() {
    for text in [
      "", "1970", "1970-1-1", "1970-13-01", "1970-00-01", "1970-02-29", "1970-01-00",
      "1970-01-01T", "1970-01-01T24:00:00", "1970-01-01T00:60:00", "1970-01-01T00:00:60Z",
      "1970-01-01T00:00:00.", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx",
      "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+1", "970-01-01", "12345-01-01",
      "+300000-01-01T00:00:00Z", "-300000-01-01", "1970-01-01T00:00:00+01:60", "now",
    ] {
      #expect(bytes(text) { TimestampText.parse($0) } == nil, "\(text)")
    }
    #expect(bytes("1970-01-01T00:00:00") { DateText.parse($0) } == nil)
  }

  @Test("Timestamps at the ends of time read back")
  func extremes() {
    for micros in [Int64.min, .min + 1, .max, -62_167_219_200_000_000, -62_167_219_200_000_001] {
      let text = written { TimestampText.write(micros, to: $0) }
      #expect(bytes(text) { TimestampText.parse($0) } == micros, "\(text)")
    }
    #expect(
      written { TimestampText.write(-62_167_219_200_000_001, to: $0) }
        == "-0001-12-31T23:59:59.999999Z")
    #expect(written { TimestampText.write(.max, to: $0) } == "+294247-01-10T04:00:54.775807Z")
  }

  @Test("Months are added as calendars do, the day cut to the month")
  func months() {
    func day(_ text: String) -> Int64 { bytes(text) { DateText.parse($0) }! }
    for (from, months, to) in [
      ("2024-01-31", 1, "2024-02-29"), ("2023-01-31", 1, "2023-02-28"),
      ("2024-02-29", 12, "2025-02-28"), ("2024-03-31", -1, "2024-02-29"),
      ("2024-01-15", -13, "2022-12-15"), ("0001-01-01", -1, "0000-12-01"),
    ] as [(String, Int64, String)] {
      #expect(CivilCalendar.adding(months: months, toDays: day(from)) == day(to))
    }
    #expect(CivilCalendar.adding(months: .max, toDays: 0) == nil)
    #expect(CivilCalendar.adding(months: 12_000_000, toDays: 0) == nil)
  }

  @Test("Durations are written as the language writes them and read back")
  func durations() {
    for (text, micros) in [
      ("1h30m", 5_400_000_000), ("10s", 10_000_000), ("250ms", 250_000), ("-2d", -172_800_000_000),
      ("0s", 0), ("1d1h1m1s1ms1us", 90_061_001_001),
    ] as [(String, Int64)] {
      #expect(bytes(text) { DurationText.parse($0) } == micros, "\(text)")
      #expect(written { DurationText.write(micros, to: $0) } == text)
    }
    for text in ["", "-", "1", "s", "1x", "1.5s", "999999999999d", "1h 2m"] {
      #expect(bytes(text) { DurationText.parse($0) } == nil, "\(text)")
    }
  }
}
