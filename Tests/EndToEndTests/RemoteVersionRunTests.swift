import Foundation
import TestKit
import Testing

/// Versions of models of a server that real processes ask, killed in mid-flight.
@Suite(.serialized)
struct RemoteVersionRunTests {
  private static let rows = 300

  private static func definition(
    _ port: UInt16, shares: (Int, Int) = (70, 30), second: String = "flaky"
  ) -> String {
    let policy = "timeout: 2s, retry: { attempts: 1000, backoff: exponential(20ms, max: 200ms) }"
    return #"""
      pipeline judged
      type Event { id: int, name: string, at: timestamp }
      checkpoint { every: 200ms, keep: 3 }
      source events: Event from file {
        path: "in.jsonl", format: json, event_time: at, on_error: fail
      }
      model tone using openai {
        url: "http://127.0.0.1:\#(port)/v1", model: "one", key: "sk-other"
        prompt: "Which tone has this: \(text)", input: { text: string }
        output: { tone: string in ["positive", "neutral", "negative"], score: float }
        versions: {
          v1: { share: \#(shares.0)% }, v2: { model: "\#(second)", share: \#(shares.1)% }
          dark: { model: "locked", shadow: true }
        }
        sticky: id, \#(policy)
      }
      model total using http {
        url: "http://127.0.0.1:\#(port)", model: "sum"
        input: { a: float, n: int }, output: { total: float }
        versions: { old: { version: "1", share: 50% }, new: { version: "2", share: 50% } }
        sticky: [name, id], \#(policy)
      }
      stream found = events | throttle 150/s
        | infer tone("\(name) \(id)") as t
        | infer total(id / 2, n: id) as s
        | map { id, t.tone, t.score, tv = t.version, s.total, sv = s.version }
      sink found to file { path: "found", format: json }
      """#
  }

  private static func count(_ text: String, _ lines: [String]) -> Int {
    lines.filter { $0.contains(text) }.count
  }

  @Test func `killed in mid-flight, each row has the version and the answer of its key`() throws {
    let server = try ModelService()
    let calm = try Workplace()
    try calm.write("in.jsonl", Workplace.events(0..<Self.rows))
    try calm.write("p.raudal", Self.definition(server.port))
    let whole = try calm.run(["--stop-at-end", "--parallelism", "2"])
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try calm.lines("found").sorted()
    #expect(expected.count == Self.rows)
    for (version, share) in [("tv\":\"v2", 0.3), ("sv\":\"new", 0.5)] {
      let part = Double(Self.count(version, expected)) / Double(Self.rows)
      #expect(abs(part - share) < 0.12, "\(version): \(part)")
    }
    #expect(Self.count("tv\":\"v1", expected) + Self.count("tv\":\"v2", expected) == Self.rows)
    // Nobody waits for a shadow, and what is wrong with it is told.
    #expect(
      whole.errors.contains("model `tone`, version `dark`: the service answers with status 401"),
      "\(whole.errors)")
    #expect(!whole.errors.contains("sk-other"), "\(whole.errors)")

    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<Self.rows))
    try place.write("p.raudal", Self.definition(server.port))
    for round in 0..<2 {
      let run = try place.start(["--stop-at-end", "--parallelism", "\(1 + round * 2)"])
      #expect(run.says("checkpoint "), "\(run.errors)")
      run.signal(SIGKILL)
      run.wait(30)
    }
    let last = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(last.status == 0, "\(last.errors)")
    #expect(try place.lines("found").sorted() == expected)
  }

  @Test func `answers of a server are held against the baseline`() throws {
    let server = try ModelService()
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<Self.rows))
    try place.write(
      "p.raudal",
      """
      pipeline judged
      type Event { id: int, name: string, at: timestamp }
      source events: Event from file {
        path: "in.jsonl", format: json, event_time: at, on_error: fail
      }
      model total using http {
        url: "http://127.0.0.1:\(server.port)", model: "sum", baseline: "then.csv"
        input: { a: float, n: int }, output: { total: float }
      }
      stream found = events | infer total(1, n: id) as s | map { id, s.total }
      sink found to file { path: "found", format: json }
      """)
    try place.write("then.csv", "output,up_to,rows\nlost,1,10\nlost,,10\n")
    let wrong = try place.run()
    #expect(wrong.errors.contains("[E0585]"), "\(wrong.errors)")
    try place.write("then.csv", "output,up_to,rows\ntotal,-1,10\ntotal,,10\n")
    let run = try place.run()
    #expect(run.status == 0, "\(run.errors)")
    let why = try Commands.run(
      Commands.raudal, ["why", place.path("p.raudal").path, "--state", place.path("state").path])
    for text in ["MODELS", "total, 300 rows", "total has drifted much"] {
      #expect(why.output.contains(text), "\(text): \(why.output) \(why.errors)")
    }
  }

  @Test func `shares change on a pipeline that goes on, and versions have figures of their own`()
    throws
  {
    let server = try ModelService()
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<Self.rows))
    try place.write("p.raudal", Self.definition(server.port))
    let first = try place.start(["--stop-at-end"])
    #expect(first.says("checkpoint "), "\(first.errors)")
    first.signal(SIGTERM)
    #expect(first.wait(60).errors.contains("model tone v1: a server, 70%"), "\(first.errors)")
    try place.write("p.raudal", Self.definition(server.port, shares: (20, 80)))
    let second = try place.run(["--stop-at-end"])
    #expect(second.status == 0, "\(second.errors)")
    #expect(
      second.errors.contains("model tone v1 has changed: a server, 20%; it was a server, 70%"),
      "\(second.errors)")
    let lines = try place.lines("found")
    #expect(lines.count == Self.rows)
    // Another model speaks under no name that rows have been given.
    try place.write("p.raudal", Self.definition(server.port, shares: (20, 80), second: "two"))
    let other = try place.run(["--stop-at-end"])
    #expect(other.status != 0)
    #expect(
      other.errors.contains(
        "the model's version tone.v2 is model: \"two\", and answers under this name are of"
          + " model: \"flaky\""), "\(other.errors)")
    try place.write("p.raudal", Self.definition(server.port, shares: (20, 80)))
    let why = try Commands.run(
      Commands.raudal, ["why", place.path("p.raudal").path, "--state", place.path("state").path])
    for text in ["MODELS", "v1, ", "v2, ", "dark in the shadow", "old, ", "mean score "] {
      #expect(why.output.contains(text), "\(text): \(why.output) \(why.errors)")
    }
  }

  @Test func `a name stands for the model that the environment says, and a shadow takes none`()
    throws
  {
    let server = try ModelService()
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<3))
    let run = { (version: String, shadow: String) in
      try place.write(
        "p.raudal",
        """
        pipeline judged
        type Event { id: int, name: string, at: timestamp }
        source events: Event from file {
          path: "in.jsonl", format: json, event_time: at, on_error: fail
        }
        model total using http {
          url: "http://127.0.0.1:\(server.port)", model: "sum"
          input: { a: float, n: int }, output: { total: float }
          versions: {
            v1: { version: \(version), share: 100% }
            dark: { version: "\(shadow)", shadow: true }
          }
          sticky: id
        }
        stream found = events | infer total(1, n: id) as s | map { id, s.total }
        sink found to file { path: "found", format: json }
        """)
      return try place.run()
    }
    #expect(try run(#""1""#, "1").status == 0)
    let other = try run(#"env("NO_SUCH_VARIABLE", "2")"#, "1")
    #expect(other.status != 0 && other.errors.contains("total.v1 is"), "\(other.errors)")
    let retrained = try run(#"env("NO_SUCH_VARIABLE", "1")"#, "2")
    #expect(retrained.status == 0, "\(retrained.errors)")
    #expect(try place.lines("found").count == 3)
  }
}
