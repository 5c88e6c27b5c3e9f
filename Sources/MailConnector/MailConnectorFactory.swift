package import Connectors
package import Plans
package import Schemas

/// The connector `smtp`: tasks that are mails.
package struct MailConnectorFactory: ConnectorFactory {
  package let name = "smtp"

  package init() {}

  package func makeTask(
    _ spec: TaskSpec, input: Schema, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    let place = "task `\(spec.name)`"
    // As many as calls may be under way: none should wait for another's connection.
    let connections = Int(
      try options.int("connections", else: Int64(spec.callsAtOnce), atLeast: 1, in: place))
    let server = try MailServer(options, environment, timeout: spec.timeout, in: place)
    return try MailTask(
      spec, server,
      MailTemplate(
        spec, options, names: input.fields.map(\.name), pipeline: environment.pipeline, in: place),
      connections: connections, environment,
      SecretMask(options.secrets + server.loginTexts, values: options.variables), in: place)
  }
}
