public import Schemas

/// What a pipeline computes: a graph of relational steps, without threads, Kafka or files.
public struct LogicalPlan: Hashable, Sendable, Codable {
  public typealias NodeID = Int

  public var pipeline: String
  public var documentation: String
  /// In topological order: a node's inputs stand before it. A node's id is its index.
  public var nodes: [LogicalNode]
  public var checkpoints: CheckpointPolicy
  /// The route of the whole pipeline (`settings { on_error }`).
  public var errorRoute: ErrorRoute

  public init(
    pipeline: String, documentation: String = "", nodes: [LogicalNode] = [],
    checkpoints: CheckpointPolicy = CheckpointPolicy(), errorRoute: ErrorRoute = .fail
  ) {
    self.pipeline = pipeline
    self.documentation = documentation
    self.nodes = nodes
    self.checkpoints = checkpoints
    self.errorRoute = errorRoute
  }
}

/// One step of a logical plan.
public struct LogicalNode: Hashable, Sendable, Codable {
  /// Stable over compatible changes of the definition: `views.window`.
  public var id: OperatorID
  public var kind: LogicalKind
  public var inputs: [LogicalInput]
  /// Of the main output.
  public var schema: Schema
  public var mode: StreamMode
  /// Whether rows carry an event time.
  public var hasEventTime: Bool
  /// Overrides the pipeline's route.
  public var errorRoute: ErrorRoute?
  /// The line of the definition it comes from, counted from 1.
  public var line: Int
  /// What the definition says of its declaration (`///`); of a stream's steps the first has it.
  public var documentation: String

  public init(
    id: OperatorID, kind: LogicalKind, inputs: [LogicalInput], schema: Schema,
    mode: StreamMode = .append, hasEventTime: Bool, errorRoute: ErrorRoute? = nil, line: Int = 0,
    documentation: String = ""
  ) {
    self.id = id
    self.kind = kind
    self.inputs = inputs
    self.schema = schema
    self.mode = mode
    self.hasEventTime = hasEventTime
    self.errorRoute = errorRoute
    self.line = line
    self.documentation = documentation
  }
}

/// An output of an earlier node.
public struct LogicalInput: Hashable, Sendable, Codable {
  public var node: LogicalPlan.NodeID
  public var output: NodeOutput

  public init(node: LogicalPlan.NodeID, output: NodeOutput = .main) {
    self.node = node
    self.output = output
  }
}

/// The outputs of a step: its rows, and what it set aside (`S.late`).
public enum NodeOutput: String, Hashable, Sendable, Codable, CaseIterable {
  case main, late, unmatched, capped, expired, errors, failed
}

/// Whether a stream only appends rows, or also updates earlier ones by a key.
public enum StreamMode: Hashable, Sendable, Codable {
  case append
  /// No two rows that hold at a time are equal in these columns; nil: it is not known which are
  /// such a key.
  case updates(key: [String]?)

  public var isUpdating: Bool { self != .append }
}

extension StreamMode: CustomStringConvertible {
  /// `appends`, `updates by a, b`, `updates one row`, `updates, without a key`.
  public var description: String {
    switch self {
    case .append: "appends"
    case .updates(nil): "updates, without a key"
    case .updates(let key?):
      key.isEmpty ? "updates one row" : "updates by \(key.joined(separator: ", "))"
    }
  }
}

extension LogicalNode {
  /// Whether the rows are those of a stream: tables and sinks have none to go on with.
  public var isStream: Bool {
    switch kind {
    case .table, .sink: false
    default: true
    }
  }
}

public enum LogicalKind: Hashable, Sendable, Codable {
  case source(SourceSpec)
  /// A table is read whole before the streams start. Not an input of `enrich` but named by it.
  case table(TableSpec)
  case filter(Expression)
  /// `map`, `with`, `drop` and `rename`: all output columns, in order.
  case project([NamedExpression])
  case enrich(EnrichSpec)
  case asOf(AsOfSpec)
  case union
  case flatten(FlattenSpec)
  case window(WindowSpec)
  case running(RunningSpec)
  case sample(SampleSpec)
  /// At most so many rows in the life of the pipeline.
  case limit(Int64)
  /// Rows of equal values come together, on one worker.
  case keyBy([Expression])
  case dedupe(DedupeSpec)
  case top(TopSpec)
  case fold(FoldSpec)
  case funnel(FunnelSpec)
  case match(MatchSpec)
  case over(OverSpec)
  case throttle(ThrottleSpec)
  case join(JoinSpec)
  case attribute(AttributeSpec)
  case frequencyCap(FrequencyCapSpec)
  case infer(InferSpec)
  case execute(ExecuteSpec)
  case sink(SinkSpec)
}

