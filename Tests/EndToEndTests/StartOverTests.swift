import Foundation
import Testing

/// What a start gives up, and what it asks before.
struct StartOverTests {
  @Test func `a fresh start that cannot begin leaves the state as it is`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    #expect(try place.run().status == 0)
    let rows = try place.lines("rows").count
    try FileManager.default.moveItem(at: place.path("in.jsonl"), to: place.path("away"))
    let fresh = try place.run(["--fresh", "--stop-at-end"])
    #expect(fresh.status == 1)
    #expect(fresh.errors.contains("there is no file"), "\(fresh.errors)")
    #expect(!fresh.errors.contains("given up"), "\(fresh.errors)")
    try FileManager.default.moveItem(at: place.path("away"), to: place.path("in.jsonl"))
    let next = try place.run()
    #expect(next.errors.contains("nothing to do"), "\(next.errors)")
    #expect(try place.lines("rows").count == rows)
  }

  @Test func `output whose state was lost is not written once more without a word`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    #expect(try place.run().status == 0)
    let rows = try place.lines("rows")
    let away = place.path("away")
    try FileManager.default.moveItem(at: place.path("state"), to: away)
    for _ in 0..<2 {
      let lost = try place.run()
      #expect(lost.status == 1)
      for words in ["sink `counts`", "holds no checkpoint", "`--fresh`"] {
        #expect(lost.errors.contains(words), "\(lost.errors)")
      }
      #expect(!lost.errors.contains("given up"), "\(lost.errors)")
      #expect(try place.lines("rows") == rows)
    }
    // It may be what is wanted; the state before has no claim on the directory any more.
    #expect(try place.run(["--fresh", "--stop-at-end"]).status == 0)
    #expect(try place.lines("rows").count == 2_000)
    #expect(try place.run().errors.contains("nothing to do"))
    let other = try place.start(state: away).wait(60)
    #expect(other.status == 1)
    #expect(other.errors.contains("another state directory"), "\(other.errors)")
    #expect(try place.lines("rows").count == 2_000)
  }

  @Test func `output that may come twice comes twice when its state was lost`() throws {
    let place = try Workplace()
    let definition = place.definition(named: "broken")
    let twice = "format: json, delivery: at_least_once }"
    try place.write("p.raudal", definition.replacing("format: json }", with: twice))
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    #expect(try place.run().status == 0)
    try FileManager.default.removeItem(at: place.path("state"))
    #expect(try place.run().status == 0)
    #expect(try place.lines("rows").count == 2_000)
  }

  @Test func `a name to drop that nothing bears is a slip, and one that was dropped is none`()
    throws
  {
    let place = try Workplace(follow: true)
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    func run(_ options: [String]) throws -> Commands.Result {
      let engine = try place.start(options)
      if engine.until(30, { engine.errors.contains(" checkpoint ") || !engine.isRunning }) {
        engine.signal(SIGTERM)
      }
      return engine.wait(30)
    }
    let first = try run(["--allow-drop", "counts.windw", "--allow-drop", "counts.window"])
    #expect(first.status == 0)
    #expect(
      first.errors.contains("--allow-drop counts.windw: this start takes over no state"),
      "\(first.errors)")
    #expect(first.errors.contains("did you mean `counts.window`?"), "\(first.errors)")
    #expect(!first.errors.contains("--allow-drop counts.window:"), "\(first.errors)")
    let definition = place.definition(named: "broken", follow: true)
    let changed = definition.replacing("sum = sum(id)", with: "sum = max(name)")
    try place.write("p.raudal", changed)
    let refused = try run([])
    #expect(refused.status == 1)
    #expect(refused.errors.contains("--allow-drop counts.window"), "\(refused.errors)")
    let slip = try run(["--allow-drop", "counts.windw"])
    #expect(slip.status == 1)
    #expect(slip.errors.contains("did you mean `counts.window`?"), "\(slip.errors)")
    // A supervisor repeats its command for ever.
    for _ in 0..<2 {
      let dropped = try run(["--allow-drop", "counts.window"])
      #expect(dropped.status == 0, "\(dropped.errors)")
    }
    try place.write(
      "p.raudal",
      changed.split(separator: "\n").filter { !$0.contains("counts") }.joined(separator: "\n"))
    let both = ["--allow-drop", "counts.window", "--allow-drop", "counts.window.local"]
    for _ in 0..<5 {
      let dropped = try run(both)
      #expect(dropped.status == 0, "\(dropped.errors)")
    }
    let other = try run(both + ["--allow-drop", "cuonts"])
    #expect(other.status == 1)
    #expect(other.errors.contains("--allow-drop cuonts"), "\(other.errors)")
  }
}
