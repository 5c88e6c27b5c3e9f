import Foundation
import Testing

/// A definition that gets a source after a run of it has finished.
struct AddedSourceTests {
  enum Ending: String, CaseIterable, Sendable {
    /// The first source is endless, and was read up to the end that it had then.
    case stopAtEnd
    /// It is endless, and a limit was reached.
    case limit
    /// It has an end of its own.
    case file
  }

  private func definition(_ ending: Ending, added: Bool) -> String {
    let source = { (name: String, follow: Bool) in
      """
      source \(name): Event from file {
        path: "\(name).jsonl", format: json, event_time: at, follow: \(follow)
        on_error: fail
      }

      """
    }
    let rows = ending == .limit ? "first | limit 5" : "first"
    let head = """
      pipeline added
      type Event { id: int, name: string, at: timestamp }
      checkpoint { every: 1s, keep: 3 }
      stream rows = \(rows)
      stream counts = rows | window tumbling 10s by name { rows = count() }
      sink counts to file { path: "counts", format: json }

      """ + source("first", ending != .file)
    guard added else { return head }
    return head + source("second", true) + "sink second to file { path: \"second\" }\n"
  }

  private func append(_ place: Workplace, _ name: String, _ range: Range<Int>) throws {
    let handle = try FileHandle(forWritingTo: place.path(name))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(Workplace.events(range).utf8))
    try handle.close()
  }

  @Test(arguments: Ending.allCases)
  func `it is read, and what has ended stays so`(ending: Ending) throws {
    let place = try Workplace()
    try place.write("first.jsonl", Workplace.events(0..<1_000))
    try place.write("second.jsonl", Workplace.events(0..<50))
    try place.write("p.raudal", definition(ending, added: false))
    let first = try place.run(ending == .stopAtEnd ? ["--stop-at-end"] : [])
    #expect(first.status == 0 && first.errors.contains("finished"), "\(first.errors)")
    let counts = try place.lines("counts")
    #expect(!counts.isEmpty)
    let again = try place.run([])
    #expect(again.errors.contains("nothing to do"), "\(again.errors)")
    try place.write("p.raudal", definition(ending, added: true))
    for turn in 1...2 {
      try append(place, "first.jsonl", (turn * 1_000)..<(turn * 1_000 + 500))
      if turn > 1 { try append(place, "second.jsonl", 50..<60) }
      let engine = try place.start([])
      let wanted = turn == 1 ? 50 : 60
      let isThere = engine.until(30) { (try? place.lines("second").count) == wanted }
      #expect(isThere, "\(engine.errors)")
      #expect(engine.isRunning)
      engine.signal(SIGTERM)
      #expect(engine.wait(30).status == 0, "\(engine.errors)")
    }
    let last = try place.run(["--stop-at-end"])
    #expect(last.status == 0 && last.errors.contains("finished"), "\(last.errors)")
    #expect(try place.lines("second").count == 60)
    #expect(try place.lines("counts").sorted() == counts.sorted())
    let end = try place.run([])
    #expect(end.errors.contains("nothing to do"), "\(end.errors)")
  }
}