/// How records become rows.
public struct DecodingSpec: Hashable, Sendable, Codable {
  public enum Format: String, Hashable, Sendable, Codable {
    case json, csv, text, raw
    /// JSON of a change; the columns are those of the rows in it.
    case debezium
  }

  public var format: Format
  /// The declared columns; projection push-down shortens the list.
  public var columns: [DecodedColumn]
  /// Relaxes type checks: `"5"` and `5.0` are ints.
  public var coerce: Bool
  /// Further options of the format (CSV's `separator`, `header`).
  public var options: [Option]
  /// nil: a record without a value fails. Of changes: they have the row before.
  public var deletions: DeletionSpec?

  public init(
    format: Format, columns: [DecodedColumn], coerce: Bool = false, options: [Option] = []
  ) {
    self.format = format
    self.columns = columns
    self.coerce = coerce
    self.options = options
  }
}

/// How text or numbers in a record are read as a timestamp.
public enum TimeFormat: Hashable, Sendable, Codable {
  /// RFC 3339, or a number of milliseconds since 1970.
  case standard
  case epochSeconds, epochMilliseconds, epochMicroseconds
  /// A Java date pattern, and the IANA zone of text that names none.
  case pattern(String, zone: String)
}

/// Which time a source's rows have and how far they may be out of order.
public struct EventTimeSpec: Hashable, Sendable, Codable {
  public enum Origin: Hashable, Sendable, Codable {
    case column(String)
    /// The connector's own timestamp (`meta.timestamp`).
    case recordTimestamp
    case arrival
  }

  public var origin: Origin
  /// Microseconds.
  public var lateness: Int64
  /// Microseconds of silence after which a partition at its end no longer holds the watermark.
  public var idle: Int64?
  /// Microseconds that a partition may run ahead of the slowest; nil: the planner decides.
  public var maxDrift: Int64?

  public init(origin: Origin, lateness: Int64 = 0, idle: Int64? = nil, maxDrift: Int64? = nil) {
    self.origin = origin
    self.lateness = lateness
    self.idle = idle
    self.maxDrift = maxDrift
  }
}

/// A table declaration: rows found by key.
public struct TableSpec: Hashable, Sendable, Codable {
  public var name: String
  public var keys: [String]
  public var connector: ConnectorSpec
  public var decoding: DecodingSpec
  /// How it is asked where it stays elsewhere; nil: it is read whole before the streams start.
  public var lookup: LookupPolicy?
  /// Microseconds after which it is read whole anew; nil: it stays as it was at the start.
  public var refresh: Int64?
  /// The model that it stands for, where it is one.
  public var model: ModelSpec?

  /// Which of the model's versions it is; nil where it has none.
  public var version: Int?

  /// What messages call it.
  public var place: String {
    "\(model == nil ? "table" : "model") `\(name)`"
      + (versionName.map { ", version `\($0)`" } ?? "")
  }

  public init(
    name: String, keys: [String], connector: ConnectorSpec, decoding: DecodingSpec,
    lookup: LookupPolicy? = nil
  ) {
    self.name = name
    self.keys = keys
    self.connector = connector
    self.decoding = decoding
    self.lookup = lookup
  }
}

/// Aggregates over windows of event time.
public struct WindowSpec: Hashable, Sendable, Codable {
  public enum Kind: Hashable, Sendable, Codable {
    /// Microseconds.
    case tumbling(size: Int64)
    case hopping(size: Int64, slide: Int64)
    /// Windows that begin together and end a step after each other; `size` is a multiple of it.
    case cumulative(size: Int64, step: Int64)
    /// Rows of a key none of which is `gap` or more behind the one before it; `limit`: so long at
    /// most.
    case session(gap: Int64, limit: Int64?)
    /// So many rows of a key, one after the other in event time.
    case count(Int64)

    /// Whether windows lie at the same times for all keys.
    public var isGrid: Bool {
      switch self {
      case .tumbling, .hopping, .cumulative: true
      case .session, .count: false
      }
    }

