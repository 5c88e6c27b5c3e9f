import CommandConnector
import Connectors
import HTTPConnector
import KafkaConnector
import MailConnector
import OnnxRuntime
import PostgresConnector
import RedisConnector

/// The connectors that this program brings.
enum BuiltInConnectors {
  /// Printed rows and the log's last line may share a terminal.
  static func registry(_ log: RunLog) -> ConnectorRegistry {
    ConnectorRegistry(
      [
        FileConnector(), KafkaConnectorFactory(), PostgresConnector(), RedisConnector(),
        HTTPConnectorFactory(), CommandConnectorFactory(), MailConnectorFactory(), ServedModels(),
        LanguageModels(),
        UnboundTasks(), PrintConnector { log.makeWay($0) },
      ], models: models)
  }

  static let models = ModelRegistry([OnnxModels()])
}
