import Foundation
import Testing

/// Streams that update, of a real process: killed and taken up again with another number of workers
/// they come to the rows of an undisturbed run.
struct UpdateRunTests {
  private static let definition = """
    pipeline updating
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 1m, follow: true
      on_error: fail
    }
    stream totals = events
      | aggregate by name { n = count(), low = min(id), sum = sum(id) }
    stream large = totals | where sum % 7 < 4 | with { half = n / 2 }
    stream sizes = large | aggregate by half { names = count(), total = sum(sum) }
    stream spread = totals
      | aggregate by third = n % 3 {
          least = min(low), most = max(sum), middle = median(sum), high = percentile(low, 90%)
          first = first(name), last = last(name), all = collect(name)
          best = arg_max(name, sum), two = collect(name, 2)
          mean = avg(sum / 7.0), root = stddev_pop(sum / 3.0), kinds = count_distinct(low % 3)
          with = corr(low, sum), bits = bit_or(low), even = bool_and(n % 2 == 0)
        }
    stream best = totals | top 3 by sum % 1000 desc, name per low % 2 as place
    stream newest = events | top 2 with ties by id / 2 desc per name
    sink best to file { path: "best", format: json, updates: debezium }
    sink newest to file { path: "newest", format: json, updates: debezium }
    sink spread to file { path: "spread", format: json, updates: debezium }
    sink totals to file { path: "totals", format: json, updates: debezium }
    sink large to file { path: "large", format: json, updates: debezium }
    sink sizes to file { path: "sizes", format: json, updates: debezium }
    stream left = sizes | drop total
    sink left to file { path: "left", format: json, updates: final }
    type Even { name: string, most: int }
    stream even = events | where id % 2 == 0 | map { name, most = id }
    table evens: Even latest key name from stream even
    stream told = totals | enrich evens on name as e | map { name, n, most = e.most }
    sink told to file { path: "told", format: json, updates: debezium }
    """

  /// Whatever a table has told rows while it changed, each was taken back as it was given: one of
  /// each name is left, with all that was counted.
  private func checkTold(_ place: Workplace) throws {
    let told = try table(place, "told")
    #expect(told.count == 10)
    for number in 0..<10 {
      let ending = #""n":2000,"name":"n\#(number)"}"#
      #expect(told.count { $0.hasSuffix(ending) } == 1, "\(told)")
    }
  }

  /// The rows that are left when all changes are carried out.
  private func table(_ place: Workplace, _ name: String) throws -> [String] {
    var rows: [String: Int] = [:]
    for line in try place.lines(name) {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let (before, after) = (object["before"], object["after"])
      let op = object["op"] as? String
      #expect((before is NSNull) == (op == "c") && (after is NSNull) == (op == "d"), "\(line)")
      for (row, step) in [(before, -1), (after, 1)] where !(row is NSNull) {
        let text = try JSONSerialization.data(
          withJSONObject: row ?? [:], options: .sortedKeys)
        rows[String(decoding: text, as: UTF8.self), default: 0] += step
      }
    }
    #expect(rows.values.allSatisfy { $0 == 0 || $0 == 1 }, "\(rows.filter { $0.value > 1 })")
    return rows.filter { $0.value == 1 }.map(\.key).sorted()
  }

  @Test func `a killed run comes to the same rows by other workers`() throws {
    let lines = Workplace.events(0..<20_000).split(separator: "\n").map { "\($0)\n" }
    let plain = try Workplace()
    try plain.write("p.raudal", Self.definition)
    try plain.write("events.jsonl", lines.joined())
    let whole = try plain.run(["--stop-at-end", "--parallelism", "1"])
    #expect(whole.status == 0, "\(whole.errors)")
    let totals = try table(plain, "totals")
    #expect(totals.count == 10)
    #expect(totals[0] == #"{"low":0,"n":2000,"name":"n0","sum":19990000}"#)
    let (large, sizes) = (try table(plain, "large"), try table(plain, "sizes"))
    #expect(large.count > 0 && large.count < 10)
    let left = try plain.lines("left")
    #expect(left.count == sizes.count)
    try checkTold(plain)
    let spread = try table(plain, "spread")
    #expect(spread.count == 1)
    let (best, newest) = (try table(plain, "best"), try table(plain, "newest"))
    #expect(best.count == 6)
    #expect(newest.count == 20)
    #expect(spread[0].contains(#""all":["n0","n1","n2","n3","n4","n5","n6","n7","n8","n9"]"#))

    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    for (count, workers) in [(4_000, "2"), (9_000, "3")] {
      try place.write("events.jsonl", lines[..<count].joined())
      let engine = try place.start(["--parallelism", workers])
      let hasRead = engine.until(30) { engine.errors.split(separator: "checkpoint ").count > 2 }
      #expect(hasRead, "\(engine.errors)")
      engine.signal(SIGKILL)
      _ = engine.wait(30)
    }
    try place.write("events.jsonl", lines.joined())
    let rest = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(rest.status == 0, "\(rest.errors)")
    #expect(try table(place, "totals") == totals)
    #expect(try table(place, "large") == large)
    #expect(try table(place, "sizes") == sizes)
    #expect(try table(place, "spread") == spread)
    #expect(try table(place, "best") == best)
    #expect(try table(place, "newest") == newest)
    #expect(try place.lines("left").sorted() == left.sorted())
    try checkTold(place)
  }

