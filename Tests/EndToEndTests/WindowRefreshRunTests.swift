import Foundation
import Testing

/// Windows that tell results early and again, of a real process: killed and taken up again with
/// another number of workers they come to what the input says, and what they took back is what they
/// had told.
struct WindowRefreshRunTests {
  private static let definition = """
    pipeline refreshing
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 5s, follow: true
      on_error: fail
    }
    stream live = events
      | window tumbling 5m by name emit every 30s allow late 10m {
          n = count(), sum = sum(id), last = last(id), kinds = count_distinct(id % 7)
        }
    stream hops = events
      | window hopping 4m every 1m by name allow late 3m { n = count(), middle = median(id) }
    stream days = events
      | window cumulative 10m every 2m by name emit every 1m {
          n = count(), dev = stddev_pop(id / 3.0), mean = avg(id / 7.0)
        }
    stream visits = events
      | window session gap 41s by user = id % 400 emit every 30s allow late 10m {
          n = count(), sum = sum(id), last = last(id), kinds = count_distinct(id % 7)
        }
    stream stays = events
      | window session gap 41s max 3m by user = id % 400 emit every 20s { n = count() }
    stream lengths = visits | aggregate by n { users = count(), most = max(sum) }
    stream best = live | top 2 by n desc, name per window_start as place
    stream sums = hops | where n > 3 | aggregate by name { most = max(n), windows = count() }
    stream means = days | aggregate by name { mean = sum(mean), least = min(dev), n = sum(n) }
    sink live to file { path: "live", format: json, updates: debezium }
    sink hops to file { path: "hops", format: json, updates: debezium }
    sink days to file { path: "days", format: json, updates: debezium }
    sink visits to file { path: "visits", format: json, updates: debezium }
    sink stays to file { path: "stays", format: json, updates: debezium }
    sink lengths to file { path: "lengths", format: json, updates: debezium }
    sink best to file { path: "best", format: json, updates: debezium }
    sink sums to file { path: "sums", format: json, updates: debezium }
    sink means to file { path: "means", format: json, updates: debezium }
    stream left = live | drop last
    sink left to file { path: "left", format: json, updates: final }
    sink live.late to file { path: "late", format: json }
    """

  /// Seconds since midnight: mostly in order, some rows minutes late, a few a quarter of an hour.
  private static func second(_ number: Int) -> Int {
    let behind =
      switch number % 97 {
      case 13: 400
      case 31: 700
      case 57: 1_100
      default: number * 7 % 4
      }
    return max(0, 3_600 + number / 10 - behind)
  }

  private static let lines: [String] = (0..<20_000).map { number in
    let second = second(number)
    let time = String(
      format: "2026-01-01T%02d:%02d:%02dZ", second / 3_600, second / 60 % 60, second % 60)
    return #"{"id":\#(number),"name":"n\#(number % 10)","at":"\#(time)"}"# + "\n"
  }

  /// How many rows each window of five minutes has, and how many come too late for theirs.
  private static var expected: (counts: [String: Int], late: Int) {
    var (counts, late, watermark) = ([String: Int](), 0, Int.min / 2)
    for number in lines.indices {
      let second = second(number)
      let start = second / 300 * 300
      if start + 300 + 600 <= watermark {
        late += 1
      } else {
        counts["n\(number % 10) \(start)", default: 0] += 1
      }
      watermark = max(watermark, second - 5)
    }
    return (counts, late)
  }

  /// The sessions of all rows that are not too late, as rows of the output.
  private static func visits() throws -> [String] {
    var (rows, watermark) = ([Int: [(second: Int, id: Int)]](), Int.min / 2)
    for number in lines.indices {
      let second = second(number)
      if second >= watermark - 600 { rows[number % 400, default: []].append((second, number)) }
      watermark = max(watermark, second - 5)
    }
    func text(_ second: Int) -> String {
      String(format: "2026-01-01T%02d:%02d:%02dZ", second / 3_600, second / 60 % 60, second % 60)
    }
    var found: [String] = []
    for (user, rows) in rows {
      var session: [(second: Int, id: Int)] = []
      for row in rows.sorted(by: { $0 < $1 }) + [(Int.max / 2, 0)] {
        if let last = session.last, row.second - last.second >= 41 {
          let object: [String: Any] = [
            "user": user, "window_start": text(session[0].second),
            "window_end": text(last.second + 41), "n": session.count,
            "sum": session.reduce(0) { $0 + $1.id }, "last": last.id,
            "kinds": Set(session.map { $0.id % 7 }).count,
          ]
          let data = try JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
          found.append(String(decoding: data, as: UTF8.self))
          session = []
        }
        session.append(row)
      }
    }
    return found.sorted()
  }

