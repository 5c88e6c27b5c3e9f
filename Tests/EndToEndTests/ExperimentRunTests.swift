import Foundation
import TestKit
import Testing

/// `experiment` of a real process, killed in the middle and taken up by other workers, against a
/// computation over all rows at once.
struct ExperimentRunTests {
  /// Microseconds.
  private static let second: Int64 = 1_000_000
  private static let lateness = 5 * second
  private static let period = 20 * second
  private static let span = 15 * second
  private static let effect = 0.1

  private static func definition(_ shares: [Double]) -> String {
    let variants = shares.enumerated().map { "v\($0): \($1)" }.joined(separator: ", ")
    return """
      pipeline trial
      type Event { id: int, who: int, variant: string?, paid: bool?, at: timestamp as epoch_micros }
      checkpoint { every: 100ms, keep: 3 }
      source events: Event from file {
        path: "events.jsonl", format: json, event_time: at, lateness: 5s, follow: true
        on_error: fail
      }
      stream results = events
        | experiment of variant by who converted paid within 15s every 20s confidence 90% effect 10%
          { \(variants) }
      stream lines = results | with { window_end = epoch_micros(window_end) }
      sink lines to file { path: "lines", format: json }
      sink results.late to file { path: "late", format: json }
      """
  }

  private struct Event {
    var id: Int
    var who: Int64
    var variant: Int?
    var paid: Bool?
    var at: Int64

    var line: String {
      let variant = variant.map { "\"v\($0)\"" } ?? "null"
      let paid = paid.map { "\($0)" } ?? "null"
      return #"{"id":\#(id),"who":\#(who),"variant":\#(variant),"paid":\#(paid),"at":\#(at)}"#
        + "\n"
    }
  }

  /// Out of order, late and of equal times; around 1970, today, or in the year 9999. Most users see
  /// one variant; the last variant is none that is declared.
  private static func events(
    _ seed: UInt64, _ variants: Int, _ random: inout SeededRandom
  ) -> [Event] {
    var time = [-100 * second, 1_767_225_600 * second, 253_402_290_000 * second][Int(seed % 3)]
    return (0..<2_000).map { id in
      time += Int64(random.next() % 2) * Int64(random.next() % 300_000)
      let back = random.next() % 3 == 0 ? Int64(random.next() % 8_000_000) : 0
      let who = Int64(random.next() % UInt64(20 + id))
      let usual = Int(who) % (variants + 1)
      let shown = random.next() % 40 == 0 ? Int(random.next() % UInt64(variants)) : usual
      return Event(
        id: id, who: who, variant: random.next() % 3 == 0 ? shown : nil,
        paid: random.next() % 7 == 0 ? nil : random.next() % 4 == 0, at: time - back)
    }
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func `a killed run gives what all rows at once give`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 53 &+ 7)
    let shares = [[0.5, 0.5], [0.5, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]][Int(seed / 2)]
    let events = Self.events(seed, shares.count, &random)
    let place = try Workplace()
    try place.write("p.raudal", Self.definition(shares))
    try place.runKilled(
      events.map(\.line), first: 900, workers: 1 + seed % 3, then: 1 + (seed + 2) % 3)

