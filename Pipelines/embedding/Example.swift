import Embedding

/// A Swift program with a pipeline inside: it builds it, brings a function and a task of its own,
/// gives it rows and takes the results. Run it with `swift run EmbeddingExample`.
@main
struct Example {
  enum Order {
    static let shop = Column<String>("shop")
    static let coupon = Column<String?>("coupon")
    static let amount = Column<ExactDecimal>("amount", precision: 12, scale: 2)
    static let at = Column<Timestamp>("at")
  }

  enum Shop {
    static let shop = Column<String>("shop")
    static let country = Column<String>("country")
  }

  enum Total {
    static let country = Column<String>("country")
    static let orders = Column<Int>("orders")
    static let takings = Column<ExactDecimal?>("takings", precision: 38, scale: 2)
    static let discounted = Column<Int>("discounted")
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  static func pipeline() -> Pipeline {
    var pipeline = Pipeline("takings")
    // How much a coupon takes off, in percent: the digits at its end.
    pipeline.add(
      Function("percent_off", "The percentage that a coupon code grants.") {
        (coupons: Values<String>) -> [Int] in
        coupons.map { Int($0.suffix(while: \.isNumber)) ?? 0 }
      })
    let orders = pipeline.source(
      "orders", [Order.shop, Order.coupon, Order.amount, Order.at], from: .memory,
      eventTime: Order.at, lateness: .seconds(5))
    let shops = pipeline.table(
      "shops", [Shop.shop, Shop.country], key: [Shop.shop], from: .memory)
    let off = Order.coupon.calling("percent_off", returning: Int?.self) ?? 0
    let totals = pipeline.stream(
      "totals",
      orders
        .keeping(Order.amount > ExactDecimal(0, scale: 0))
        .enrich(shops, on: Order.shop, required: true)
        .window(
          .tumbling(.seconds(10)), by: [Shop.country],
          Total.orders.set(to: count()),
          Total.takings.set(to: sum(Order.amount)),
          Total.discounted.set(to: count(where: off > 10))))
    pipeline.sink(totals, to: .memory)
    pipeline.declare(Announcements.declaration)
    pipeline.add(Announcements.handler)
    let announced = pipeline.stream(
      "announced", totals.stage("execute announce as a").stage("map { ticket = a.ticket }"))
    pipeline.sink(announced, to: .memory)
    return pipeline
  }

  static func order(
    _ shop: String, _ cents: Int128, _ coupon: String? = nil, second: Int64
  ) -> Row {
    Row {
      $0[Order.shop] = shop
      $0[Order.coupon] = coupon
      $0[Order.amount] = ExactDecimal(cents, scale: 2)
      $0[Order.at] = Timestamp.since1970(.seconds(second))
    }
  }

  static func main() throws {
    let program = try pipeline().compile()
    var settings = Program.Settings()
    settings.workers = 2
    let shops = [("madrid", "es"), ("sevilla", "es"), ("oslo", "no")].map { shop, country in
      Row {
        $0[Shop.shop] = shop
        $0[Shop.country] = country
      }
    }
    let run = try program.start(settings, tables: ["shops": shops])
    try run.send(
      [
        order("madrid", 12_50, second: 1), order("sevilla", 7_25, "SPRING20", second: 7),
        order("oslo", 100_00, "HELLO5", second: 3), order("oslo", 20_10, "VIP15", second: 31),
      ], to: "orders")
    run.finish("orders")
    if case .failed(let message) = run.wait() { throw Failure(description: message) }
    for row in run.takeRows(of: "totals").sorted(by: { text($0) < text($1) }) { print(text(row)) }
    let tickets = run.takeRows(of: "announced").compactMap { $0[Announcements.ticket] ?? nil }
    print("announced: \(tickets.sorted().joined(separator: ", "))")
  }

  static func text(_ row: Row) -> String {
    let takings = row[Total.takings].flatMap(\.self)?.description ?? "none"
    return "\(row[Total.country] ?? "?"): \(row[Total.orders] ?? 0) orders, \(takings),"
      + " \(row[Total.discounted] ?? 0) with more than 10 % off"
  }
}

extension String {
  fileprivate func suffix(while matches: (Character) -> Bool) -> Substring {
    self[(lastIndex { !matches($0) }.map { index(after: $0) } ?? startIndex)...]
  }
}
