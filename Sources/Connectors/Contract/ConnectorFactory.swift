package import Plans
package import Platform
package import Schemas

/// Makes the sources, sinks, look-up and task clients of one connector (`kafka`, `file`), and says
/// of what it has not that it has none. Registered by the executable, so that the engine knows no
/// connector by name.
package protocol ConnectorFactory: Sendable {
  /// As the definition names it.
  var name: String { get }

  func makeSource(
    _ spec: SourceSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source

  /// `transaction` is there for an exactly-once sink of a connector with `transactionScope`.
  func makeSink(
    _ spec: SinkSpec, schema: Schema, options: ResolvedOptions,
    transaction: (any TransactionalOutput)?, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink

  /// A client of a table that is asked (`TableSpec.lookup`).
  func makeLookup(
    _ spec: TableSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient

  /// Who makes the calls of a task. `input`: the columns of its stage's input.
  func makeTask(
    _ spec: TaskSpec, input: Schema, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient

  /// Which cluster an exactly-once sink's transactions belong to (its brokers); sinks with the same
  /// scope share them. nil: the sink commits by `Sink.commit`.
  func transactionScope(_ spec: SinkSpec, options: ResolvedOptions) -> String?

  /// The cluster of such a scope.
  func makeCluster(
    _ spec: SinkSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TransactionalCluster
}

extension ConnectorFactory {
  package func makeSource(
    _ spec: SourceSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    throw ConnectorError(.configuration, "\(spec.place): `\(name)` has no sources")
  }

  package func makeSink(
    _ spec: SinkSpec, schema: Schema, options: ResolvedOptions,
    transaction: (any TransactionalOutput)?, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    throw ConnectorError(.configuration, "sink `\(spec.name)`: `\(name)` has no sinks")
  }

  package func makeLookup(
    _ spec: TableSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient {
    throw ConnectorError(
      .configuration, "table `\(spec.name)`: connector `\(name)` has no tables that are asked")
  }

  package func makeTask(
    _ spec: TaskSpec, input: Schema, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    throw ConnectorError(
      .configuration, "task `\(spec.name)`: connector `\(name)` executes no tasks")
  }

  package func transactionScope(_ spec: SinkSpec, options: ResolvedOptions) -> String? { nil }

  package func makeCluster(
    _ spec: SinkSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TransactionalCluster {
    throw ConnectorError(.configuration, "connector `\(name)` has no transactions")
  }
}

/// What connectors are given of the run they are part of.
package struct ConnectorEnvironment: Sendable {
  /// The pipeline's id: names consumer groups and transactional producers.
  package var pipeline: String
  package var clock: any Clock
  package var lanes: any BackgroundLanes
  package var workers: Int
  /// Microseconds between checkpoints.
  package var checkpointInterval: Int64
  /// Tells the operator of the pipeline what the outside world does (a broker is away, is back).
  /// Any thread may call it, a client library's too: it must not wait.
  package var notify: @Sendable (String) -> Void
  /// Tells who of the connectors waits (a source with its place) and what for, and nil once that is
  /// there. As `notify` from any thread.
  package var waits: @Sendable (_ place: String, _ what: String?) -> Void
  /// What relative paths of the definition are relative to.
  package var directory: String
  /// Cuts short what a start waits for when the user wants to stop.
  package var stop: StopToken

  package init(
    pipeline: String, clock: any Clock, lanes: any BackgroundLanes, workers: Int,
    checkpointInterval: Int64, notify: @escaping @Sendable (String) -> Void = { _ in },
    waits: @escaping @Sendable (_ place: String, _ what: String?) -> Void = { _, _ in },
    directory: String = ".", stop: StopToken = StopToken()
  ) {
    self.pipeline = pipeline
    self.clock = clock
    self.lanes = lanes
    self.workers = workers
    self.checkpointInterval = checkpointInterval
    self.notify = notify
    self.waits = waits
    self.directory = directory
    self.stop = stop
  }

  /// A path of the definition as the process sees it.
  package func path(_ path: String) -> String { Self.path(path, in: directory) }

  /// The same where the definition lies in `directory`.
  package static func path(_ path: String, in directory: String) -> String {
    path.hasPrefix("/") || directory == "." ? path : "\(directory)/\(path)"
  }
}

/// An option's value with environment variables and secrets read. Never printed or stored.
package indirect enum ResolvedValue: Sendable, Hashable {
  case bool(Bool)
  case int(Int64)
  case float(Double)
  /// Text and bare words alike.
  case text(String)
  /// Microseconds.
  case duration(Int64)
  case list([ResolvedValue])
  case object([String: ResolvedValue])
  /// In a template: JSON's null, a key column, and all keys of a call.
  case null
  case key(String)
  case keys
  /// A text with keys in it.
  case template([ResolvedValue])
}

package struct ResolvedOptions: Sendable, Hashable {
  package var values: [String: ResolvedValue]
  /// What `secret("…")` stood for in them.
  package var secrets: [String] = []
  /// What `env("…")` stood for where the variable is set.
  package var variables: [String] = []

  package init(_ values: [String: ResolvedValue] = [:]) { self.values = values }

  package subscript(name: String) -> ResolvedValue? { values[name] }
}
