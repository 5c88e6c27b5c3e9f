package import Columns
package import Connectors
package import Plans
package import Schemas

/// Connects a plan's sources and sinks through the connectors that are registered.
package struct RegistryConnections: PlanConnections {
  private let registry: ConnectorRegistry
  private let resolver: OptionResolver
  /// The folder of the definition file.
  private let directory: String

  /// Relative paths in the definition are taken from `directory`.
  package init(_ registry: ConnectorRegistry, resolver: OptionResolver, directory: String) {
    self.registry = registry
    self.resolver = resolver
    self.directory = directory
  }

  package func source(
    _ spec: SourceSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    let factory = try registry.factory(named: spec.connector.connector)
    let options = try resolve(spec.connector, spec.place)
    return try factory.makeSource(spec, options: options, environment: placed(environment))
  }

  package func sink(
    _ spec: SinkSpec, schema: Schema, transaction: (any TransactionalOutput)?,
    _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    let factory = try registry.factory(named: spec.connector.connector)
    let options = try resolve(spec.connector, "sink `\(spec.name)`")
    let isTransactional = factory.transactionScope(spec, options: options) != nil
    return try factory.makeSink(
      spec, schema: schema, options: options, transaction: isTransactional ? transaction : nil,
      environment: placed(environment))
  }

  package func lookup(
    _ spec: TableSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient {
    let factory = try registry.factory(named: spec.connector.connector)
    let options = try resolve(spec.connector, spec.place)
    return try factory.makeLookup(spec, options: options, environment: placed(environment))
  }

  package func task(
    _ spec: TaskSpec, input: Schema, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    let factory = try registry.factory(named: spec.kind)
    let options = try resolver.resolve(spec.options, place: "task `\(spec.name)`")
    return try factory.makeTask(
      spec, input: input, options: options, environment: placed(environment))
  }

  package func models(
    _ spec: ModelSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> [any InferenceModel] {
    try registry.models.open(spec, resolver: resolver, directory: directory)
  }

  package func baseline(
    _ spec: ModelSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> ModelBaseline? {
    try registry.models.baseline(of: spec, resolver: resolver, directory: directory)
  }

  package func cluster(
    of plan: PhysicalPlan, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> (any TransactionalCluster)? {
    var first: (spec: SinkSpec, scope: String, options: ResolvedOptions)?
    for (_, spec, _) in plan.sinks where spec.delivery == .exactlyOnce {
      let factory = try registry.factory(named: spec.connector.connector)
      let options = try resolve(spec.connector, "sink `\(spec.name)`")
      guard let scope = factory.transactionScope(spec, options: options) else { continue }
      if let first, first.scope != scope {
        throw ConnectorError(
          .configuration,
          "sinks `\(first.spec.name)` and `\(spec.name)` are both exactly once on different"
            + " clusters, and a transaction cannot span two; give one `delivery: at_least_once`"
            + " or a pipeline of its own")
      }
      if first == nil { first = (spec, scope, options) }
    }
    guard let first else { return nil }
    let factory = try registry.factory(named: first.spec.connector.connector)
    return try factory.makeCluster(
      first.spec, options: first.options, environment: placed(environment))
  }

  private func resolve(
    _ connector: ConnectorSpec, _ place: String
  ) throws(ConnectorError) -> ResolvedOptions {
    try resolver.resolve(connector.options, place: place)
  }

  private func placed(_ environment: ConnectorEnvironment) -> ConnectorEnvironment {
    var environment = environment
    environment.directory = directory
    return environment
  }
}
