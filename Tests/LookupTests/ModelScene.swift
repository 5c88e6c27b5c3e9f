import Columns
import Connectors
import HTTPConnector
import Plans
import Schemas
import TestKit

/// Clients of models that a server of the tests runs.
enum ModelScene {
  static let inputs = [Field("a", .float), Field("n", .int)]
  static let text = [Field("text", .string)]
  static let tones = ["positive", "neutral", "negative"]
  static let tone = [
    ModelSpec.Output(Field("tone", .string), allowed: tones),
    ModelSpec.Output(Field("score", .float)),
  ]
  static let total = [ModelSpec.Output(Field("total", .float))]

  static func served(
    _ server: ModelService, _ options: [String: ResolvedValue], path: String = "",
    inputs: [Field] = inputs, outputs: [ModelSpec.Output] = total, timeout: Int64 = 3_000_000,
    versions: [String] = []
  ) throws -> any LookupClient {
    let spec = spec("http", inputs, outputs, RemoteModel(), versions)
    let usual: [String: ResolvedValue] = ["url": .text(server.url + path)]
    let client = try ServedModels().makeLookup(
      table(spec, timeout), options: ResolvedOptions(usual.merging(options) { $1 }),
      environment: LookupScene.environment)
    return client
  }

  static func chat(
    _ server: ModelService, _ model: String, _ options: [String: ResolvedValue] = [:],
    outputs: [ModelSpec.Output] = tone, budget: TokenBudget? = nil, timeout: Int64 = 3_000_000,
    models: LanguageModels = LanguageModels(), versions: [String] = []
  ) throws -> any LookupClient {
    let remote = RemoteModel(budget: budget, isPrompted: true)
    let spec = spec("openai", text, outputs, remote, versions)
    let usual: [String: ResolvedValue] = [
      "url": .text(server.url + "/v1/"), "model": .text(model),
      "prompt": .template([.text("Which tone has this: "), .key("text")]),
    ]
    return try models.makeLookup(
      table(spec, timeout), options: ResolvedOptions(usual.merging(options) { $1 }),
      environment: LookupScene.environment)
  }

  static func embedding(
    _ server: ModelService, _ model: String, budget: TokenBudget? = nil,
    environment: ConnectorEnvironment = LookupScene.environment
  ) throws -> any LookupClient {
    let output = ModelSpec.Output(Field("vector", .list(FieldType(.float))))
    let spec = spec("openai", text, [output], RemoteModel(budget: budget))
    return try LanguageModels().makeLookup(
      table(spec, 3_000_000),
      options: ResolvedOptions(["url": .text(server.url + "/v1"), "model": .text(model)]),
      environment: environment)
  }

  private static func spec(
    _ kind: String, _ inputs: [Field], _ outputs: [ModelSpec.Output], _ remote: RemoteModel,
    _ versions: [String] = []
  ) -> ModelSpec {
    var spec = ModelSpec(
      name: "m", kind: kind, inputs: inputs.map { ModelSpec.Input($0) }, outputs: outputs,
      versions: versions.map { ModelSpec.Version(name: $0, options: []) })
    spec.remote = remote
    return spec
  }

  /// Of the first of its versions.
  private static func table(_ spec: ModelSpec, _ timeout: Int64) -> TableSpec {
    var remote = spec.remote ?? RemoteModel()
    remote.policy.timeout = timeout
    return spec.tables(remote, hasPayer: remote.budget?.column != nil)[0]
  }

  static func rows(_ rows: [(a: Double, n: Int64)]) -> Batch {
    Batch(Schema(inputs), rows.map { [.float($0.a), .int($0.n)] })
  }

  static func texts(_ texts: [String]) -> Batch {
    Batch(Schema(text), texts.map { [.text($0)] })
  }

  /// Why a row has no answer.
  static func reason(_ client: any LookupClient, _ keys: Batch) throws -> String {
    try LookupScene.answer(client, keys).unreadable[0] ?? ""
  }

  static func failure(_ client: any LookupClient, _ keys: Batch) -> LookupFailure? {
    do {
      _ = try LookupScene.answer(client, keys)
      return nil
    } catch {
      return error as? LookupFailure
    }
  }
}
