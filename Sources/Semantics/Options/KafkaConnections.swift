import Diagnostics
import Plans
import Schemas
import Syntax

/// Which brokers a Kafka block talks to that names none itself: those of `settings`, else the only
/// ones named in the file; a dead letter those of its source.
struct KafkaConnections {
  private static let names = ConnectorCatalogue.kafkaConnection.map(\.name)

  private let settings: [Option]
  /// The connections that blocks of the file name, distinct.
  private let named: [[Option]]

  init(_ definitions: Definitions, _ declarations: [DeclarationSyntax]) {
    let checker = OptionChecker(definitions: definitions)
    var settings: [Option] = []
    var named: [[Option]] = []
    for declaration in declarations {
      let connector: ConnectorSyntax
      switch declaration {
      case .settings(let block):
        guard case .object(let kafka)? = block.options["kafka"]?.value.kind else { continue }
        settings = checker.check(
          kafka, ConnectorCatalogue.kafkaConnection, block: "`kafka`", at: kafka.span)
        continue
      case .source(let source): connector = source.connector
      case .sink(let sink): connector = sink.connector
      case .table(let table):
        guard case .connector(let syntax) = table.origin else { continue }
        connector = syntax
      case .task(let task): connector = task.connector
      default: continue
      }
      guard connector.name.text == "kafka", connector.options["brokers"] != nil else { continue }
      var block = connector.options
      block.options = block.options.filter { Self.names.contains($0.name.text) }
      let connection = checker.check(
        block, ConnectorCatalogue.kafkaConnection, block: "kafka", at: connector.name.span)
      if !named.contains(connection) { named.append(connection) }
    }
    self.settings = settings
    self.named = named
  }

  /// The block with the connection's options it lacks; nil if nothing says which brokers.
  func complete(_ options: [Option], inheriting source: [Option]? = nil) -> [Option]? {
    if options.contains(where: { $0.name == "brokers" }) {
      return options
    }
    let origin: [Option]
    if settings.contains(where: { $0.name == "brokers" }) {
      origin = settings
    } else if let source, source.contains(where: { $0.name == "brokers" }) {
      origin = source
    } else if named.count == 1 {
      origin = named[0]
    } else {
      return nil
    }
    let inherited = origin.filter { option in
      Self.names.contains(option.name) && !options.contains { $0.name == option.name }
    }
    return inherited + options
  }
}
