import Diagnostics
import Plans
import Schemas
import Testing

@testable import Compiler

/// The last look at a plan, before anything runs.
struct SoundPlanTests {
  static func step(
    _ id: String, segment: Int, _ inputs: PhysicalEdge...
  ) -> PhysicalOperator {
    PhysicalOperator(
      id: OperatorID(id), kind: .union, inputs: inputs, schema: Schema([Field("n", .int)]),
      segment: segment)
  }

  @Test func `a plan whose segments feed each other is told at check`() {
    let file = SourceFile(path: "p.raudal", bytes: [])
    let spec = SourceSpec(
      name: "a", connector: ConnectorSpec(connector: "memory", options: []),
      decoding: DecodingSpec(format: .json, columns: []), eventTime: nil)
    func plan(_ exchange: Exchange?) -> PhysicalPlan {
      var sources = [Self.step("a", segment: 0), Self.step("b", segment: 1)]
      for index in sources.indices { sources[index].kind = .source(spec) }
      let left = Self.step(
        "left", segment: 0, PhysicalEdge(from: 0), PhysicalEdge(from: 1, exchange: .broadcast))
      let right = Self.step(
        "right", segment: 1, PhysicalEdge(from: 1),
        PhysicalEdge(from: exchange == nil ? 1 : 0, exchange: exchange))
      return PhysicalPlan(
        pipeline: "p", operators: sources + [left, right], tables: [],
        checkpoints: CheckpointPolicy())
    }
    #expect(DefinitionCompiler.problem(of: plan(nil), in: file) == nil)
    let problem = DefinitionCompiler.problem(of: plan(.broadcast), in: file)
    #expect(problem?.code == "E0601")
    #expect(problem?.notes == ["exchanges lead in a circle through segments [0, 1]"])
  }
}
