import Foundation
import Testing

/// `raudal why` of runs of the real process: it names what holds the time, what waits for it, what
/// was late, which key is hot and which operator is slow.
struct WhyTests {
  private static func definition(follow: Bool) -> String {
    """
    pipeline slow
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file {
      path: "in/*.jsonl", format: json, event_time: at, lateness: 1s, follow: \(follow)
      parallel: true
      on_error: fail
    }
    stream marked = events
      | map { name, at, long = name ++ name ++ name ++ name }
      | map { name, at, odd = long ++ long matches "^(n|[0-9])*(n|[0-9])*(n|[0-9])*[xy]$" }
    stream counts = marked | window tumbling 10s by name { rows = count(), odd = count(where odd) }
    sink counts to file { path: "counts", format: json }
    """
  }

  /// Four of five rows have one name.
  private static func events(_ seconds: Range<Int>, from id: Int = 0) -> String {
    seconds.flatMap { second in
      (0..<20).map { number in
        let time = String(
          format: "2026-01-01T00:%02d:%02d.%02d0Z", second / 60, second % 60, number * 5)
        let name = number % 5 == 0 ? "n\(number)" : "n7"
        return #"{"id":\#(id + second * 20 + number),"name":"\#(name)","at":"\#(time)"}"# + "\n"
      }
    }.joined()
  }

  private static func why(_ place: Workplace, _ options: [String] = []) throws -> Commands.Result {
    try Commands.run(
      Commands.raudal,
      ["why", place.path("p.raudal").path, "--state", place.path("state").path] + options)
  }

  private static func place(follow: Bool) throws -> Workplace {
    let place = try Workplace()
    try place.write("p.raudal", definition(follow: follow))
    try FileManager.default.createDirectory(
      at: place.path("in"), withIntermediateDirectories: true)
    return place
  }

  @Test func `a partition that stalls is named, with the windows that wait for it`() throws {
    let place = try Self.place(follow: true)
    try place.write("in/a.jsonl", Self.events(0..<300))
    try place.write("in/b.jsonl", Self.events(0..<65, from: 1) + Self.events(2..<3, from: 2))
    let engine = try place.start(["--parallelism", "2"])
    var text = ""
    let hasTold = engine.until(30) {
      text = (try? Self.why(place).output) ?? ""
      return text.contains("n7") && text.contains("late, by up to")
        && text.contains("b.jsonl[0] passes")
    }
    #expect(hasTold, "\(text)\n\(engine.errors)")
    #expect(text.contains("held by events:"))
    #expect(text.contains("it is at 2026-01-01T00:01:03.9"), "\(text)")
    #expect(text.contains("counts.window: 20 of 7320 rows late, by up to 6"), "\(text)")
    #expect(text.contains(" d behind the clock"), "\(text)")
    #expect(text.contains(#"{"name":"n7"} has"#), "\(text)")
    let json = try Self.why(place, ["--format", "json"])
    #expect(json.output.contains(#""pipeline" : "slow""#), "\(json.output)")
    engine.signal(SIGTERM)
    #expect(engine.wait(30).status == 0)
    let after = try Self.why(place).output
    #expect(after.contains("stopped; as it was"), "\(after)")
    #expect(after.contains("b.jsonl[0] passes 2026-01-01T00:01:10.000Z"), "\(after)")
    #expect(after.contains("STATE of checkpoint"), "\(after)")
  }

