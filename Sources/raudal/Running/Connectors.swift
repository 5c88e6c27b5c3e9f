import Connectors
import KafkaConnector

/// The connectors that this program brings.
enum Connectors {
  static var registry: ConnectorRegistry {
    ConnectorRegistry([
      KafkaConnectorFactory(), FileConnectorFactory(), PrintConnectorFactory(),
    ])
  }
}
