package import Connectors
package import Plans
package import Schemas

/// The connector `command`: tasks that are programs of the machine.
package struct CommandConnectorFactory: ConnectorFactory {
  package let name = "command"

  package init() {}

  package func makeTask(
    _ spec: TaskSpec, input: Schema, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    let place = "task `\(spec.name)`"
    return try CommandTask(
      spec, CommandTemplate(options, input: input, environment, in: place), in: place)
  }
}
