import Foundation
import Testing

/// What the commands do and say apart from the rows of a pipeline.
struct CommandTests {
  private func shell(_ script: String, in place: Workplace) throws -> Commands.Result {
    try Commands.run(
      URL(filePath: "/bin/bash"), ["-c", script],
      environment: ["RAUDAL": Commands.raudal.path], directory: place.folder)
  }

  @Test func `events go behind what standard output holds already`() throws {
    let place = try Workplace()
    try place.write("app.txt", "kept\n")
    let made = try shell(
      #""$RAUDAL" generate ad-events --count 3 --start 0 --to stdout >> app.txt"#, in: place)
    #expect(made.status == 0, "\(made.errors)")
    let lines = try String(contentsOf: place.path("app.txt"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines.first == "kept")
    let full = try shell(
      #""$RAUDAL" generate ad-events --count 9999 --start 0 --to stdout > /dev/full"#, in: place)
    #expect(full.status == 1)
    #expect(full.errors.contains("can't write standard output"), "\(full.errors)")
  }

  @Test(arguments: [
    "check", "fmt", "explain", "graph", "run", "test", "preview", "new", "lsp", "completions",
    "generate",
    "generate ad-events", "generate nexmark", "checkpoint", "checkpoint list", "checkpoint show",
    "job", "job submit", "job list", "job show", "job pause", "job resume", "job cancel",
    "job rate", "job redrive", "job report", "job topics",
  ])
  func `the help of every command has examples`(command: String) throws {
    let help = try Commands.run(
      Commands.raudal, command.split(separator: " ").map(String.init) + ["--help"])
    #expect(help.status == 0)
    #expect(help.output.contains("EXAMPLES\n"), "\(help.output)")
    #expect(help.output.contains("raudal \(command) "), "\(help.output)")
    guard command == "run" else { return }
    for option in ["--parallelism <N>", "--state <DIR>", "--metrics <PORT>", "--from <ID>"] {
      #expect(help.output.contains(option), "\(help.output)")
    }
  }

  @Test func `completions know the formats of graphs`() throws {
    let script = try Commands.run(Commands.raudal, ["completions", "bash"])
    #expect(script.output.contains("'mermaid'"), "\(script.output)")
  }

  @Test func `a row that fails in a stage takes the route of its source`() throws {
    let place = try Workplace()
    try place.write(
      "r.raudal",
      """
      pipeline r
      type Event { id: int, name: string }
      source events: Event from file {
        path: "in.jsonl", on_error: dead_letter to file { path: "dead" }
      }
      stream rows = events | map { n = cast(name as int) } | where 10 / n > 1
      sink rows to print
      """)
    let names = ["1", "x", "0", "5"]
    let lines = names.map { #"{"id":1,"name":"\#($0)"}"# } + ["broken"]
    try place.write("in.jsonl", lines.joined(separator: "\n") + "\n")
    let run = try Commands.run(
      Commands.raudal,
      ["run", place.path("r.raudal").path, "--stop-at-end", "--state", place.path("s").path],
      directory: place.folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(!run.errors.contains("W0302"), "\(run.errors)")
    #expect(run.output.contains(#"{"n":1}"#) && run.output.contains(#"{"n":5}"#), "\(run.output)")
    #expect(run.errors.contains("events.dead_letter 3"), "\(run.errors)")
  }

  @Test func `the last lines say what became of all rows`() throws {
    let place = try Workplace()
    let late = #"{"id":7,"name":"late","at":"2026-01-01T00:00:00Z"}"# + "\n"
    try place.write("in.jsonl", Workplace.events(0..<1_000) + late + "broken\nbroken\n")
    let definition = place.definition(named: "broken")
    let dead = try place.run()
    #expect(dead.status == 0, "\(dead.errors)")
    #expect(dead.errors.contains("events: of 1003 rows 2 dead-lettered\n"), "\(dead.errors)")
    #expect(dead.errors.contains("counts.window: of 1001 rows 1 late\n"), "\(dead.errors)")
    let totals = "1003 rows in, 1103 rows out (rows 1001, counts 100, events.dead_letter 2)\n"
    #expect(dead.errors.contains("finished with checkpoint 1: \(totals)"), "\(dead.errors)")
    try place.write(
      "p.raudal",
      definition.replacing("dead_letter to file { path: \"dead\" }", with: "skip"))
    let skipped = try place.run(["--fresh"])
    #expect(skipped.errors.contains("events: of 1003 rows 2 skipped\n"), "\(skipped.errors)")
    try place.write(
      "p.raudal",
      definition.replacing("dead_letter to file { path: \"dead\" }", with: "fail"))
    let failed = try place.run(["--fresh"])
    #expect(failed.status == 1)
    #expect(failed.errors.contains(" failed: "), "\(failed.errors)")
  }

  @Test func `the age of a transaction is there where none is open`() throws {
    let place = try Workplace(follow: true)
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    let engine = try place.start(["--metrics", "0"])
    #expect(engine.says(" checkpoint 1"), "\(engine.errors)")
    let address = try #require(
      engine.errors.firstMatch(of: /metrics at http:\/\/127.0.0.1:([0-9]+)\/metrics/))
    let page = try shell(
      "exec 3<>/dev/tcp/127.0.0.1/\(address.1); "
        + #"printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; cat <&3"#, in: place)
    #expect(page.output.contains("\nraudal_transaction_age_seconds 0"), "\(page.output)")
    engine.signal(SIGTERM)
    #expect(engine.wait(30).status == 0, "\(engine.errors)")
  }

  @Test func `a signal that comes twice at once is one wish`() throws {
    let place = try Workplace(follow: true)
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    let engine = try place.start([])
    #expect(engine.says(" checkpoint 1"), "\(engine.errors)")
    engine.signal(SIGINT)
    engine.signal(SIGTERM)
    let result = engine.wait(30)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("stopped: "), "\(result.errors)")
  }

  @Test func `more followed files than threads leave checkpoints and a stop their way`() throws {
    let place = try Workplace(follow: true)
    try FileManager.default.createDirectory(
      at: place.path("in"), withIntermediateDirectories: false)
    for number in 0..<100 {
      try place.write(
        "in/\(number).jsonl", Workplace.events(number * 10..<number * 10 + 10))
    }
    let definition = place.definition(named: "broken", follow: true)
      .replacing("path: \"in.jsonl\"", with: "path: \"in/*.jsonl\", parallel: true, idle: 1s")
    try place.write("p.raudal", definition)
    let engine = try place.start([])
    let isRead = engine.until(60) { (try? place.lines("rows").count) == 1_000 }
    #expect(isRead && engine.says(" checkpoint "), "\(engine.errors)")
    engine.signal(SIGTERM)
    let result = engine.wait(30)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("stopped: 1000 rows in"), "\(result.errors)")
  }

  @Test func `a file that takes a topic's place must have what the definition asks for`() throws {
    let place = try Workplace()
    func definition(_ time: String, _ type: String = "id: int, at: timestamp") -> String {
      """
      pipeline bound
      type Event { \(type) }
      source events: Event from kafka {
        brokers: "localhost:1", topic: "t", format: csv, event_time: \(time), on_error: fail
      }
      sink events to file { path: "rows", format: csv, header: false }
      """
    }
    try place.write("in.csv", "1,2026-01-01T00:00:01Z\n2,2026-01-01T00:00:02Z\n")
    let bind = ["--bind", "events=file:\(place.path("in.csv").path)"]
    // Without a heading, as values in a topic are.
    try place.write("p.raudal", definition("at"))
    let fine = try place.run(bind)
    #expect(fine.status == 0, "\(fine.errors)")
    #expect(try place.lines("rows").count == 2)
    let wrong = [
      definition("meta.timestamp"): "meta.timestamp",
      definition("at", "id: int, at: timestamp, k: string from meta.key"): "`string?`",
    ]
    for (text, word) in wrong {
      try place.write("p.raudal", text)
      let refused = try place.run(bind + ["--fresh"])
      #expect(refused.status == 2, "\(refused.errors)")
      #expect(refused.errors.contains(word), "\(refused.errors)")
    }
  }

  @Test func `checkpoints are not looked for in a file`() throws {
    let place = try Workplace()
    let result = try Commands.run(
      Commands.raudal, ["checkpoint", "list", place.path("p.raudal").path])
    #expect(result.status == 1)
    #expect(result.errors.contains("is a file, not a state directory"), "\(result.errors)")
  }

  @Test func `checkpoints are not looked for in a directory that is not there`() throws {
    let place = try Workplace()
    let missing = place.path("nowhere").path
    for command in ["list", "show"] {
      let result = try Commands.run(Commands.raudal, ["checkpoint", command, missing])
      #expect(result.status == 1)
      #expect(result.errors.contains("there is no state directory"), "\(result.errors)")
      #expect(result.errors.contains(missing), "\(result.errors)")
    }
  }

  @Test(arguments: [
    (["help", "nosuch"], "there is no command `raudal nosuch`"),
    (["help", "generate", "events"], "There are: `ad-events`, `nexmark`"),
    (["generat", "ad-events"], "did you mean `generate`?"),
    (["generate", "--to", "stdout"], "Write `raudal generate ad-events …`"),
    (["checkpoint", "nosuch"], "There are: `list`, `show`"),
  ])
  func `a word that is no command is told with those that are`(
    arguments: [String], words: String
  ) throws {
    let result = try Commands.run(Commands.raudal, arguments)
    #expect(result.status == 2, "\(result.output)")
    #expect(result.errors.contains(words), "\(result.errors)")
  }

  @Test(arguments: [
    ["help"], ["--help"], ["--version"], ["help", "run"], ["help", "generate", "ad-events"],
    ["checkpoint", "--help"], ["checkpoint", "-h"], ["help", "checkpoint", "show"],
  ])
  func `help is there for each command`(arguments: [String]) throws {
    let result = try Commands.run(Commands.raudal, arguments)
    #expect(result.status == 0, "\(result.errors)")
    #expect(!result.output.isEmpty)
  }
}