    /// Whether it is a session that ends with its gap alone, and so has the same rows in whatever
    /// order they come.
    public var isUnboundedSession: Bool {
      if case .session(_, nil) = self { true } else { false }
    }

    /// How long a window is, in microseconds; nil: that depends on the rows.
    public var length: Int64? {
      switch self {
      case .tumbling(let size), .hopping(let size, _), .cumulative(let size, _): size
      case .session(_, let limit): limit
      case .count: nil
      }
    }
  }

  public var kind: Kind
  /// Microseconds by which windows are shifted from 1970 UTC.
  public var offset: Int64
  /// The IANA name of the zone whose clock the windows follow; nil: UTC.
  public var zone: String?
  /// Microseconds of event time between results of open windows; nil: none before they close.
  public var emitEvery: Int64?
  /// Microseconds for which closed windows take rows; nil: none.
  public var allowLate: Int64?
  public var keys: [NamedExpression]
  public var aggregates: [AggregateCall]
  /// The block's columns: expressions over the aggregates (by `AggregateCall.name`), the keys,
  /// `window_start` and `window_end`.
  public var results: [NamedExpression]

  public init(
    kind: Kind, offset: Int64 = 0, zone: String? = nil, keys: [NamedExpression],
    aggregates: [AggregateCall], results: [NamedExpression]
  ) {
    self.kind = kind
    self.offset = offset
    self.zone = zone
    self.keys = keys
    self.aggregates = aggregates
    self.results = results
  }
}

/// A sink declaration.
public struct SinkSpec: Hashable, Sendable, Codable {
  public enum Delivery: String, Hashable, Sendable, Codable {
    case exactlyOnce = "exactly_once"
    case atLeastOnce = "at_least_once"
  }

  public enum Updates: String, Hashable, Sendable, Codable {
    /// The newest row of each key; a deletion is the key without a value.
    case upsert
    /// The row before, the row after, and what was done.
    case debezium
    /// The rows that are left at the end of the input.
    case final
  }

  public var name: String
  public var connector: ConnectorSpec
  public var encoding: EncodingSpec
  public var delivery: Delivery
  /// How rows that change earlier ones are written; nil: there are none.
  public var updates: Updates?

  public init(
    name: String, connector: ConnectorSpec, encoding: EncodingSpec, delivery: Delivery,
    updates: Updates? = nil
  ) {
    self.updates = updates
    self.name = name
    self.connector = connector
    self.encoding = encoding
    self.delivery = delivery
  }
}

/// How rows become records.
public struct EncodingSpec: Hashable, Sendable, Codable {
  public enum Format: String, Hashable, Sendable, Codable { case json, csv, text }
  public enum Timestamps: String, Hashable, Sendable, Codable {
    case rfc3339, epochMilliseconds, epochMicroseconds, epochSeconds
  }

  public var format: Format
  /// The columns of a record's key, none for a record without.
  public var keys: [String]
  public var timestamps: Timestamps
  public var decimalsAsText: Bool
  public var omitsNulls: Bool
  /// Header name and the column or constant it holds.
  public var headers: [NamedExpression]
  /// The column that holds the headers which a record had when it came, and keeps in front of
  /// these.
  public var ownHeaders: String?
  /// The column or constant (bool) that makes a row a deletion: its key, and no value.
  public var tombstone: Expression?
  /// Whether a deletion is an object of its key that says so (`DeletionSpec.mark`), where records
  /// have no keys of their own.
  public var marksDeletions = false
  public var options: [Option]

  public init(
    format: Format = .json, keys: [String] = [], timestamps: Timestamps = .rfc3339,
    decimalsAsText: Bool = false, omitsNulls: Bool = false, headers: [NamedExpression] = [],
    tombstone: Expression? = nil, options: [Option] = []
  ) {
    self.format = format
    self.keys = keys
    self.timestamps = timestamps
    self.decimalsAsText = decimalsAsText
    self.omitsNulls = omitsNulls
    self.headers = headers
    self.tombstone = tombstone
    self.options = options
  }
}

/// Where a row goes that cannot be decoded, computed or encoded.
public indirect enum ErrorRoute: Hashable, Sendable, Codable {
  /// The pipeline stops with the reason and loses nothing.
  case fail
  /// Counted and left out.
  case skip
  case deadLetter(ConnectorSpec)
}
