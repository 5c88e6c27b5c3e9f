import Compiler
import Diagnostics
import Schemas
import Testing

@testable import Plans

/// `chosen_by`: a column of the rows that names the version of a model.
@Suite struct VersionChoiceTests {
  private static func definition(
    _ using: String, chosen: String = "chosen_by: live.version", share: String = ""
  ) -> String {
    let (first, more) =
      using == "onnx"
      ? ("path: \"a.onnx\"", "") : ("version: \"1\"", "url: \"http://localhost:1\"")
    return """
      pipeline p
      type E { id: int, x: float, at: timestamp }
      type Live { model: string, version: string?, number: int }
      source e: E from memory { event_time: at }
      table live: Live key model from file { path: "live.jsonl", format: json, refresh: 1s }
      model m using \(using) {
        \(more)
        versions: { a: { \(first), share: 100% }, b: { \(first)\(share) } }
        sticky: id, \(chosen), input: { x: float }, output: { p: float }
      }
      stream s = e | enrich live on "m" as live | infer m(x * 2.0) as c
        | map { id, c.p, c.version }
      sink s to print
      """
  }

  private func compiled(_ text: String) -> (Compilation, String) {
    let file = SourceFile(path: "p.raudal", text: text)
    let compilation = DefinitionCompiler.compile(file: file)
    return (compilation, TextRenderer(files: [file]).render(compilation.diagnostics))
  }

  @Test func `what names the version stands behind what else chooses it`() throws {
    let (file, messages) = compiled(Self.definition("onnx"))
    let plan = try #require(file.physical, "\(messages)")
    let steps = plan.operators.compactMap { step -> PhysicalInference? in
      if case .infer(let inference) = step.kind { inference } else { nil }
    }
    #expect(steps.map(\.sticky) == ["id"] && steps.map(\.choice) == ["live.version"])
    #expect(steps[0].text.contains("version by id unless named by live.version"))
    let (server, told) = compiled(Self.definition("http"))
    let asked = try #require(server.physical, "\(told)").operators.compactMap {
      if case .ask(_, let keys, _, _) = $0.kind { keys } else { nil }
    }
    #expect(asked.map(\.count) == [3] && asked[0].suffix(2) == ["id", "live.version"])
  }

  @Test func `a column that is not there, is no text, or is not one is told`() {
    for (chosen, title) in [
      ("chosen_by: missing", "there is no column `missing` here"),
      ("chosen_by: live.number", "a version is chosen by its name"),
      ("chosen_by: [id, x]", "one column, as in `chosen_by: live.version`"),
    ] {
      let (compilation, messages) = compiled(Self.definition("onnx", chosen: chosen))
      #expect(compilation.physical == nil)
      #expect(messages.contains(title), "\(messages)")
    }
    // Without it each version has a share.
    let (_, messages) = compiled(Self.definition("onnx", chosen: ""))
    #expect(messages.contains("nothing says which keys `b` answers"), "\(messages)")
  }
}
