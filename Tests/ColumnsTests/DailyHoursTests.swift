import Columns
import Foundation
import TestKit
import Testing

/// Hours of the day by the clocks of places, against Foundation's.
@Suite struct DailyHoursTests {
  private static let zones = [
    "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
    "Africa/Casablanca", "Pacific/Apia", "UTC", "Europe/London", "Asia/Kathmandu",
  ]

  /// Whether a clock shows a time within the hours, as Foundation has it.
  private static func contains(
    _ seconds: Int64, _ zone: TimeZone, _ from: Int, _ until: Int
  ) -> Bool {
    let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
    let ofDay = ((Int(seconds) + offset) % 86_400 + 86_400) % 86_400
    let minute = ofDay / 60
    let end = until % 1440
    return from < end ? from <= minute && minute < end : from <= minute || minute < end
  }

  @Test func `They begin and end when clocks show it`() throws {
    var random = SeededRandom(seed: 1)
    for name in Self.zones {
      let rules = try #require(TimeZoneRules.named(name))
      let zone = try #require(TimeZone(identifier: name))
      for _ in 0..<60 {
        let from = Int.random(in: 0..<1440, using: &random)
        let until = (from + Int.random(in: 1..<1440, using: &random)) % 1440
        let hours = DailyHours(from: from, until: until == 0 ? 1440 : until)
        // From 1990 to 2035.
        let start = Int64.random(in: 631_152_000...2_051_222_400, using: &random)
        let isWithin = Self.contains(start, zone, from, until)
        #expect(hours.contain(start * 1_000_000, in: rules) == isWithin)
        let change = hours.nextChange(after: start * 1_000_000, in: rules)
        #expect(change > start * 1_000_000 && change % 1_000_000 == 0)
        let end = change / 1_000_000
        // Nothing changes before, looked at once a minute and around the change.
        let looks = Array(stride(from: start, to: end, by: 60)) + [end - 1]
        for moment in looks where moment >= start {
          #expect(Self.contains(moment, zone, from, until) == isWithin, "\(name) \(moment)")
        }
        #expect(Self.contains(end, zone, from, until) != isWithin, "\(name) \(end)")
      }
    }
  }

  @Test func `A whole day has no end`() throws {
    let hours = DailyHours(from: 0, until: 1440)
    for name in Self.zones {
      let rules = try #require(TimeZoneRules.named(name))
      // Over both changes of a year's clocks.
      for look in 0..<1_500 {
        let moment = (1_774_000_000 + Int64(look) * 21_599) * 1_000_000
        #expect(hours.contain(moment, in: rules))
        #expect(hours.nextChange(after: moment, in: rules) > moment)
      }
    }
  }

  @Test func `Days when clocks are changed`() throws {
    let rules = try #require(TimeZoneRules.named("Europe/Madrid"))
    let hours = DailyHours(from: 2 * 60 + 15, until: 2 * 60 + 45)
    // 2026-03-29 01:00 UTC: from 02:00 to 03:00. No clock shows the half hour that day.
    let spring: Int64 = 1_774_746_000
    let next = hours.nextChange(after: (spring - 3_600) * 1_000_000, in: rules)
    #expect(next == (spring - 3_600 + 86_400 + 900) * 1_000_000)
    // 2026-10-25 01:00 UTC: from 03:00 to 02:00. Clocks show it twice.
    let autumn: Int64 = 1_792_890_000
    var changes: [Int64] = []
    var moment = (autumn - 7_200) * 1_000_000
    for _ in 0..<4 {
      moment = hours.nextChange(after: moment, in: rules)
      changes.append(moment / 1_000_000 - autumn)
    }
    #expect(changes == [-2_700, -900, 900, 2_700])
  }
}
