import Connectors
import KafkaConnector

/// The connectors that this program brings.
enum BuiltInConnectors {
  static var registry: ConnectorRegistry {
    ConnectorRegistry([
      FileConnector(), KafkaConnectorFactory(), PrintConnector(),
    ])
  }
}
