import Columns
import Expressions
import Foundation
import Plans
import Schemas
import TestKit
import Testing

@Suite("Functions of time")
struct TimeFunctionTests {
  private let schema = Schema([
    Field("t", .timestamp, nullable: true), Field("u", .timestamp, nullable: true),
    Field("d", .date, nullable: true), Field("n", .int, nullable: true),
    Field("s", .string, nullable: true),
  ])

  private func micros(_ text: String) -> Int64 {
    var text = text
    return text.withUTF8 { TimestampText.parse($0)! }
  }

  private func apply(
    _ name: String, _ result: DataType, _ operands: Plans.Expression..., t: String? = nil,
    u: String? = nil, d: String? = nil, n: Int64? = nil, s: String? = nil
  ) throws -> Cell {
    let day = d.map { micros($0) / 86_400_000_000 }
    let row: [Cell] = [
      t.map { .int(micros($0)) } ?? .null, u.map { .int(micros($0)) } ?? .null,
      day.map { .int($0) } ?? .null, n.map { .int($0) } ?? .null, s.map { .text($0) } ?? .null,
    ]
    let expression = Plans.Expression(.call(name, operands), FieldType(result, nullable: true))
    let (cells, failures) = try evaluate(expression, schema, [row])
    if let failure = failures.first { throw failure }
    return cells[0]
  }

  private let t = column("t", .timestamp)
  private let d = column("d", .date)
  private let s = column("s", .string)

