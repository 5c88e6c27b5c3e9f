import Foundation
import TestKit
import Testing

/// Models of a server that a real process asks, while both of them are killed and the server fails
/// now and then.
@Suite(.serialized)
struct RemoteModelRunTests {
  private static let rows = 900

  private static func definition(
    _ port: UInt16, _ output: String, model: String = "flaky", options: String = "",
    rate: Int = 300
  ) -> String {
    let policy = "timeout: 2s, retry: { attempts: 1000, backoff: exponential(20ms, max: 200ms) }"
    return #"""
      pipeline support
      type Event { id: int, name: string, at: timestamp }
      checkpoint { every: 300ms, keep: 3 }
      source events: Event from file {
        path: "in.jsonl", format: json, event_time: at, on_error: fail
      }
      model tone using openai {
        url: "http://127.0.0.1:\#(port)/v1", model: "\#(model)", key: secret("LLM_KEY")
        prompt: "Which tone has this: \(text)"
        input: { text: string }
        output: { tone: string in ["positive", "neutral", "negative"], score: float }
        \#(policy), order: none, price: { input: 1, output: 2 } \#(options)
      }
      model meaning using openai {
        url: "http://127.0.0.1:\#(port)/v1", model: "small"
        input: { text: string }, output: { vector: list<float> }, batch: 16 within 5ms, \#(policy)
      }
      model total using http {
        url: "http://127.0.0.1:\#(port)", model: "sum", version: "2"
        input: { a: float, n: int }, output: { total: float, double: float from "parts[1]" }
        \#(policy)
      }
      stream found = events | throttle \#(rate)/s
        | infer tone("\(name) \(id)") as t
        | infer meaning(name) as m
        | infer total(id / 2, n: id) as s
        | map {
            id, t.tone, t.score, tv = t.version, m.vector, s.total, s.double, sv = s.version
          }
      sink found to file { path: "\#(output)", format: json }
      """#
  }

  private static func start(
    _ place: Workplace, _ name: String, _ options: [String] = []
  ) throws -> Child {
    try Child(
      Commands.raudal,
      ["run", place.path("\(name).raudal").path, "--state", place.path("state-\(name)").path]
        + ["--stop-at-end"] + options,
      environment: ["LLM_KEY": "sk-test"])
  }

  @Test func `killed in mid-flight a run gives what an undisturbed one gives`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<Self.rows))
    let calm = try ModelService()
    try place.write("calm.raudal", Self.definition(calm.port, "calm", model: "good"))
    let whole = try Self.start(place, "calm").wait()
    #expect(whole.status == 0, "\(whole.errors)")
    var server = try ModelService()
    // Slow enough that there is something left to do for each of its runs.
    let rate = Commands.isLong ? 30 : 75
    try place.write("wild.raudal", Self.definition(server.port, "wild", rate: rate))
    for round in 0..<Commands.kills {
      let run = try Self.start(place, "wild", ["--parallelism", "\(1 + round % 3)"])
      #expect(run.says("checkpoint "), "\(run.errors)")
      if round % 5 == 0 {
        let port = server.port
        server.stop()
        usleep(200_000)
        #expect(run.isRunning, "\(run.errors)")
        if round == 5 { run.signal(SIGKILL) }
        server = try ModelService(port: port)
        usleep(200_000)
      }
      run.signal(SIGKILL)
      run.wait(30)
    }
    let last = try Self.start(place, "wild", ["--parallelism", "2"]).wait()
    #expect(last.status == 0, "\(last.errors)")
    let expected = try place.lines("calm").map {
      $0.replacingOccurrences(of: "good-2026", with: "flaky-2026")
    }.sorted()
    #expect(expected.count == Self.rows)
    #expect(try place.lines("wild").sorted() == expected)
  }

  @Test func `what is wrong with a server or an answer is told`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<10))
    let server = try ModelService()
    func errors(_ definition: String) throws -> String {
      try place.write("p.raudal", definition)
      let run = try Self.start(place, "p", ["--fresh"]).wait(60)
      #expect(run.status == 1, "\(run.errors)")
      return run.errors
    }
    let stubborn = try errors(Self.definition(server.port, "out", model: "stubborn"))
    #expect(stubborn.contains("`tone` is \"angry\", and may be \"positive\""), "\(stubborn)")
    #expect(stubborn.contains("give model `tone` a `fallback`"), "\(stubborn)")
    let good = Self.definition(server.port, "out", model: "good")
    let locked = try errors(
      Self.definition(server.port, "out", model: "locked")
        .replacingOccurrences(of: #"secret("LLM_KEY")"#, with: #""sk-other""#))
    #expect(locked.contains("model `tone`: the service answers with status 401"), "\(locked)")
    #expect(!locked.contains("sk-other"), "\(locked)")
    let shape = try errors(good.replacingOccurrences(of: "parts[1]", with: "halves"))
    #expect(
      shape.contains("model `total` is declared otherwise: it has no output `halves`"), "\(shape)")
    let absent = try errors(good.replacingOccurrences(of: #""sum""#, with: #""absent""#))
    #expect(absent.contains("status 404"), "\(absent)")
  }

  @Test func `a model stands in for one that does not answer, and why is told`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<20))
    let server = try ModelService()
    let spare = { (name: String, model: String, fallback: String) in
      """

      model \(name) using openai {
        url: "http://127.0.0.1:\(server.port)/v1", model: "\(model)"
        prompt: "Which tone has this: \\(text)", input: { text: string }
        output: { score: float, tone: string }, fallback: \(fallback)
      }
      """
    }
    let first = Self.definition(
      server.port, "out", model: "locked", options: ", fallback: second"
    ).replacingOccurrences(of: #"secret("LLM_KEY")"#, with: #""sk-other""#)
    let second = spare("second", "cut", "third")
    for (model, version) in [("good", "good-2026"), ("cut", "fallback")] {
      try place.write(
        "p.raudal", first + second + spare("third", model, #"{ tone: "none", score: 0 }"#))
      let run = try Self.start(place, "p", ["--fresh"]).wait(60)
      #expect(run.status == 0, "\(run.errors)")
      #expect(
        run.errors.contains("model `tone`: the service answers with status 401"), "\(run.errors)")
      #expect(run.errors.contains("Rows go on without this answer"), "\(run.errors)")
      #expect(!run.errors.contains("sk-other"), "\(run.errors)")
      let lines = try place.lines("out")
      #expect(lines.filter { $0.contains(#""tv":"\#(version)""#) }.count == 20, "\(lines)")
      if model == "cut" { #expect(lines.filter { $0.contains(#""tone":"none""#) }.count == 20) }
    }
  }

  @Test func `a row that no model of a chain has an answer for is set aside as it came`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<5))
    let server = try ModelService()
    let model = { (name: String, fallback: String) in
      """
      model \(name) using openai {
        url: "http://127.0.0.1:\(server.port)/v1", model: "cut"
        prompt: "Which tone has this: \\(text)", input: { text: string }
        output: { tone: string } \(fallback)
      }

      """
    }
    try place.write(
      "p.raudal",
      """
      pipeline chained
      type Event { id: int, name: string, at: timestamp }
      source events: Event from file {
        path: "in.jsonl", format: json, event_time: at, on_error: fail
      }
      \(model("first", ", fallback: second"))\(model("second", ""))
      stream found = events
        | infer first(name) as t on_error dead_letter to file { path: "bad" }
        | map { id, t.tone, t.version }
      sink found to file { path: "found", format: json }
      """)
    let run = try Self.start(place, "p").wait(60)
    #expect(run.status == 0, "\(run.errors)")
    let rows = try place.lines("bad").map { line in
      let letter = try JSONDecoder().decode([String: String?].self, from: Data(line.utf8))
      let bytes = Data(base64Encoded: (letter["value"] ?? nil) ?? "") ?? Data()
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(rows.count == 5)
    #expect(rows.allSatisfy { $0.hasPrefix(#"{"id":"#) && !$0.contains("t.") }, "\(rows)")
  }

  @Test func `wrong answers have the fallback, and tokens are counted`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<20))
    let server = try ModelService()
    try place.write(
      "p.raudal",
      Self.definition(
        server.port, "out", model: "stubborn",
        options: #", fallback: { tone: "neutral", score: 0 }"#))
    let run = try Self.start(place, "p").wait(60)
    #expect(run.status == 0, "\(run.errors)")
    let lines = try place.lines("out")
    #expect(lines.count == 20)
    #expect(lines.allSatisfy { $0.contains(#""tone":"neutral""#) && $0.contains("fallback") })
    let why = try Child(
      Commands.raudal,
      [
        "why", place.path("p.raudal").path, "--state", place.path("state-p").path,
      ]
    ).wait()
    // Two requests a row, of one message and of three.
    #expect(why.output.contains("800 tokens read and 200 written"), "\(why.output)\(why.errors)")
  }
}
