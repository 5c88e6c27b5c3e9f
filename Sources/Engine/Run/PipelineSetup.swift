package import Checkpoints
package import Columns
package import Connectors
package import Dataflow
import Operators
package import Plans
package import Platform
package import Schemas

/// What the user decides about a run.
package struct RunOptions: Sendable {
  package var workers: Int
  /// Where to go on from.
  package var request: RecoveryChoice.Request
  /// Operators whose state may be lost.
  package var allowDrop: Set<OperatorID>
  /// Read up to the ends that the sources have at the first start, emit everything, and end.
  package var stopsAtEnd: Bool
  /// The job's knobs; nil: by `workers`.
  package var configuration: JobConfiguration?

  package init(
    workers: Int, request: RecoveryChoice.Request = .resume, allowDrop: Set<OperatorID> = [],
    stopsAtEnd: Bool = false, configuration: JobConfiguration? = nil
  ) {
    self.workers = workers
    self.request = request
    self.allowDrop = allowDrop
    self.stopsAtEnd = stopsAtEnd
    self.configuration = configuration
  }
}

/// All that a run is made of.
package struct PipelineSetup: Sendable {
  package var plan: PhysicalPlan
  package var options: RunOptions
  package var executor: any Executor
  /// The pipeline's state directory (`.raudal/<pipeline>`).
  package var files: any FileStore
  package var connections: any PlanConnections
  /// A fresh maker for each attempt.
  package var makeOperators: @Sendable (ConnectorEnvironment) throws -> any OperatorMaker
  /// Of sources whose readers give records.
  package var decoders: @Sendable (SourceSpec) throws -> JobSetup.Decoder
  package var makeJob: @Sendable (JobSetup) throws -> any Job
  /// What the operator of the pipeline should read, a line at a time. Any thread; must not wait.
  package var notify: @Sendable (String) -> Void

  package init(
    plan: PhysicalPlan, options: RunOptions, executor: any Executor, files: any FileStore,
    connections: any PlanConnections,
    makeOperators: @escaping @Sendable (ConnectorEnvironment) throws -> any OperatorMaker,
    decoders: @escaping @Sendable (SourceSpec) throws -> JobSetup.Decoder,
    makeJob: @escaping @Sendable (JobSetup) throws -> any Job,
    notify: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.plan = plan
    self.options = options
    self.executor = executor
    self.files = files
    self.connections = connections
    self.makeOperators = makeOperators
    self.decoders = decoders
    self.makeJob = makeJob
    self.notify = notify
  }
}

/// Connects a plan's sources and sinks to the world. Calls may block and come from a lane.
package protocol PlanConnections: Sendable {
  func source(
    _ spec: SourceSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source
  /// A table that is asked.
  func lookup(
    _ spec: TableSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient
  /// Who makes the calls of a task. `input`: the columns of its stage's input.
  func task(
    _ spec: TaskSpec, input: Schema, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient
  /// The versions of a model, opened.
  func models(
    _ spec: ModelSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> [any InferenceModel]
  /// What the outputs of a model elsewhere are held against; nil: nothing.
  func baseline(
    _ spec: ModelSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> ModelBaseline?
  /// The cluster whose transactions carry the plan's exactly-once output; nil: there is none.
  func cluster(
    of plan: PhysicalPlan, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> (any TransactionalCluster)?
  func sink(
    _ spec: SinkSpec, schema: Schema, transaction: (any TransactionalOutput)?,
    _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink
}

extension PlanConnections {
  package func lookup(
    _ spec: TableSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient {
    throw ConnectorError(.configuration, "table `\(spec.name)`: nothing is asked here")
  }

  package func task(
    _ spec: TaskSpec, input: Schema, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    throw ConnectorError(.configuration, "task `\(spec.name)`: nothing is executed here")
  }

  package func models(
    _ spec: ModelSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> [any InferenceModel] {
    throw ConnectorError(.configuration, "model `\(spec.name)`: no models are run here")
  }

  package func baseline(
    _ spec: ModelSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> ModelBaseline? { nil }
}

/// How a run ended.
package enum RunOutcome: Sendable {
  /// Everything was read and emitted, and the last checkpoint counts.
  case finished(Epoch)
  /// The checkpoint it should go on from is the last of a finished run: nothing was done.
  case wasFinished(Epoch)
  /// The user stopped it, or nothing is left but tasks that a table holds back; it goes on from
  /// this checkpoint, or as it would have begun.
  case stopped(Epoch?)
  case failed(RunFailure)

  /// Of the process.
  package var exitStatus: Int32 {
    if case .failed = self { 1 } else { 0 }
  }
}

/// Why a run, or an attempt of it, ended.
package struct RunFailure: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// May pass: another attempt is made.
    case retriable
    /// Nobody has answered at a start: the run's first one ends, later ones are repeated.
    case unreachable
    /// Another instance runs this pipeline.
    case fenced
    case final
  }

  package var kind: Kind
  /// What happened, where, and what to do.
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

extension RunFailure {
  /// What an error means for the run.
  package init(_ error: any Error) {
    switch error {
    case let failure as RunFailure: self = failure
    case let error as ConnectorError: self.init(error)
    case let error as CheckpointError: self.init(error)
    case let error as JobFailure: self.init(error)
    case let error as FileError: self.init(CheckpointError(error))
    default: self.init(.final, "\(error)")
    }
  }

  private init(_ error: ConnectorError) {
    switch error.kind {
    case .retriable: self.init(.retriable, error.message)
    case .unreachable: self.init(.unreachable, error.message)
    case .fenced:
      self.init(.fenced, "another instance of this pipeline has taken over: \(error.message)")
    case .configuration, .gap, .record, .fatal: self.init(.final, error.message)
    }
  }

  private init(_ error: CheckpointError) {
    switch error.kind {
    case .superseded: self.init(.fenced, "\(error)")
    case .damaged:
      self.init(
        .final,
        "\(error). Bring the file back from a copy, or go on from another checkpoint with --from "
          + "ID (raudal checkpoint list shows them), or start over with --fresh")
    case .file(let kind):
      self.init(kind.isRetriable ? .retriable : .final, "\(error)")
    default: self.init(.final, "\(error)")
    }
  }

  private init(_ failure: JobFailure) {
    switch failure {
    case .connector(let error): self.init(error)
    case .restore(let reason):
      let isDamage = reason.hasPrefix("checkpoint file")
      let advice =
        ". `raudal checkpoint show DIR ID` says whether an older checkpoint is whole, and"
        + " `--from ID` goes on from it"
      self.init(.final, reason + (isDamage ? advice : ""))
    case .operatorFailed(let error):
      self.init(error.isRetriable ? .retriable : .final, "\(error)")
    }
  }

  /// An unclear end of a commit: whatever it was, the next attempt finds out what happened.
  static func unclearCommit(_ error: any Error) -> RunFailure {
    let failure = RunFailure(error)
    guard failure.kind == .final else { return failure }
    return RunFailure(.retriable, failure.message)
  }
}
