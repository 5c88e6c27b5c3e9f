package import Connectors
package import Plans

/// Models of servers that speak the KServe v2 protocol: `model … using http`.
package struct ServedModels: ConnectorFactory {
  package let name = ModelSpec.connector(ofKind: "http")

  package init() {}

  package func makeLookup(
    _ spec: TableSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient {
    guard let model = spec.model else { throw RemoteModels.noModel(spec) }
    return try ServedModel(model, ModelServer(spec, options, environment), options)
  }
}

/// Models of servers that speak OpenAI's API: `model … using openai`.
package struct LanguageModels: ConnectorFactory {
  package let name = ModelSpec.connector(ofKind: "openai")
  private let ledger = BudgetLedger()

  package init() {}

  package func makeLookup(
    _ spec: TableSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient {
    guard let model = spec.model else { throw RemoteModels.noModel(spec) }
    let server = try ModelServer(spec, options, environment, price: TokenPrice(options))
    let purse = TokenPurse(model, ledger.budgets(of: model, version: spec.version, server.clock))
    if model.remote?.isPrompted ?? false { return try ChatModel(model, server, purse, options) }
    return try EmbeddingModel(model, server, purse, options)
  }
}

private enum RemoteModels {
  static func noModel(_ spec: TableSpec) -> ConnectorError {
    ConnectorError(.configuration, "\(spec.place) is no model")
  }
}
