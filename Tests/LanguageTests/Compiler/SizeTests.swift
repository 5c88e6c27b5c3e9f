import Compiler
import Diagnostics
import Foundation
import Plans
import Testing

/// Definitions as large as a file may be.
@Suite struct SizeTests {
  private static let head =
    "pipeline p\ntype E { id: int, name: string }\nsource e: E from memory { on_error: skip }\n"

  private func compile(_ text: String) -> Compilation {
    DefinitionCompiler.compile(file: SourceFile(path: "p.raudal", text: Self.head + text))
  }

  private func lines(_ count: Int, _ line: (Int) -> String) -> String {
    (0..<count).map(line).joined(separator: "\n") + "\n"
  }

  @Test func `More steps than can be planned are told`() {
    let stages = lines(5_001) { "  | where id > \($0)" }
    let compilation = compile("stream s = e\n\(stages)sink s to print\n")
    #expect(compilation.diagnostics.map(\.code) == ["E0342"])
    #expect(compilation.physical == nil)
  }

  @Test func `More columns than a row may have are told`() {
    let columns = lines(2_001) { "  c\($0) = id" }
    let codes = compile("stream s = e | map {\n\(columns)}\nsink s to print\n").diagnostics.map(
      \.code)
    #expect(codes.contains("E0343"))
  }

  @Test func `More columns in all than can be planned are told once`() {
    let columns = lines(1_000) { "  c\($0) = id" }
    let stages = lines(200) { "  | where c\($0) > 1" }
    let streams = "stream s = e | map {\n\(columns)}\n\(stages)stream t = s\n\(stages)"
    let compilation = compile(streams + "sink s to print\nsink t to print\n")
    #expect(compilation.diagnostics.map(\.code) == ["E0344"])
    #expect(compilation.physical == nil)
    #expect(!compile("stream s = e | map {\n\(columns)}\nsink s to print\n").hasErrors)
  }

  @Test(arguments: [
    ("key by", ""), ("dedupe by", "within 1h"), ("window tumbling 1m by", "{ n = count() }"),
  ])
  func `More keys than a row may have columns are told, and not looked at`(
    _ word: String, _ rest: String
  ) {
    func stream(_ count: Int) -> String {
      let keys = (0..<count).map { "\(word.hasPrefix("w") ? "k\($0) = " : "")id % \($0 + 1)" }
      return "source t: T from memory { event_time: at, on_error: skip }\n"
        + "type T { id: int, at: timestamp }\n"
        + "stream s = t | \(word) \(keys.joined(separator: ", ")) \(rest)\nsink s to print\n"
    }
    #expect(compile(stream(20_000)).diagnostics.map(\.code) == ["E0345"])
    #expect(!compile(stream(1_000)).hasErrors)
  }

  private static let timed =
    "type T { id: int, at: timestamp }\n"
    + "source t: T from memory { event_time: at, on_error: skip }\nsink e to print\n"

  @Test(arguments: [
    ("fold by id expire after 1d { s: int = 0 } { s = s + 1", "c§ = s + §"),
    ("over by id 1h preceding { c = count()", "c§ = sum(id + §)"),
    ("window tumbling 1h by id { c = count()", "c§ = sum(id + §)"),
    ("with { c = id", "c§ = id + §"),
  ])
  func `More columns than a row may have are told of each block, and not looked at`(
    _ stage: String, _ column: String
  ) {
    func codes(_ count: Int) -> [String] {
      let columns = (0..<count).map { column.replacingOccurrences(of: "§", with: "\($0)") }
      let block = ([stage] + columns).joined(separator: "\n")
      return compile(Self.timed + "stream s = t | \(block)\n}\nsink s to print\n").diagnostics.map(
        \.code)
    }
    #expect(codes(20_000) == ["E0343"])
    #expect(codes(1_000) == [])
  }

  @Test func `Rows are joined by as many keys as may be`() {
    func codes(_ count: Int) -> [String] {
      let keys = (0..<count).map { "id + \($0) == n.id" }.joined(separator: " and ")
      let text = "stream s = t | join t as n on \(keys) within 1h\nsink s to print\n"
      return compile(Self.timed + text).diagnostics.map(\.code)
    }
    #expect(codes(20_000) == ["E0345"])
    #expect(codes(1_000).isEmpty)
  }

  @Test func `Whether rows are of windows is known without a look at where they come from`() {
    let unions = lines(1_000) { "stream u\($0 + 1) = u\($0) | union u\($0)" }
    let window = "stream u0 = t | window tumbling 1m by id { n = count() }\n"
    let join = "stream s = u1000 | join u0 as o on id within same window\nsink s to print\n"
    #expect(compile(Self.timed + window + unions + join).diagnostics.isEmpty)
  }

  @Test func `Streams may build on each other in any order, as many as there may be`() {
    let forward = lines(4_000) { "stream s\($0) = s\($0 + 1) | where id > 1" }
    let compilation = compile(forward + "stream s4000 = e | where id > 0\nsink s0 to print\n")
    #expect(compilation.diagnostics.isEmpty)
    #expect(compilation.physical?.operators.count == 3, "all conditions are one")
  }

  @Test func `Functions may call each other in any order`() {
    let forward = lines(1_000) { "function f\($0)(n: int): int = f\($0 + 1)(n)" }
    let compilation = compile(
      forward + "function f1000(n: int): int = n\nstream s = e | map { x = f0(id) }\n"
        + "sink s to print\n")
    #expect(compilation.diagnostics.isEmpty)
  }

  @Test func `A circle of thousands is told, and ends nothing`() {
    let streams = lines(20_000) { "stream s\($0) = s\(($0 + 1) % 20_000) | where id > 1" }
    #expect(compile(streams + "sink s0 to print\n").diagnostics.contains { $0.code == "E0106" })
    let functions = lines(20_000) { "function f\($0)(n: int): int = f\(($0 + 1) % 20_000)(n)" }
    #expect(compile(functions + "sink e to print\n").diagnostics.contains { $0.code == "E0315" })
  }

  @Test(arguments: [
    "where id > 1", "where true", "with { id = id + 1 }", "with { name = upper(name) }",
  ])
  func `A chain of thousands of steps takes no more for each than a short one`(_ stage: String) {
    func time(_ count: Int) -> Duration {
      let text = "stream s = e\n\(lines(count) { _ in "  | \(stage)" })sink s to print\n"
      return (0..<3).map { _ in
        ContinuousClock().measure { #expect(!compile(text).hasErrors) }
      }.min() ?? .zero
    }
    // Ten times the steps: one that looked at all others would take a hundred times as long.
    #expect(time(4_800) < time(480) * 40)
  }

  @Test func `Each of thousands of misspelt names costs no look at all others`() {
    let streams = lines(15_000) { "stream s\($0) = evnt\($0) | where nme > 1" }
    let compilation = compile(streams)
    #expect(compilation.diagnostics.count == 20)
    #expect(compilation.isCut)
  }
}