  @Test("Parts of times are those of Foundation's calendar in any zone, past and to come")
  func zones() throws {
    var random = SeededRandom(state: 11)
    for name in [
      "UTC", "Europe/Madrid", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
      "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca",
    ] {
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = TimeZone(identifier: name)!
      let rules = try #require(TimeZoneRules.named(name))
      for _ in 0..<150 {
        let seconds = Int64.random(in: -2_000_000_000...2_100_000_000, using: &random)
        let date = Date(timeIntervalSince1970: Double(seconds))
        let expected = calendar.timeZone.secondsFromGMT(for: date)
        // Foundation knows offsets to the minute; old ones have seconds.
        #expect(abs(Int(rules.offset(at: seconds)) - expected) < 60, "\(name) \(seconds)")
        guard seconds > 0 else { continue }
        let parts = calendar.dateComponents(
          [.year, .month, .day, .hour, .minute, .second, .weekday, .dayOfYear], from: date)
        let text = "\(date.ISO8601Format())"
        for (function, part) in [
          ("year", parts.year), ("month", parts.month), ("day", parts.day), ("hour", parts.hour),
          ("minute", parts.minute), ("second", parts.second), ("dayofweek", parts.weekday),
          ("dayofyear", parts.dayOfYear),
        ] {
          #expect(
            try apply(function, .int, t, literal(name), t: text) == .int(Int64(part!)),
            "\(function) \(name) \(text)")
        }
      }
    }
  }

  @Test("Clock changes are told as java.time tells them, in rules for all time to come")
  func changes() throws {
    let madrid = try #require(TimeZoneRules.named("Europe/Madrid"))
    func moment(_ local: String) -> Int64 { madrid.moment(ofLocal: micros(local))! }
    // Forward at 02:00 on 2026-03-29: 02:30 moves on to 03:30.
    #expect(moment("2026-03-29T02:30:00Z") == micros("2026-03-29T01:30:00Z"))
    // Back at 03:00 on 2026-10-25: 02:30 is told twice, the earlier is meant.
    #expect(moment("2026-10-25T02:30:00Z") == micros("2026-10-25T00:30:00Z"))
    #expect(moment("2026-10-25T03:00:00Z") == micros("2026-10-25T02:00:00Z"))
    #expect(moment("2099-07-01T12:00:00Z") == micros("2099-07-01T10:00:00Z"))
    #expect(moment("2099-12-01T12:00:00Z") == micros("2099-12-01T11:00:00Z"))
    let sydney = try #require(TimeZoneRules.named("Australia/Sydney"))
    #expect(sydney.local(micros("2099-01-01T00:00:00Z")) == micros("2099-01-01T11:00:00Z"))
    #expect(sydney.local(micros("2099-07-01T00:00:00Z")) == micros("2099-07-01T10:00:00Z"))
  }

  @Test("Zones that do not exist are refused by name")
  func unknownZones() {
    for name in ["Europe/Atlantis", "", "../etc/passwd", "/etc/passwd", "+25:00", "+1", "Europe"] {
      #expect(throws: BindingError.unknownZone(name)) {
        try apply("year", .int, t, literal(name), t: "2026-01-01T00:00:00Z")
      }
    }
    #expect(TimeZoneRules.named("-03:30")?.offset(at: 0) == -12_600)
  }

  @Test("Times are cut to units, in UTC and by a zone's clocks")
  func truncation() throws {
    let time = "2026-08-13T10:20:30.456789Z"
    for (unit, expected) in [
      ("microsecond", time), ("millisecond", "2026-08-13T10:20:30.456Z"),
      ("second", "2026-08-13T10:20:30Z"), ("minute", "2026-08-13T10:20:00Z"),
      ("hour", "2026-08-13T10:00:00Z"), ("day", "2026-08-13T00:00:00Z"),
      ("week", "2026-08-10T00:00:00Z"), ("month", "2026-08-01T00:00:00Z"),
      ("quarter", "2026-07-01T00:00:00Z"), ("year", "2026-01-01T00:00:00Z"),
    ] {
      #expect(
        try apply("date_trunc", .timestamp, literal(unit), t, t: time) == .int(micros(expected)))
    }
    let madrid = literal("Europe/Madrid")
    #expect(
      try apply("date_trunc", .timestamp, literal("day"), t, madrid, t: "2026-08-13T23:00:00Z")
        == .int(micros("2026-08-13T22:00:00Z")))
    // Half an hour after the clocks went back: the second 02:00, not the first.
    #expect(
      try apply("date_trunc", .timestamp, literal("hour"), t, madrid, t: "2026-10-25T01:30:00Z")
        == .int(micros("2026-10-25T01:00:00Z")))
    #expect(
      try apply("date_trunc", .timestamp, literal("day"), t, t: "1969-12-31T23:00:00Z")
        == .int(micros("1969-12-31T00:00:00Z")))
    #expect(throws: BindingError.badChoice(function: "date_trunc", value: "eon")) {
      try apply("date_trunc", .timestamp, literal("eon"), t, t: time)
    }
  }

  @Test("Units are added and counted as Flink does")
  func arithmetic() throws {
    let n = column("n", .int)
    for (unit, count, from, to) in [
      ("month", 1, "2024-01-31T12:00:00Z", "2024-02-29T12:00:00Z"),
      ("year", -1, "2024-02-29T00:00:00Z", "2023-02-28T00:00:00Z"),
      ("quarter", 2, "2023-11-30T00:00:00Z", "2024-05-30T00:00:00Z"),
      ("week", 1, "2024-02-28T00:00:00Z", "2024-03-06T00:00:00Z"),
      ("hour", -25, "1970-01-01T00:00:00Z", "1969-12-30T23:00:00Z"),
    ] as [(String, Int64, String, String)] {
      #expect(
        try apply("timestampadd", .timestamp, literal(unit), n, t, t: from, n: count)
          == .int(micros(to)))
    }
    #expect(throws: RowFailure.self) {
      try apply("timestampadd", .timestamp, literal("year"), n, t, t: "2024-01-01", n: .max)
    }
    let u = column("u", .timestamp)
    for (unit, from, to, expected) in [
      ("day", "2026-01-01T00:00:00Z", "2026-01-03T01:00:00Z", 2),
      ("day", "2026-01-03T01:00:00Z", "2026-01-01T00:00:00Z", -2),
      ("month", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z", 1),
      ("month", "2026-01-31T12:00:00Z", "2026-02-28T11:59:59Z", 0),
      ("month", "2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z", 1),
      ("month", "2026-02-28T12:00:00Z", "2026-01-31T12:00:00Z", -1),
      ("month", "2026-02-28T11:59:59Z", "2026-01-31T12:00:00Z", 0),
      ("month", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z", 1),
      ("month", "2026-01-01T12:00:00Z", "2026-01-01T00:00:00Z", 0),
      ("month", "2026-02-01T12:00:00Z", "2026-01-01T00:00:00Z", -1),
      ("quarter", "2025-11-30T08:00:00Z", "2026-02-28T08:00:00Z", 1),
      ("quarter", "2025-11-30T08:00:00Z", "2026-02-28T07:00:00Z", 0),
      ("month", "2026-01-15T00:00:00Z", "2026-03-15T00:00:00Z", 2),
      ("month", "2026-03-15T00:00:00Z", "2026-01-16T00:00:00Z", -1),
      ("year", "2024-02-29T00:00:00Z", "2025-02-28T00:00:00Z", 1),
      ("year", "2025-02-28T00:00:00Z", "2024-02-29T00:00:00Z", -1),
      ("year", "2024-02-29T00:00:00Z", "2028-02-28T00:00:00Z", 3),
      ("second", "1969-12-31T23:59:59.5Z", "1970-01-01T00:00:01Z", 1),
    ] as [(String, String, String, Int64)] {
      #expect(
        try apply("timestampdiff", .int, literal(unit), t, u, t: from, u: to) == .int(expected),
        "\(unit) \(from) \(to)")
    }
  }

  @Test("Java's patterns write and read times")
  func patterns() throws {
    let time = "2026-02-03T16:05:06.789Z"
    for (pattern, text) in [
      ("yyyy-MM-dd HH:mm:ss.SSS", "2026-02-03 16:05:06.789"), ("dd/MM/yy", "03/02/26"),
      ("d.M.yyyy H:m", "3.2.2026 16:5"), ("EEE, d MMM yyyy hh:mm a", "Tue, 3 Feb 2026 04:05 PM"),
      ("EEEE d MMMM", "Tuesday 3 February"), ("yyyyMMdd'T'HHmmss", "20260203T160506"),
      ("'it''s' yyyy", "it's 2026"), ("D", "34"), ("Q", "1"), ("YYYY-'W'ww", "2026-W06"),
      ("HH:mm XXX", "16:05 Z"), ("HH:mm xx", "16:05 +0000"), ("K k", "4 16"), ("SSSSSS", "789000"),
      ("ñ yyyy", "ñ 2026"),
    ] {
      #expect(
        try apply("date_format", .string, t, literal(pattern), t: time) == .text(text), "\(pattern)"
      )
    }
    let madrid = literal("Europe/Madrid")
    #expect(
      try apply("date_format", .string, t, literal("HH:mm xxx"), madrid, t: time)
        == "17:05 +01:00")
    #expect(
      try apply("date_format", .string, d, literal("yyyy/MM/dd"), d: "2026-02-03") == "2026/02/03")
    for (pattern, text, expected) in [
      ("yyyy-MM-dd HH:mm:ss.SSS", "2026-02-03 16:05:06.789", time),
      ("EEE, d MMM yyyy hh:mm a", "Tue, 3 Feb 2026 04:05 PM", "2026-02-03T16:05:00Z"),
      ("yyyyMMddHHmmss", "20260203160506", "2026-02-03T16:05:06Z"),
      ("dd/MMM/yyyy:HH:mm:ss xx", "03/Feb/2026:16:05:06 -0130", "2026-02-03T17:35:06Z"),
      ("yyyy-D", "2024-366", "2024-12-31T00:00:00Z"), ("ñ yyyy", "ñ 2026", "2026-01-01T00:00:00Z"),
    ] {
      #expect(
        try apply("to_timestamp", .timestamp, s, literal(pattern), s: text)
          == .int(micros(expected)), "\(pattern)")
    }
    for (pattern, text) in [
      ("yyyy-MM-dd", "2026-02-30"), ("yyyy-MM-dd", "2026-13-01"), ("yyyy-MM-dd", "26-01-01"),
      ("yyyy-MM-dd", "2026-01-01 "), ("HH:mm", "24:00"), ("yyyy-D", "2023-366"),
      ("d MMM yyyy", "3 feb 2026"), ("yyyy", ""), ("hh a", "13 PM"), ("yyyy", "２０２６"),
    ] {
      #expect(try apply("to_timestamp", .timestamp, s, literal(pattern), s: text) == nil, "\(text)")
    }
    for pattern in ["yyyy-bb", "'open", "[yyyy", "yyyy]", "MMMMM", "ddd", "V", "zzzz"] {
      #expect(throws: BindingError.self, "\(pattern)") {
        try apply("date_format", .string, t, literal(pattern), t: time)
      }
    }
  }

  @Test("Numbers since 1970 and texts of zones are converted")
  func conversions() throws {
    let n = column("n", .int)
    #expect(
      try apply("to_timestamp", .timestamp, s, s: "2026-01-01 10:00:00")
        == .int(micros("2026-01-01T10:00:00Z")))
    #expect(
      try apply(
        "to_timestamp", .timestamp, s, literal("yyyy-MM-dd HH:mm"), literal("Asia/Tokyo"),
        s: "2026-01-01 09:00") == .int(micros("2026-01-01T00:00:00Z")))
    #expect(try apply("to_date", .date, s, s: "1970-01-02") == 1)
    #expect(
      try apply(
        "convert_tz", .string, s, literal("UTC"), literal("Asia/Tokyo"), s: "2026-01-01 00:00:00")
        == "2026-01-01 09:00:00")
    #expect(try apply("convert_tz", .string, s, literal("UTC"), literal("UTC"), s: "no") == nil)
    #expect(try apply("unix_timestamp", .int, t, t: "1969-12-31T23:59:59.5Z") == -1)
    #expect(try apply("from_unixtime", .string, n, n: 0) == "1970-01-01 00:00:00")
    #expect(
      try apply("to_timestamp_ltz", .timestamp, n, literal(0), n: 1_767_225_600)
        == .int(micros("2026-01-01T00:00:00Z")))
    #expect(try apply("to_timestamp_ltz", .timestamp, n, n: 5) == 5000)
    #expect(throws: RowFailure.self) {
      try apply("to_timestamp_ltz", .timestamp, n, literal(0), n: .max)
    }
    #expect(try apply("epoch_millis", .int, t, t: "1970-01-01T00:00:01.5Z") == 1500)
    let span = call("subtract", .duration, t, column("u", .timestamp))
    #expect(
      try apply("duration_millis", .int, span, t: "1970-01-01T00:00:01Z", u: "1970-01-01") == 1000)
  }

  @Test("The calendar reaches before the year 1 and stops at its ends")
  func farAway() throws {
    let old = "-0043-03-15T12:00:00Z"
    #expect(try apply("year", .int, t, t: old) == -43)
    #expect(try apply("quarter", .int, t, t: old) == 1)
    #expect(
      try apply("date_trunc", .timestamp, literal("month"), t, t: old)
        == .int(micros("-0043-03-01")))
    for text in ["-290307-12-31T00:00:00Z", "+294246-12-31T23:59:59.999999Z"] {
      for unit in ["second", "week", "year"] {
        _ = try apply("date_trunc", .timestamp, literal(unit), t, literal("Europe/Madrid"), t: text)
      }
      _ = try apply("week", .int, t, t: text)
      _ = try apply("date_format", .string, t, literal("yyyy-MM-dd"), t: text)
    }
  }
}
