import Compiler
import Diagnostics
import Plans
import Testing

/// Which rows are known again by their event time too.
@Suite struct AnswerStabilityTests {
  private static let declarations = #"""
    pipeline p
    type E { id: int, text: string, at: timestamp }
    source e: E from memory { event_time: at }
    source untimed: E from memory { event_time: arrival }
    model tone using openai {
      url: "http://a/v1", model: "m", prompt: "\(text)"
      input: { text: string }, output: { tone: string }
    }
    task tell using http { url: "https://x/\(id)", body: text, idempotency_key: id }
    sink s to print

    """#

  private func hasLastingTimes(_ stream: String) throws -> Bool {
    let file = SourceFile(path: "p.raudal", text: Self.declarations + stream)
    let compilation = DefinitionCompiler.compile(file: file)
    let messages = TextRenderer(files: [file]).render(compilation.diagnostics)
    let plan = try #require(compilation.physical, "\(messages)")
    let policy = try #require(plan.lookups.first?.lookup)
    #expect(policy.isStable == true)
    return policy.hasLastingTimes
  }

  @Test func `rows behind a call, and those that have the time of their arrival, are not`() throws {
    let (infer, execute) = ("| infer tone(text) as t", "| execute tell as c")
    #expect(try hasLastingTimes("stream s = e \(infer)"))
    #expect(try hasLastingTimes("stream s = e \(infer) \(execute)"))
    #expect(try !hasLastingTimes("stream s = e \(execute) | where id > 3 \(infer)"))
    #expect(try !hasLastingTimes("stream s = untimed | where id > 3 \(infer)"))
  }
}
