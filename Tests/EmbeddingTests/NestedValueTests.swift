import Embedding
import Testing

/// Lists and structs between a program and its pipeline.
struct NestedValueTests {
  struct Price: StructValue, Equatable {
    var net: ExactDecimal
    var note: String?
    static let shape = Shape(
      Price.init(net:note:), StructField("net") { $0.net }, StructField("note") { $0.note })
  }

  struct Item: StructValue, Equatable {
    var sku: String
    var count: Int?
    var price: Price?
    var tags: [String?]
    static let shape = Shape(
      Item.init(sku:count:price:tags:), StructField("sku") { $0.sku },
      StructField("count") { $0.count }, StructField("price") { $0.price },
      StructField("tags") { $0.tags })
  }

  private static let id = Column<Int>("id")
  private static let items = Column<[Item]>("items")
  private static let best = Column<Item?>("best")
  private static let sizes = Column<[Double]?>("sizes")

  private static let samples: [[Item]] = [
    [],
    [
      Item(
        sku: "a", count: 2, price: Price(net: ExactDecimal(150, scale: 2), note: "ñ"),
        tags: ["x", nil, ""]),
      Item(sku: "b", count: nil, price: nil, tags: []),
    ],
    [
      Item(sku: "", count: -1, price: Price(net: ExactDecimal(0, scale: 0), note: nil), tags: [nil])
    ],
  ]

  private func rows(
    _ pipeline: Pipeline, _ given: [Row], to source: String = "orders"
  ) throws -> [Row] {
    let run = try pipeline.compile().start()
    try run.send(given, to: source)
    run.finish(source)
    #expect(run.wait() == .finished)
    return run.takeRows(of: "out")
  }

  @Test func `what goes in as a list of structs comes out as it was`() throws {
    var pipeline = Pipeline("same")
    let orders = pipeline.source(
      "orders", [Self.id, Self.items, Self.best, Self.sizes], from: .memory)
    #expect(
      pipeline.definition.contains(
        "items: list<struct { sku: string, count: int?, price: struct { net: decimal(38, 6), "
          + "note: string? }?, tags: list<string?> }>"), "\(pipeline.definition)")
    pipeline.sink(pipeline.stream("out", orders.keeping(Self.id >= 0)), to: .memory)
    let sizes: [[Double]?] = [nil, [1.5, -0.0], []]
    let given = Self.samples.indices.map { number in
      Row {
        $0[Self.id] = number
        $0[Self.items] = Self.samples[number]
        $0[Self.best] = Self.samples[number].first
        $0[Self.sizes] = sizes[number]
      }
    }
    let taken = try rows(pipeline, given)
    #expect(taken.map { $0[Self.items] } == Self.samples)
    #expect(taken.map { $0[Self.best].flatMap(\.self) } == Self.samples.map(\.first))
    #expect(taken.map { $0[Self.sizes].flatMap(\.self) } == sizes)
    #expect(taken[0][Column<String>("items")] == "[]")
    #expect(taken[0][Column<[String]>("items")] == nil)
  }

  @Test func `a function takes and gives lists and structs`() throws {
    var pipeline = Pipeline("functions")
    let orders = pipeline.source("orders", [Self.id, Self.items, Self.best], from: .memory)
    pipeline.add(
      Function("dearest") { (items: Values<[Item]>) -> [Item?] in
        items.map { list in list.first { $0.price != nil } }
      })
    pipeline.add(
      Function("skus") { (items: Values<[Item]>, best: Values<Item?>) -> [[String]] in
        items.indices.map { row in items[row].map(\.sku) + [best[row]?.sku ?? "-"] }
      })
    pipeline.declare(
      """
      stream out = orders
        | map { id, dear = dearest(items), skus = skus(items, best) }
        | with { net = dear.price.net, first = skus[0], many = cardinality(skus) }
      """)
    pipeline.declare("sink out to memory")
    let given = Self.samples.indices.map { number in
      Row {
        $0[Self.id] = number
        $0[Self.items] = Self.samples[number]
        $0[Self.best] = Self.samples[number].last
      }
    }
    let taken = try rows(pipeline, given)
    #expect(
      taken.map { $0[Column<Item?>("dear")].flatMap(\.self) }
        == [nil, Self.samples[1][0], Self.samples[2][0]])
    #expect(
      taken.map { $0[Column<ExactDecimal>("net")] }
        == [nil, ExactDecimal(15, scale: 1), ExactDecimal(0, scale: 0)])
    #expect(taken.map { $0[Column<[String]>("skus")] } == [["-"], ["a", "b", "b"], ["", ""]])
    #expect(taken.map { $0[Column<Int>("many")] } == [1, 3, 2])
    _ = orders
  }

  @Test func `a source of which only some fields are read takes whole structs`() throws {
    var pipeline = Pipeline("parts")
    let orders = pipeline.source("orders", [Self.id, Self.best], from: .memory)
    pipeline.sink(
      pipeline.stream("out", orders.stage("map { id, net = best.price.net }")), to: .memory)
    let given = Self.samples.indices.map { number in
      Row {
        $0[Self.id] = number
        $0[Self.best] = Self.samples[number].first
      }
    }
    let nets = try rows(pipeline, given).map { $0[Column<ExactDecimal>("net")] }
    #expect(nets == [nil, ExactDecimal(15, scale: 1), ExactDecimal(0, scale: 0)])
  }

  @Test func `values that do not fit are refused with their place`() throws {
    var pipeline = Pipeline("misfit")
    pipeline.declare(
      """
      source orders: struct {
        id: int, names: list<string>, best: struct { net: decimal(4, 2), note: string? }?
      } from memory { on_error: fail }
      sink orders to memory
      """)
    let run = try pipeline.compile().start()
    func refusal(_ fill: (inout Row) -> Void) -> String {
      var row = Row()
      row[Self.id] = 1
      row[Column<[String]>("names")] = []
      fill(&row)
      do {
        try run.send([row], to: "orders")
        return "none"
      } catch { return error.description }
    }
    #expect(
      refusal { $0[Column<[String?]>("names")] = ["a", nil] }.contains("element 1: it is null"))
    #expect(refusal { $0[Column<[Int]>("names")] = [1] }.contains("is no list<string>"))
    let dear = Price(net: ExactDecimal(12345, scale: 2), note: nil)
    #expect(refusal { $0[Column<Price>("best")] = dear }.contains("`net`: 123.45 does not fit"))
    #expect(refusal { $0[Column<[Price]>("best")] = [] }.contains("is no struct"))
    #expect(refusal { _ in } == "none")
    run.stop()
    #expect(run.wait() == .stopped)
  }

  @Test func `an argument of another shape is told, and a cast mends it`() throws {
    func message(_ argument: String) -> String {
      var pipeline = Pipeline(
        definition: """
          source orders: struct { id: int, p: struct { note: string, net: int } } from memory {
            on_error: skip
          }
          stream out = orders | map { s = noted(\(argument)) } on_error skip
          sink out to memory
          """, path: "p.raudal")
      pipeline.add(
        Function("noted") { (prices: Values<Price>) -> [String?] in prices.map(\.note) })
      do {
        _ = try pipeline.compile()
        return ""
      } catch { return error.message }
    }
    #expect(message("p").contains("argument 1 of `noted` does not fit"))
    #expect(message("cast(p as struct { net: decimal(38, 6), note: string? })") == "")
  }
}
