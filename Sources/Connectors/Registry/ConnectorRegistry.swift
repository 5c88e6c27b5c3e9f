/// The connectors that the executable brings, by the name that definitions use.
package struct ConnectorRegistry: Sendable {
  private var factories: [String: any ConnectorFactory] = [:]

  /// What can run models beside them.
  package let models: ModelRegistry

  package init(
    _ factories: [any ConnectorFactory] = [], models: ModelRegistry = ModelRegistry()
  ) {
    self.models = models
    for factory in factories { register(factory) }
  }

  /// A later factory replaces an earlier one of its name.
  package mutating func register(_ factory: any ConnectorFactory) {
    factories[factory.name] = factory
  }

  package var names: [String] { factories.keys.sorted() }

  package func factory(named name: String) throws(ConnectorError) -> any ConnectorFactory {
    if let factory = factories[name] { return factory }
    throw ConnectorError(
      .configuration,
      "there is no connector `\(name)`; there are \(names.joined(separator: ", "))")
  }
}