  /// For rows of a key are looked up in one place only where they look up one key.
  @Test func `what is looked up is a part of the key by which rows update`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline keys
      type Event { id: int, name: string, at: timestamp }
      source events: Event from file { path: "in.jsonl", on_error: fail }
      table byname: Event latest key name from stream events
      table byid: Event latest key id from stream events
      stream totals = events | aggregate by name { n = count(), low = min(id) }
      stream own = totals | enrich byname on name as e required
      stream derived = totals | enrich byname on upper(name) as e
      stream further = totals | enrich byid on low as e required
      stream left = further.unmatched
      stream computed = totals | enrich byid on low + 1 as e
      sink computed to print { updates: debezium }
      """)
    let result = try Commands.run(Commands.raudal, ["check", place.path("p.raudal").path])
    let lines = result.output.split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }
    let keys = [
      "own updates by name", "derived updates by name", "further updates by name, low",
      "left updates by name, low", "computed updates, without a key",
    ]
    for line in keys { #expect(lines.contains(line), "\(result.output) \(result.errors)") }
  }

  @Test func `who takes rows back must have had them as they were given`() throws {
    let place = try Workplace(follow: true)
    func definition(_ condition: String, _ rest: String = "") -> String {
      """
      pipeline broken
      type Event { id: int, name: string, at: timestamp }
      source events: Event from file { path: "in.jsonl", follow: true, on_error: fail }
      stream totals = events | aggregate by name { n = count() }
      stream sizes = totals | where \(condition) | aggregate { names = count(), total = sum(n) }
      sink sizes to file { path: "sizes", updates: debezium }
      checkpoint { every: 100ms, keep: 3 }
      \(rest)
      """
    }
    func run(_ text: String, _ options: [String] = []) throws -> Commands.Result {
      try place.write("p.raudal", text)
      let engine = try place.start(options)
      if engine.until(30, { engine.errors.contains(" checkpoint ") || !engine.isRunning }) {
        engine.signal(SIGTERM)
      }
      return engine.wait(30)
    }
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    #expect(try run(definition("n > 5")).status == 0)
    let changed = try run(definition("n > 6"))
    #expect(changed.status == 1)
    #expect(changed.errors.contains("sizes.aggregate"), "\(changed.errors)")
    let more = """
      stream others = totals | aggregate by n { names = count() }
      sink others to file { path: "others", updates: debezium }
      """
    let new = try run(definition("n > 5", more))
    #expect(new.status == 1)
    for words in ["`others.aggregate` takes back rows", "`totals.aggregate`", "--fresh"] {
      #expect(new.errors.contains(words), "\(new.errors)")
    }
    #expect(try run(definition("n > 5")).status == 0)
    // Nor may what gave rows begin anew where they are still held.
    let other = definition("n > 5").replacing("n = count() }", with: "n = sum(id) }")
    let forgotten = try run(other, ["--allow-drop", "totals.aggregate"])
    #expect(forgotten.status == 1)
    #expect(forgotten.errors.contains("`sizes.aggregate` holds rows"), "\(forgotten.errors)")
  }

  /// Rows of one time in several files, whose order is that of the files and not of their reading.
  private static func ordered(_ stage: String, _ options: String = "") -> String {
    """
    pipeline ordered
    type Event { id: int, name: string, at: timestamp }
    source events: Event from file {
      path: "in-*.jsonl", parallel: true, format: json, event_time: at, on_error: fail
    }
    stream picked = events
      | \(stage) by name { first = first(id), last = last(id), most = arg_max(id, id % 3) }
    stream out = picked | map { name, first, last, most }
    sink out to file { path: "out", format: json \(options) }
    """
  }

  @Test(arguments: [1, 2, 3])
  func `the first and last of rows of one time are those of a window`(parallelism: Int) throws {
    var found: [[String]] = []
    for definition in [
      Self.ordered("aggregate", ", updates: final"), Self.ordered("window tumbling 1d"),
    ] {
      let place = try Workplace()
      try place.write("p.raudal", definition)
      for file in 0..<3 {
        let lines = (0..<5_000).map { number in
          let second = String(format: "%02d", number / 100)
          return #"{"id":\#(number * 3 + file),"name":"n\#(number % 50)","#
            + #""at":"2026-01-01T00:00:\#(second)Z"}"# + "\n"
        }
        try place.write("in-\(file).jsonl", lines.joined())
      }
      let result = try place.run(["--stop-at-end", "--parallelism", "\(parallelism)"])
      #expect(result.status == 0, "\(result.errors)")
      found.append(try place.lines("out").sorted())
    }
    #expect(found[0].count == 50)
    #expect(found[0] == found[1])
  }
}
