import Foundation
import TestKit
import Testing

/// Models of a server that are not asked at times: for a budget, or because nobody is there.
@Suite(.serialized)
struct BudgetRunTests {
  private static let rows = 14

  private static func definition(_ model: String, _ output: String, sink: String) -> String {
    """
    pipeline saved
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file {
      path: "in.jsonl", format: json, event_time: at, on_error: fail
    }
    \(model)
    stream found = \(output)
    sink found to file { path: "\(sink)", format: json }
    """
  }

  private static func budgeted(_ port: UInt16, _ tokens: Int) -> String {
    definition(
      #"""
      model tone using openai {
        url: "http://127.0.0.1:\#(port)/v1", model: "counter"
        prompt: "Which tone has this: \(text)", input: { text: string }
        output: { tone: string, score: float }
        concurrency: 2, timeout: 20s, budget: \#(tokens) tokens/d
      }
      """#, #"events | infer tone("\(name) \(id)") as t | map { id, t.score }"#, sink: "found")
  }

  private static func checkpoints(_ run: Child) -> Int {
    run.errors.components(separatedBy: "checkpoint ").count
  }

  @Test func `what a budget paid for is not lost by restarts, and that it is used up is told`()
    throws
  {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<Self.rows))
    let server = try ModelService()
    // A call has 15 tokens: four and perhaps one more are made by each process.
    try place.write("p.raudal", Self.budgeted(server.port, 60))
    var hasFinished = false
    for round in 0..<Self.rows where !hasFinished {
      let run = try place.start()
      #expect(run.until(90) { !run.isRunning || run.errors.contains("has used up its budget") })
      let told = Self.checkpoints(run)
      #expect(run.until(90) { !run.isRunning || Self.checkpoints(run) > told + 1 })
      if run.isRunning {
        #expect(
          run.errors.contains(
            "model `tone` has used up its budget of 60 tokens in 1d; rows wait for it, at first"),
          "\(run.errors)")
        if round == 0 {
          let why = try Child(
            Commands.raudal,
            ["why", place.path("p.raudal").path, "--state", place.path("state").path]
          ).wait()
          #expect(why.output.contains("a budget is used up until 20"), "\(why.output)")
        }
        run.signal(SIGKILL)
      }
      hasFinished = run.wait(30).status == 0
    }
    #expect(hasFinished)
    let lines = try place.lines("found")
    let ids = lines.map { line in String(line.prefix { $0 != "," }) }
    #expect(ids == (0..<Self.rows).map { "{\"id\":\($0)" }, "\(lines)")
  }

  @Test func `a server that is not there at the start stops no rows that go on without it`() throws
  {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<150))
    let away = try ModelService()
    let port = away.port
    away.stop()
    try place.write(
      "p.raudal",
      Self.definition(
        """
        model total using http {
          url: "http://127.0.0.1:\(port)", model: "packed"
          input: { x: float, n: int }, output: { total: float }
          timeout: 20s, retry: { attempts: 1 }, order: none, fallback: { total: -1 }
        }
        """,
        "events | throttle 15/s | infer total(cast(id as float), n: id) as s | map { id, s.total }",
        sink: "totals"))
    let run = try place.start()
    #expect(run.says("Rows go on without this answer until it is there"), "\(run.errors)")
    #expect(run.says("checkpoint "), "\(run.errors)")
    // What it takes is asked for once it is there.
    let server = try ModelService(port: port)
    let result = run.wait(90)
    #expect(result.status == 0, "\(result.errors)")
    let lines = try place.lines("totals")
    #expect(lines.count == 150)
    #expect(lines.contains(#"{"id":0,"total":-1.0}"#), "\(lines)")
    #expect(lines.contains(#"{"id":149,"total":298.0}"#), "\(lines)")
    server.stop()
  }
}