  @Test func `few rows of one worker have their hottest key, in metrics too`() throws {
    let place = try Self.place(follow: true)
    let definition = Self.definition(follow: true)
    try place.write(
      "p.raudal", definition.replacing("every: 200ms", with: "every: 5m"))
    try place.write("in/a.jsonl", Self.events(0..<3))
    let engine = try place.start(["--parallelism", "1", "--metrics", "0"])
    var text = ""
    let isTold = engine.until(30) {
      text = (try? Self.why(place).output) ?? ""
      return text.contains(#"{"name":"n7"} has 80 % of the rows (of 60 that"#)
    }
    #expect(isTold, "\(text)\n\(engine.errors)")
    #expect(text.contains(", no checkpoint yet\n"), "\(text)")
    #expect(text.contains("60 rows of 5 keys;"), "\(text)")
    let page = try WaitingRunTests.page(engine, place)
    for line in [
      #"raudal_hottest_key_share{operator="counts.window.local"} 0.8"#,
      #"raudal_window_rows{operator="counts.window.local",window="1"} 60"#,
      #"raudal_open_windows{operator="counts.window.local"} 1"#,
    ] { #expect(page.contains(line), "\(line)\n\(page)") }
    engine.signal(SIGTERM)
    #expect(engine.wait(30).status == 0)
  }

  @Test func `the slowest operator stands first`() throws {
    let place = try Self.place(follow: false)
    try place.write("in/a.jsonl", Self.events(0..<3_000))
    let run = try place.run(["--stop-at-end", "--parallelism", "1"])
    #expect(run.status == 0, "\(run.errors)")
    let text = try Self.why(place).output
    let lines = text.split(separator: "\n").map(String.init)
    let heading = try #require(lines.firstIndex { $0.contains("the slowest first") }, "\(text)")
    #expect(lines[heading + 2].contains("marked"), "\(text)")
    #expect(text.contains("LATE\n  no row"), "\(text)")
    #expect(text.contains("events: has ended"), "\(text)")
  }

  /// `more`: a source whose broker nobody is.
  private static func two(more: Bool) -> String {
    """
    pipeline waiting
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file { path: "a.jsonl", format: json, on_error: fail }
    sink events to file { path: "rows", format: json }

    """
      + (more
        ? """
        source more: Event from kafka {
          brokers: "127.0.0.1:1", topic: "t", format: json, on_error: fail
        }
        sink more to file { path: "more", format: json }

        """ : "")
  }

  @Test(arguments: [false, true])
  func `a start that waits for its broker says so, and one that failed`(hasRun: Bool) throws {
    let place = try Workplace()
    try place.write("a.jsonl", Self.events(0..<5))
    try place.write("p.raudal", Self.two(more: false))
    if hasRun { #expect(try place.run([]).status == 0) }
    try place.write("p.raudal", Self.two(more: true))
    let engine = try place.start([])
    var text = ""
    let isTold = engine.until(30) {
      text = (try? Self.why(place).output) ?? ""
      return text.contains(") waits for a broker, since")
    }
    #expect(isTold, "\(text)\n\(engine.errors)")
    #expect(text.contains("starting since"), "\(text)")
    let former = hasRun ? "what the run before left" : "nothing has been read yet"
    #expect(text.contains(former), "\(text)")
    #expect(text.contains("OPERATORS") == hasRun, "\(text)")
    engine.signal(SIGKILL)
    _ = engine.wait(30)
    text = try Self.why(place).output
    #expect(text.contains("its last start ended without a word"), "\(text)")
    #expect(text.contains("was waiting for a broker"), "\(text)")
    try FileManager.default.removeItem(at: place.path("a.jsonl"))
    try place.write("p.raudal", Self.two(more: false))
    let failed = try place.run(["--fresh"])
    #expect(failed.status == 1)
    text = try Self.why(place).output
    #expect(text.contains("the last start failed"), "\(text)")
    #expect(text.contains("a.jsonl"), "\(text)\n\(failed.errors)")
    #expect(text.contains(former), "\(text)")
  }

  @Test func `rows are counted since a run began to read, also where none has come`() throws {
    let place = try Self.place(follow: true)
    try place.write("in/a.jsonl", Self.events(0..<5))
    for turn in 1...2 {
      let engine = try place.start([])
      var text = ""
      let isTold = engine.until(30) {
        text = (try? Self.why(place).output) ?? ""
        return text.contains("rows are counted since it began to read")
          && text.contains("none has come since") == (turn == 2)
      }
      #expect(isTold, "\(text)\n\(engine.errors)")
      engine.signal(SIGTERM)
      #expect(engine.wait(30).status == 0)
    }
    #expect(try Self.why(place).output.contains(", and none came"))
  }

  @Test func `what is not there is told`() throws {
    let place = try Self.place(follow: false)
    let none = try Self.why(place)
    #expect(none.status == 1)
    #expect(none.errors.contains("there is no state directory"), "\(none.errors)")
    try FileManager.default.createDirectory(
      at: place.path("state"), withIntermediateDirectories: true)
    let silent = try Self.why(place)
    #expect(silent.status == 1)
    #expect(silent.errors.contains("no run has left word"), "\(silent.errors)")
    try place.write("state/status.json", "{\"pipeline\":7}")
    let strange = try Self.why(place)
    #expect(strange.status == 1)
    #expect(strange.errors.contains("is none that this version"), "\(strange.errors)")
    try place.write("in/a.jsonl", Self.events(0..<3))
    #expect(try place.run().status == 0)
    let other = Self.definition(follow: false)
      .replacingOccurrences(of: "pipeline slow", with: "pipeline other")
    try place.write("p.raudal", other)
    let foreign = try Self.why(place)
    #expect(foreign.status == 1)
    #expect(foreign.errors.contains("is the state of pipeline `slow`"), "\(foreign.errors)")
  }
}