  /// The rows that are left when all changes are carried out, each of which must fit; without the
  /// columns that are equal up to rounding only.
  private func table(
    _ place: Workplace, _ name: String, without: Set<String> = []
  ) throws -> [String] {
    var rows: [String: Int] = [:]
    func text(_ row: [String: Any]) throws -> String {
      String(
        decoding: try JSONSerialization.data(withJSONObject: row, options: .sortedKeys),
        as: UTF8.self)
    }
    for line in try place.lines(name) {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      for (column, step) in [("before", -1), ("after", 1)] {
        guard let row = object[column] as? [String: Any] else { continue }
        rows[try text(row), default: 0] += step
      }
    }
    #expect(rows.values.allSatisfy { $0 == 0 || $0 == 1 }, "\(rows.filter { $0.value != 0 })")
    return try rows.filter { $0.value == 1 }.keys.map { line in
      let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try text((row ?? [:]).filter { !without.contains($0.key) })
    }.sorted()
  }

  private func tables(_ place: Workplace) throws -> [String: [String]] {
    [
      "live": try table(place, "live"), "hops": try table(place, "hops"),
      "days": try table(place, "days", without: ["dev", "mean"]),
      "visits": try table(place, "visits"), "stays": try table(place, "stays"),
      "lengths": try table(place, "lengths"), "best": try table(place, "best"),
      "sums": try table(place, "sums"),
      "means": try table(place, "means", without: ["least", "mean"]),
      "left": try place.lines("left").sorted(), "late": try place.lines("late").sorted(),
    ]
  }

  @Test func `a killed run comes to what the input says by other workers`() throws {
    let plain = try Workplace()
    try plain.write("p.raudal", Self.definition)
    try plain.write("events.jsonl", Self.lines.joined())
    let whole = try plain.run(["--stop-at-end", "--parallelism", "1"])
    #expect(whole.status == 0, "\(whole.errors)")
    let tables = try tables(plain)
    let expected = Self.expected
    #expect(expected.late > 50)
    #expect(tables["late"]?.count == expected.late)
    var counts: [String: Int] = [:]
    for line in tables["live"] ?? [] {
      let row = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let start = try #require(row["window_start"] as? String).split(separator: "T")[1]
      let parts = start.dropLast().split(separator: ":").compactMap { Int($0) }
      let second = parts[0] * 3_600 + parts[1] * 60 + parts[2]
      counts["\(row["name"] as? String ?? "") \(second)"] = row["n"] as? Int
    }
    #expect(counts == expected.counts)
    let changes = try plain.lines("live").count
    #expect(changes > counts.count, "\(changes) changes of \(counts.count) rows")
    #expect(tables["left"]?.count == counts.count)
    #expect(tables["best"]?.count ?? 0 > 12)
    let visits = try Self.visits()
    #expect(tables["visits"] == visits)

    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    for (count, workers) in [(4_000, "2"), (9_000, "3"), (15_000, "1")] {
      try place.write("events.jsonl", Self.lines[..<count].joined())
      let engine = try place.start(["--parallelism", workers])
      let hasRead = engine.until(30) { engine.errors.split(separator: "checkpoint ").count > 2 }
      #expect(hasRead, "\(engine.errors)")
      engine.signal(SIGKILL)
      _ = engine.wait(30)
    }
    try place.write("events.jsonl", Self.lines.joined())
    let rest = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(rest.status == 0, "\(rest.errors)")
    let found = try self.tables(place)
    for (name, rows) in tables { #expect(found[name] == rows, "\(name)") }
  }

  @Test func `another meaning of what is kept is refused, another pace is not`() throws {
    let place = try Workplace(follow: true)
    func run(_ clauses: String) throws -> Commands.Result {
      try place.write(
        "p.raudal",
        """
        pipeline changed
        type Event { id: int, name: string, at: timestamp }
        source events: Event from file { path: "in.jsonl", follow: true, event_time: at, on_error: fail }
        stream counts = events | window tumbling 5m by name \(clauses) { n = count() }
        sink counts to file { path: "counts", updates: debezium }
        checkpoint { every: 100ms, keep: 3 }
        """)
      let engine = try place.start([])
      if engine.until(30, { engine.errors.contains(" checkpoint ") || !engine.isRunning }) {
        engine.signal(SIGTERM)
      }
      return engine.wait(30)
    }
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    #expect(try run("emit every 10s allow late 1h").status == 0)
    #expect(try run("emit every 20s allow late 1h").status == 0)
    for clauses in ["emit every 20s", "allow late 1h", "emit every 20s allow late 2h"] {
      let changed = try run(clauses)
      #expect(changed.status == 1, "\(clauses)")
      #expect(changed.errors.contains("counts.window"), "\(changed.errors)")
    }
  }
}
