import Foundation
import Testing

/// `enrich … as of event_time` of a real process: killed and taken up again with another number of
/// workers it gives what an undisturbed run gives, and that is what the versions say.
struct AsOfRunTests {
  private static let definition = """
    pipeline versions
    type Rate { currency: string, rate: int, at: timestamp }
    type Order { id: int, currency: string?, at: timestamp }
    checkpoint { every: 200ms, keep: 3 }
    table rates: Rate versioned key currency from file {
      path: "rates.jsonl", format: json, event_time: at, lateness: 1m, follow: true
      on_error: fail
    }
    source orders: Order from file {
      path: "orders.jsonl", format: json, event_time: at, lateness: 1m, follow: true
      on_error: fail
    }
    stream changes = orders | where id % 10 == 0 | map { currency = currency ?? "none", last = id }
    type Last { currency: string, last: int }
    table lasts: Last versioned key currency expire after 30s from stream changes
    stream priced = orders
      | enrich rates on currency as r as of event_time required
      | map { id, currency, r.rate }
    stream seen = orders | enrich lasts on currency as of event_time
    sink priced to file { path: "priced", format: json }
    sink priced.unmatched to file { path: "unmatched", format: json }
    sink seen to file { path: "seen", format: json }
    """

  private static func time(_ second: Int) -> String {
    String(format: "2026-01-01T%02d:%02d:%02dZ", second / 3600, second / 60 % 60, second % 60)
  }

  /// A rate every seven seconds, in turns; XXX has none.
  private static let rates = (0..<800).map { number in
    (currency: ["EUR", "USD", "GBP"][number % 3], rate: number, second: number * 7)
  }
  private static let orders = (0..<6_000).map { number in
    (id: number, currency: ["EUR", "USD", "GBP", "XXX", nil][number * 7 % 5], second: number)
  }

  /// Out of order by up to fifty seconds.
  private static func shuffled(_ lines: [String], by count: Int) -> [String] {
    stride(from: 0, to: lines.count, by: count).flatMap {
      lines[$0..<min($0 + count, lines.count)].reversed()
    }
  }

  private static var rateLines: [String] {
    shuffled(
      rates.map {
        #"{"currency":"\#($0.currency)","rate":\#($0.rate),"at":"\#(time($0.second))"}"# + "\n"
      }, by: 5)
  }

  private static var orderLines: [String] {
    shuffled(
      orders.map { order in
        let currency = order.currency.map { #""\#($0)""# } ?? "null"
        return #"{"id":\#(order.id),"currency":\#(currency),"at":"\#(time(order.second))"}"# + "\n"
      }, by: 40)
  }

  private func priced() -> [String] {
    Self.orders.compactMap { order in
      let rate = Self.rates.last { $0.currency == order.currency && $0.second <= order.second }
      return rate.map {
        #"{"id":\#(order.id),"currency":"\#($0.currency)","rate":\#($0.rate)}"#
      }
    }
  }

  /// The last tenth order of the currency, of the last thirty seconds; a row without one has null.
  private func seen() -> [String] {
    Self.orders.map { order in
      let last = Self.orders.last {
        $0.id % 10 == 0 && $0.currency == order.currency && $0.second <= order.second
          && order.currency != nil
      }
      let number = last.flatMap { order.second - $0.second <= 30 ? "\($0.id)" : nil } ?? "null"
      let currency = order.currency.map { #""\#($0)""# } ?? "null"
      return
        #"{"id":\#(order.id),"currency":\#(currency),"at":"\#(Self.time(order.second))","last":\#(number)}"#
    }
  }

  @Test func `a killed run finds the versions of an undisturbed one`() throws {
    let (rates, orders) = (Self.rateLines, Self.orderLines)
    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.write("rates.jsonl", rates[..<450].joined())
    try place.write("orders.jsonl", orders[..<3_333].joined())
    let engine = try place.start(["--parallelism", "2"])
    let hasRead = engine.makes(checkpoint: 2)
    #expect(hasRead, "\(engine.errors)")
    engine.signal(SIGKILL)
    _ = engine.wait(30)
    try place.write("rates.jsonl", rates.joined())
    try place.write("orders.jsonl", orders.joined())
    let rest = try place.run(["--stop-at-end", "--parallelism", "3"])
    #expect(rest.status == 0, "\(rest.errors)")
    let found = try place.lines("priced")
    #expect(found.sorted() == priced().sorted())
    #expect(try place.lines("unmatched").count == 6_000 - found.count)
    #expect(try place.lines("seen").sorted() == seen().sorted())
  }

  private static func prices(_ fields: String, _ key: String, _ column: String) -> String {
    """
    pipeline prices
    type Price { \(fields) }
    type Order { id: int, item: string, at: timestamp }
    table prices: Price versioned key \(key) from file {
      path: "prices.jsonl", event_time: at, follow: true, on_error: fail
    }
    source orders: Order from file {
      path: "orders.jsonl", event_time: at, follow: true, on_error: fail
    }
    stream priced = orders
      | enrich prices on item as p as of event_time
      | map { id, price = p.\(column) }
    sink priced to file { path: "priced", format: json }
    """
  }

  /// Runs until a checkpoint counts behind all that there is, and stops.
  private func run(_ place: Workplace, until count: Int) throws {
    let engine = try place.start([])
    let hasWritten = engine.until(30) { (try? place.lines("priced").count) ?? 0 >= count }
    #expect(hasWritten, "\(engine.errors)")
    engine.signal(SIGTERM)
    #expect(engine.wait(30).status == 0)
  }

  @Test func `a definition that reads another column finds it in the versions of before`() throws {
    let place = try Workplace()
    let fields = "item: string, other: string, buy: int, sell: int, at: timestamp"
    try place.write("p.raudal", Self.prices(fields, "item", "buy"))
    // The last price says that time goes on.
    let prices = [0, 9].map {
      #"{"item":"\#($0)","other":"z","buy":1,"sell":100,"at":"2026-01-01T00:00:0\#($0)Z"}"# + "\n"
    }
    try place.write("prices.jsonl", prices.joined())
    let orders = [1, 5, 6, 7].map {
      #"{"id":\#($0),"item":"0","at":"2026-01-01T00:00:0\#($0)Z"}"# + "\n"
    }
    try place.write("orders.jsonl", orders[..<2].joined())
    try run(place, until: 1)

    let turned = "sell: int, buy: int, item: string, other: string, at: timestamp"
    try place.write("p.raudal", Self.prices(turned, "item", "sell"))
    try place.write("orders.jsonl", orders[..<3].joined())
    try run(place, until: 2)
    let priced = try place.lines("priced").sorted()
    #expect(priced == [#"{"id":1,"price":1}"#, #"{"id":5,"price":100}"#])

    // By another key there is nothing to be found, and that is no change to be made in passing.
    try place.write("p.raudal", Self.prices(fields, "other", "buy"))
    try place.write("orders.jsonl", orders.joined())
    let third = try place.run(["--stop-at-end"])
    #expect(third.status == 1 && third.errors.contains("versions"), "\(third.errors)")
  }
}
