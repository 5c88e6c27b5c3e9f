package import Plans
package import Schemas

/// The connector `swift` where there is no Swift program: it says where such tasks are executed.
package struct UnboundTasks: ConnectorFactory {
  package let name = TaskCatalogue.swift.name

  package init() {}

  package func makeTask(
    _ spec: TaskSpec, input: Schema, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    throw ConnectorError(
      .configuration,
      "task `\(spec.name)` is `using swift`: a program that has the engine inside makes its calls."
        + " Run the pipeline there, or take another kind of task")
  }
}
