import Foundation
import Testing

/// `updates: final` over several runs on one state: a definition that has ended goes on with one
/// more source.
struct EndingRunTests {
  private static func definition(_ added: [String]) -> String {
    let sources = added.map {
      "source \($0): Row from file { path: \"\($0).jsonl\", follow: true, on_error: fail }"
    }
    return """
      pipeline endings
      type Row { id: int, v: int }
      source e: Row from file { path: "a.jsonl", format: json, on_error: fail }
      \(sources.joined(separator: "\n"))
      stream u = e \(added.map { "| union \($0)" }.joined(separator: " ")) | where v > 0
      stream s = u | aggregate by id { n = sum(v) }
      sink s to file { path: "out", format: json, updates: final }
      checkpoint { every: 200ms }
      """
  }

  private static func row(_ id: Int, _ v: Int) -> String { #"{"id":\#(id),"v":\#(v)}"# + "\n" }
  private static func result(_ id: Int, _ n: Int) -> String { #"{"id":\#(id),"n":\#(n)}"# }

  private func end(_ place: Workplace, _ workers: String = "2") throws {
    let result = try place.run(["--stop-at-end", "--parallelism", workers])
    #expect(result.status == 0, "\(result.errors)")
  }

  /// Waits for some checkpoints, then stops or kills the process.
  private func interrupt(_ place: Workplace, by signal: Int32) throws {
    let engine = try place.start(["--parallelism", "2"])
    let hasRead = engine.until(30) { engine.errors.split(separator: " checkpoint ").count > 3 }
    #expect(hasRead, "\(engine.errors)")
    engine.signal(signal)
    _ = engine.wait(30)
  }

  @Test(arguments: [SIGTERM, SIGKILL])
  func `rows behind an ending come out at the next, and no others`(signal: Int32) throws {
    let place = try Workplace()
    try place.write("p.raudal", Self.definition([]))
    try place.write("a.jsonl", (1...8).map { Self.row($0, $0) }.joined())
    try end(place)
    let first = (1...8).map { Self.result($0, $0) }
    #expect(try place.lines("out").sorted() == first)

    try place.write("p.raudal", Self.definition(["f"]))
    try place.write("f.jsonl", Self.row(9, 9))
    try interrupt(place, by: signal)
    #expect(try place.lines("out").sorted() == first)
    try end(place)
    let second = first + [Self.result(9, 9)]
    #expect(try place.lines("out").sorted() == second)

    // An update, whose older row stays where it was written, and a new row; other workers.
    try place.write("p.raudal", Self.definition(["f", "g"]))
    try place.write("g.jsonl", Self.row(3, 100) + Self.row(10, 1))
    try interrupt(place, by: signal)
    try end(place, "3")
    let third = second + [Self.result(3, 103), Self.result(10, 1)]
    #expect(try place.lines("out").sorted() == third.sorted())
    // Nothing is new.
    try end(place, "1")
    #expect(try place.lines("out").sorted() == third.sorted())
  }
}
