import Compiler
import Diagnostics
import Schemas
import Testing

@testable import Plans

/// What is asked of a model elsewhere that has versions.
@Suite struct RemoteVersionTests {
  private static let definition = #"""
    pipeline p
    type E { id: int, tenant: string, text: string, at: timestamp }
    source e: E from memory { event_time: at }
    model tone using openai {
      url: "http://a/v1", model: "small", key: "k", headers: { "x-org": "o" }, temperature: 1
      prompt: "\(text)", input: { text: string }, output: { tone: string }
      versions: {
        now: { share: 90% }
        new: { model: "large", temperature: 0, share: 10% }
        other: { url: "http://b/v1", key: "l", shadow: true }
        open: { url: "http://c/v1", shadow: true }
      }
      sticky: [tenant, id], budget: 1M tokens/h per tenant
    }
    stream s = e | infer tone(text) as t | map { id, t.tone, t.version }
    sink s to print
    """#

  private func compiled() throws -> Compilation {
    let file = SourceFile(path: "p.raudal", text: Self.definition)
    let compilation = DefinitionCompiler.compile(file: file)
    let messages = TextRenderer(files: [file]).render(compilation.diagnostics)
    _ = try #require(compilation.physical, "\(messages)")
    return compilation
  }

  private static func value(_ name: String, _ table: TableSpec) -> OptionValue? {
    table.connector.options.first { $0.name == name }?.value
  }

  @Test func `each version is asked with its own options, and the rest as declared`() throws {
    let plan = try #require(try compiled().physical)
    #expect(plan.asked(from: 0) == 0..<4 && plan.lookups.count == 4)
    #expect(plan.lookups.map(\.versionName) == ["now", "new", "other", "open"])
    #expect(plan.lookups.map(\.isShadow) == [false, false, true, true])
    #expect(plan.lookups[1].place == "model `tone`, version `new`")
    func values(_ name: String) -> [OptionValue?] { plan.lookups.map { Self.value(name, $0) } }
    #expect(
      values("model") == [.string("small"), .string("large"), .string("small"), .string("small")])
    #expect(
      values("url")
        == [
          .string("http://a/v1"), .string("http://a/v1"), .string("http://b/v1"),
          .string("http://c/v1"),
        ])
    #expect(values("prompt").allSatisfy { $0 != nil })
    // Another server is told no secret of the first.
    #expect(values("key") == [.string("k"), .string("k"), .string("l"), nil])
    #expect(values("headers").map { $0 != nil } == [true, true, false, false])
    // Each asks once for a key, whoever is asked: the input and who pays for it.
    #expect(plan.lookups.allSatisfy { $0.keys == ["text", ModelSpec.payerColumn] })
    #expect(plan.lookups.allSatisfy { $0.lookup?.isStable == true })
    let keys = plan.operators.compactMap { step -> [String]? in
      if case .ask(0, let keys, _, _) = step.kind { keys } else { nil }
    }
    #expect(keys.map(\.count) == [3] && keys[0].prefix(2) == ["text", "tenant"])
  }

  @Test func `explain says who is asked`() throws {
    let model = try #require(try compiled().physical?.lookups[0].model)
    let text = InferSpec(model: model, arguments: [], sticky: nil, columns: []).lines
      .joined(separator: "\n")
    #expect(text.contains("version now 90%\n"), "\(text)")
    #expect(text.contains("version new 10%: model: \"large\""), "\(text)")
    #expect(text.contains("version open in the shadow: url: \"http://c/v1\""), "\(text)")
  }

  @Test func `where a test gives the answers there are no versions`() throws {
    let model = try #require(try compiled().physical?.lookups[0].model)
    let column = Expression.column(Field("id", .int))
    let spec = InferSpec(
      model: model, arguments: [column], sticky: column, payer: column, columns: []
    ).given
    #expect(spec.ownInputs == [column] && spec.model.versions.isEmpty)
  }
}
