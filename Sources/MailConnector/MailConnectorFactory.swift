package import Connectors
package import Plans
package import Schemas

/// The connector `smtp`: tasks that are mails.
package struct MailConnectorFactory: ConnectorFactory {
  package let name = "smtp"

  /// Connections of a task at most, each with a thread that waits for it.
  private static let mostConnections = 64

  package init() {}

  package func makeTask(
    _ spec: TaskSpec, input: Schema, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    let place = "task `\(spec.name)`"
    // As many as calls may be under way: none should wait for another's connection.
    let calls = spec.concurrency.filter { $0.per == nil }.map(\.calls).min()
    let usual = min(calls ?? TaskCatalogue.smtp.concurrency, Self.mostConnections)
    let connections = Int(
      try options.int("connections", else: Int64(usual), atLeast: 1, in: place))
    return try MailTask(
      spec, MailServer(options, environment, timeout: spec.timeout, in: place),
      MailTemplate(
        spec, options, names: input.fields.map(\.name), pipeline: environment.pipeline, in: place),
      connections: connections, environment, in: place)
  }
}
