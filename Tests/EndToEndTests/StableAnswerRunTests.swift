import Foundation
import TestKit
import Testing

/// A model that never says the same twice, asked by a process that is killed again and again.
@Suite(.serialized)
struct StableAnswerRunTests {
  private static let rows = 1_200

  private static func definition(_ port: UInt16, sinks: String, options: String = "") -> String {
    #"""
    pipeline judged
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 400ms, keep: 3 }
    source events: Event from file {
      path: "in*.jsonl", format: json, event_time: at, parallel: true, on_error: fail
    }
    model tone using openai {
      url: "http://127.0.0.1:\#(port)/v1", model: "counter"
      prompt: "Which tone has this: \(text)"
      input: { text: string }
      output: { tone: string, score: float }
      timeout: 5s, retry: { attempts: 1000, backoff: exponential(20ms, max: 200ms) }
      concurrency: 8 \#(options)
    }
    stream found = events | throttle 300/s | infer tone(name) as t | map { id, t.score }
    \#(sinks)
    """#
  }

  /// None, or two that share the rows otherwise in each round.
  private static func versions(in round: Int) -> String {
    let share = 10 + round * 30 % 80
    let shares = "a: { share: \(share)% }, b: { model: \"counter\", share: \(100 - share)% }"
    return round % 3 == 0 ? "" : ", versions: { \(shares) }, sticky: id"
  }

  private struct Line: Decodable {
    var id: Int
    var score: Double
  }

  /// What each row was answered; lines that a kill has cut are nobody's.
  private static func answers(_ lines: some Sequence<Substring>) -> [Int: Set<Double>] {
    let decoder = JSONDecoder()
    var answers: [Int: Set<Double>] = [:]
    for line in lines {
      guard let line = try? decoder.decode(Line.self, from: Data(line.utf8)) else { continue }
      answers[line.id, default: []].insert(line.score)
    }
    return answers
  }

  @Test func `killed again and again no answer that anybody saw has changed`() throws {
    let place = try Workplace()
    for part in 0..<3 {
      let lines = Workplace.events(0..<Self.rows).split(separator: "\n").enumerated()
      try place.write(
        "in\(part).jsonl",
        lines.filter { $0.offset % 3 == part }.map { "\($0.element)\n" }.joined())
    }
    let server = try ModelService()
    let sinks = """
      sink found to print {}
      stream kept = found | where id >= 0
      sink kept to file { path: "kept", format: json }
      """
    var seen = ""
    for round in 0..<Commands.kills {
      try place.write(
        "p.raudal",
        Self.definition(server.port, sinks: sinks, options: Self.versions(in: round)))
      let run = try place.start(["--stop-at-end", "--parallelism", "\(1 + round % 3)"])
      // At every point of an epoch, and now and then before there is a checkpoint.
      if round % 4 > 0 { #expect(run.says("checkpoint "), "\(run.errors)") }
      usleep(UInt32(100_000 + round * 37_000 % 500_000))
      run.signal(SIGKILL)
      seen += run.wait(30).output + "\n"
    }
    let last = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(last.status == 0, "\(last.errors)")
    seen += last.output
    let printed = Self.answers(seen.split(separator: "\n"))
    let kept = try place.lines("kept")
    #expect(kept.count == Self.rows)
    #expect(printed.count == Self.rows)
    #expect(printed.values.allSatisfy { $0.count == 1 })
    #expect(Self.answers(kept.map { $0[...] }) == printed)
  }

  @Test func `what holds is shown and told`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<10))
    let server = try ModelService()
    let print = "sink found to print {}"
    func explained(_ sinks: String, _ options: String = "") throws -> Bool {
      try place.write(
        "p.raudal", Self.definition(server.port, sinks: sinks, options: options))
      let result = try Child(
        Commands.raudal, ["explain", "--physical", place.path("p.raudal").path]
      ).wait()
      #expect(result.status == 0, "\(result.errors)")
      return result.output.contains("answers are written down")
    }
    #expect(try explained(print, ", stable: false") == false)
    #expect(try explained(#"sink found to file { path: "out", format: json }"#) == false)
    #expect(try explained(#"sink found to file { path: "out", format: json }"#, ", stable: true"))
    #expect(try explained(print))
    let run = try place.run()
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("model tone: a server, answers are written down"), "\(run.errors)")
  }
}
