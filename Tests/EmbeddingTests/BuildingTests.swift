import Embedding
import Testing

/// What a program builds is a definition like one that was written by hand.
struct BuildingTests {
  private enum Event {
    static let id = Column<Int>("id")
    static let name = Column<String?>("name")
    static let odd = Column<Double>("odd name")
    static let price = Column<ExactDecimal>("price", precision: 12, scale: 2)
    static let at = Column<Timestamp>("at")
  }

  @Test func `stages and expressions are written as the language has them`() throws {
    var pipeline = Pipeline("built")
    let events = pipeline.source(
      "events", [Event.id, Event.name, Event.odd, Event.price, Event.at],
      from: .file("in.jsonl"), eventTime: Event.at, lateness: .seconds(90), skippingErrors: true)
    let kept = pipeline.stream(
      "kept",
      events
        .keeping((Event.id > 1 && Event.name != "a\"b\\\n") || !(Event.odd <= -0.5))
        .with(Column<Double>("share").set(to: Event.id / 2), Event.name.set(to: Event.name ?? "x"))
        .dropping(Event.odd))
    pipeline.sink(kept, to: .print)
    let counts = pipeline.stream(
      "counts",
      kept.window(
        .hopping(.seconds(60), every: .seconds(30)), by: [Event.name],
        Column<Int>("n").set(to: count(where: Event.id.isIn([1, 2]))),
        Column<ExactDecimal?>("total", precision: 38, scale: 2).set(to: sum(Event.price))))
    pipeline.sink(counts, to: .file("counts", .csv))
    pipeline.sink(counts.output("late"), to: .print)
    #expect(
      pipeline.definition == #"""
        pipeline built

        source events: struct { id: int, name: string?, `odd name`: float, \#
        price: decimal(12, 2), at: timestamp } from file { path: "in.jsonl", format: json, \#
        event_time: at, lateness: 1m30s, on_error: skip }

        stream kept = events
          | where (((id > 1) and (name != "a\"b\\\n")) or (not (`odd name` <= (-0.5e0))))
          | with { share = (id / 2), name = (name ?? "x") }
          | drop `odd name`

        sink kept to print

        stream counts = kept
          | window hopping 1m every 30s by name { \#
        n = count(where (id in [1, 2])), total = sum(price) }

        sink counts to file { path: "counts", format: csv }

        sink counts.late to print

        """#)
    _ = try pipeline.compile()
  }

  @Test func `mistakes come as the compiler tells them`() {
    var pipeline = Pipeline("wrong")
    let events = pipeline.source("events", [Event.price], from: .memory)
    pipeline.sink(
      pipeline.stream("out", events.keeping(Column<Int>("prize") > 1)), to: .memory)
    let error = #expect(throws: DefinitionError.self) { try pipeline.compile() }
    #expect(error?.message.contains("did you mean `price`?") == true)
    var taken = Pipeline("taken")
    taken.add(Function("lower") { (texts: Values<String>) -> [String] in Array(texts) })
    let clash = #expect(throws: DefinitionError.self) { try taken.compile() }
    #expect(clash?.message.contains("`lower` is a function of the language") == true)
  }

  @Test func `constants survive the way through the text`() throws {
    let texts = ["", "\u{0}\u{1F}", "😀\u{301}", "\\(x)", "\"\"\"", "a\r\n\tb", "`"]
    var pipeline = Pipeline("constants")
    let events = pipeline.source("events", [Event.id], from: .memory)
    var columns: [Assignment] = []
    for (place, text) in texts.enumerated() {
      columns.append(Column<String>("t\(place)").set(to: text))
    }
    columns.append(Column<Double>("d").set(to: 1e300))
    columns.append(Column<Double>("nan").set(to: Double.nan))
    columns.append(Column<Duration>("span").set(to: Duration.milliseconds(-1500)))
    columns.append(Column<Int>("least").set(to: Int.min + 1))
    var all = events
    for column in columns { all = all.with(column) }
    pipeline.sink(pipeline.stream("out", all), to: .memory)
    let run = try pipeline.compile().start()
    try run.send([Row { $0[Event.id] = 1 }], to: "events")
    run.finish("events")
    #expect(run.wait() == .finished)
    let row = try #require(run.takeRows(of: "out").first)
    for (place, text) in texts.enumerated() { #expect(row[Column<String>("t\(place)")] == text) }
    #expect(row[Column<Double>("d")] == 1e300)
    #expect(row[Column<Double>("nan")]?.isNaN == true)
    #expect(row[Column<Duration>("span")] == .milliseconds(-1500))
    #expect(row[Column<Int>("least")] == Int.min + 1)
  }
}
