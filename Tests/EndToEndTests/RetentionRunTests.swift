import Foundation
import TestKit
import Testing

/// `retention` of a real process, killed in the middle and taken up by other workers, against a
/// computation over all rows at once.
struct RetentionRunTests {
  /// Microseconds.
  private static let second: Int64 = 1_000_000
  private static let period = 10 * second
  private static let offset = 3 * second
  private static let lateness = 5 * second

  private static func definition(periods: Int64) -> String {
    """
    pipeline cohorts
    type Event { id: int, who: int, channel: string?, at: timestamp as epoch_micros }
    checkpoint { every: 100ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 5s, follow: true
      on_error: fail
    }
    stream kept = events | retention 10s by who per channel offset 3s for \(periods) periods
    stream all = events | retention 10s by who, id % 2 offset 3s for \(periods) periods
    stream numbers = kept
      | map { channel, cohort = epoch_micros(cohort), period, ends = epoch_micros(window_end),
          users, size, rate }
    stream sizes = all
      | map { cohort = epoch_micros(cohort), period, ends = epoch_micros(window_end), users, size,
          rate }
    sink numbers to file { path: "numbers", format: json }
    sink sizes to file { path: "sizes", format: json }
    sink kept.late to file { path: "late", format: json }
    """
  }

  private struct Event {
    var id: Int
    var who: Int64
    var channel: String?
    var at: Int64

    var line: String {
      let channel = channel.map { "\"\($0)\"" } ?? "null"
      return #"{"id":\#(id),"who":\#(who),"channel":\#(channel),"at":\#(at)}"# + "\n"
    }
  }

  /// Out of order, late, of equal times, with silences; around 1970, today, or in the year 9999.
  private static func events(_ seed: UInt64, _ random: inout SeededRandom) -> [Event] {
    var time = [-200 * second, 1_767_225_600 * second, 253_402_290_000 * second][Int(seed % 3)]
    return (0..<1_500).map { id in
      time += Int64(random.next() % 2) * Int64(random.next() % 400_000)
      if random.next() % 150 == 0 { time += Int64(random.next() % 60) * second }
      let back = random.next() % 3 == 0 ? Int64(random.next() % 9_000_000) : 0
      return Event(
        id: id, who: Int64(random.next() % 25),
        channel: random.next() % 5 == 0 ? nil : "c\(random.next() % 3)", at: time - back)
    }
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func `a killed run gives what all rows at once give`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 37 &+ 11)
    let periods = 1 + Int64(random.next() % 5)
    let events = Self.events(seed, &random)
    let place = try Workplace()
    try place.write("p.raudal", Self.definition(periods: periods))
    try place.runKilled(
      events.map(\.line), first: 700, workers: 1 + seed % 3, then: 1 + (seed + 1) % 3)

    let (onTime, late) = Self.split(events)
    #expect(try place.lines("late").count == late && late > 0)
    let cohorts = Self.cohorts(onTime, periods) { "\($0.who)" }
    #expect(try place.lines("numbers").sorted() == Self.lines(cohorts, periods, perChannel: true))
    let sizes = Self.cohorts(
      onTime.map { event in
        var event = event
        event.channel = nil
        return event
      }, periods
    ) { "\($0.who) \($0.id % 2)" }
    #expect(try place.lines("sizes").sorted() == Self.lines(sizes, periods, perChannel: false))
  }

  private static func number(of time: Int64) -> Int64 {
    let from = time - offset
    return from >= 0 ? from / period : -((-from + period - 1) / period)
  }

  /// Those whose period had not closed when they came, and how many others there are.
  private static func split(_ events: [Event]) -> ([Event], late: Int) {
    var newest = Int64.min / 2
    var onTime: [Event] = []
    for event in events {
      let end = (number(of: event.at) + 1) * period + offset
      if end > newest - lateness { onTime.append(event) }
      newest = max(newest, event.at)
    }
    return (onTime, events.count - onTime.count)
  }

  private struct Cohort: Hashable {
    var start: Int64
    var channel: String?
  }

  /// By cohort: how many users came in each period.
  private static func cohorts(
    _ events: [Event], _ periods: Int64, user: (Event) -> String
  ) -> [Cohort: [Int]] {
    var found: [Cohort: [Int]] = [:]
    for events in Dictionary(grouping: events, by: user).values {
      let visits = Dictionary(grouping: events) { number(of: $0.at) }.sorted { $0.key < $1.key }
      var cohort: Cohort?
      var last = Int64.min / 2
      for (period, events) in visits {
        if period - last > periods { cohort = nil }
        last = period
        let first = events.sorted { ($0.at, $0.id) < ($1.at, $1.id) }.compactMap(\.channel).first
        let own = cohort ?? Cohort(start: period, channel: first)
        cohort = own
        let later = Int(period - own.start)
        guard later <= periods else { continue }
        found[own, default: Array(repeating: 0, count: Int(periods) + 1)][later] += 1
      }
    }
    return found
  }

  private static func lines(
    _ cohorts: [Cohort: [Int]], _ periods: Int64, perChannel: Bool
  ) -> [String] {
    cohorts.flatMap { cohort, users in
      users.enumerated().map { number, count in
        let channel = cohort.channel.map { "\"\($0)\"" } ?? "null"
        let start = cohort.start * period + offset
        return "{" + (perChannel ? #""channel":\#(channel),"# : "")
          + #""cohort":\#(start),"period":\#(number),"#
          + #""ends":\#(start + Int64(number + 1) * period),"users":\#(count),"#
          + #""size":\#(users[0]),"rate":\#(Double(count) / Double(users[0]))}"#
      }
    }.sorted()
  }
}