    let (onTime, late) = Self.split(events)
    #expect(try place.lines("late").count == late && late > 0)
    var results = Self.results(onTime, shares)
    #expect(results.count > 3 * shares.count)
    for line in try place.lines("lines") {
      let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
      let name = "\(row["window_end"] ?? "") \(row["variant"] ?? "")"
      let found = results.removeValue(forKey: name)
      let expected = try #require(found, "\(line)")
      for (column, number) in expected {
        let have = (row[column] as? NSNumber)?.doubleValue
        // The less likely something is, the smaller is an error that counts.
        let isSame =
          number.map { number in
            let scale = column.hasSuffix("p_value") ? abs(number) : 1
            return abs(number - (have ?? .nan)) <= 1e-11 * scale
          } ?? (have == nil)
        #expect(isSame, "\(column) is \(String(describing: number)): \(line)")
      }
    }
    #expect(results.isEmpty)
  }

  private static func split(_ events: [Event]) -> ([Event], late: Int) {
    var newest = Int64.min / 2
    var onTime: [Event] = []
    for event in events {
      if event.at >= newest - lateness { onTime.append(event) }
      newest = max(newest, event.at)
    }
    return (onTime, events.count - onTime.count)
  }

  private struct User {
    var variant: Int
    var since: Int64
    var hasConverted = false
    var isMixed = false
  }

  /// Users by variant, those of them that converted, and those who saw two.
  private struct Sums: Equatable {
    var users: [Double]
    var converted: [Double]
    var mixed: Double

    init(_ all: [User], variants: Int) {
      let own = all.filter { !$0.isMixed }
      users = (0..<variants).map { number in Double(own.count { $0.variant == number }) }
      converted = (0..<variants).map { number in
        Double(own.count { $0.variant == number && $0.hasConverted })
      }
      mixed = Double(all.count - own.count)
    }
  }

  /// By window and variant: the figures at its end, where something changed in it.
  private static func results(
    _ events: [Event], _ shares: [Double]
  ) -> [String: [String: Double?]] {
    var users: [Int64: User] = [:]
    var last = Sums([], variants: shares.count)
    var results: [String: [String: Double?]] = [:]
    let windows = Dictionary(grouping: events) { event in
      event.at >= 0 ? event.at / period : -((-event.at + period - 1) / period)
    }
    for (window, events) in windows.sorted(by: { $0.key < $1.key }) {
      for event in events.sorted(by: { ($0.at, $0.id) < ($1.at, $1.id) }) {
        users[event.who] = user(users[event.who], after: event, variants: shares.count)
      }
      let sums = Sums(Array(users.values), variants: shares.count)
      guard sums != last else { continue }
      last = sums
      for number in shares.indices {
        results["\((window + 1) * period) v\(number)"] = figures(sums, number, shares)
      }
    }
    return results
  }

  private static func user(_ before: User?, after event: Event, variants: Int) -> User? {
    let shown = event.variant.flatMap { $0 < variants ? $0 : nil }
    guard var user = before ?? shown.map({ User(variant: $0, since: event.at) }) else {
      return nil
    }
    if let shown, shown != user.variant { user.isMixed = true }
    if event.paid == true, event.at - user.since <= span { user.hasConverted = true }
    return user
  }

  private static func figures(
    _ sums: Sums, _ number: Int, _ shares: [Double]
  ) -> [String: Double?] {
    func rate(_ number: Int) -> Double { sums.converted[number] / sums.users[number] }
    func variance(_ number: Int) -> Double {
      let rate = (sums.converted[number] + 0.5) / (sums.users[number] + 1)
      return rate * (1 - rate) / sums.users[number]
    }
    var result: [String: Double?] = [
      "users": sums.users[number], "converted": sums.converted[number], "mixed": sums.mixed,
      "rate": sums.users[number] > 0 ? rate(number) : nil, "difference": nil, "low": nil,
      "high": nil, "p_value": nil, "share_p_value": mismatch(sums.users, shares),
    ]
    guard number > 0, sums.users[0] > 0, sums.users[number] > 0 else { return result }
    let difference = rate(number) - rate(0)
    let (own, prior) = (variance(0) + variance(number), effect * effect)
    let ratio =
      (own / (own + prior)).squareRoot()
      * exp(prior * difference * difference / (2 * own * (own + prior)))
    let half =
      (own * (own + prior) / prior * (2 * log(1 / 0.1) + log((own + prior) / own))).squareRoot()
    result["difference"] = difference
    result["low"] = difference - half
    result["high"] = difference + half
    result["p_value"] = min(1, 1 / ratio)
    return result
  }

  /// The tail of χ²: the upper incomplete gamma function of half of its degrees of freedom.
  private static func mismatch(_ users: [Double], _ shares: [Double]) -> Double? {
    let all = users.reduce(0, +)
    guard all > 0 else { return nil }
    let sum = zip(users, shares).reduce(0) { sum, pair in
      let expected = all * pair.1
      return sum + (pair.0 - expected) * (pair.0 - expected) / expected
    }
    return GammaTail.share(Double(shares.count - 1) / 2, beyond: sum / 2)
  }
}

/// The regularised upper incomplete gamma function, by its series where the lower one is small and
/// by a continued fraction behind that (Abramowitz and Stegun, 6.5.29 and 6.5.31).
private enum GammaTail {
  static func share(_ a: Double, beyond x: Double) -> Double {
    guard x > 0 else { return 1 }
    let factor = exp(-x) * pow(x, a) / tgamma(a)
    guard x >= a + 1 else {
      var (term, sum) = (1 / a, 1 / a)
      for step in 1...60 {
        term *= x / (a + Double(step))
        sum += term
      }
      return 1 - factor * sum
    }
    // From the inside out.
    var fraction = 0.0
    for step in stride(from: 100.0, through: 1, by: -1) {
      fraction = step * (a - step) / (x + 2 * step + 1 - a + fraction)
    }
    return factor / (x + 1 - a + fraction)
  }
}
