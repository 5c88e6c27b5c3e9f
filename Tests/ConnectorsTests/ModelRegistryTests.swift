import Columns
import Connectors
import Plans
import Schemas
import Testing

/// Models as a run opens them.
@Suite struct ModelRegistryTests {
  private struct Model: InferenceModel {
    let version = "hash"

    func run(
      _ columns: [Column], rowCount: Int, batch: Int
    ) throws(InferenceFailure) -> [Column] { throw InferenceFailure("not asked") }
  }

  private struct Factory: ModelFactory {
    let kind = "test"

    func open(
      _ spec: ModelSpec, path: String
    ) throws(ConnectorError) -> any InferenceModel { Model() }

    func finding(_ spec: ModelSpec, path: String) -> ModelCheck.Finding? { nil }
  }

  @Test func `a baseline of other outputs is refused, one of outputs that nobody reads is not`()
    throws
  {
    let folder = Scratch()
    var spec = ModelSpec(
      name: "m", kind: "test", inputs: [ModelSpec.Input(Field("x", .float))],
      outputs: [ModelSpec.Output(Field("p", .float)), ModelSpec.Output(Field("q", .float))],
      versions: [ModelSpec.Version(name: nil, path: .string("m"))])
    // Which file it is only the start knows.
    spec.baseline = .environment(name: "BASELINE", fallback: nil)
    let resolver = OptionResolver(environment: ["BASELINE": "baseline.csv"])
    func open(_ output: String) throws -> ModelBaseline? {
      try folder.write(
        "baseline.csv", "output,up_to,rows\n\(output),0.5,10\n\(output),,30\n")
      return try ModelRegistry([Factory()])
        .open(spec, resolver: resolver, directory: folder.path).first?.baseline
    }
    #expect(try open("q") != nil)
    let error = try #require(throws: ConnectorError.self) { _ = try open("r") }
    #expect(error.kind == .configuration)
    #expect(
      error.message == "model `m`, its baseline: it is of `r`, and the model gives p, q")
    spec =
      InferSpec(
        model: spec, arguments: [], sticky: nil,
        columns: [EnrichedColumn(tableColumn: "p", name: "c.p")]
      ).keeping(["c.p"]).model
    #expect(spec.outputs.map(\.field.name) == ["p"])
    #expect(try open("q") != nil)
    #expect(throws: ConnectorError.self) { _ = try open("r") }
  }
}
