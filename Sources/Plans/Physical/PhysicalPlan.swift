public import Schemas

/// How a pipeline runs: operators in segments, cut at exchanges. Each worker runs a copy of all of
/// it; the number of workers is no part of the plan.
public struct PhysicalPlan: Hashable, Sendable, Codable {
  public typealias Index = Int

  public var pipeline: String
  /// In topological order.
  public var operators: [PhysicalOperator]
  /// Those that are read whole before the streams start.
  public var tables: [TableSpec]
  /// Those that are asked.
  public var lookups: [TableSpec]
  /// Of each `infer` its own, with the outputs that are read there.
  public var models: [ModelSpec]
  /// Of each `execute` its own, over the columns of its input.
  public var tasks: [TaskSpec]
  public var checkpoints: CheckpointPolicy

  public init(
    pipeline: String, operators: [PhysicalOperator], tables: [TableSpec],
    lookups: [TableSpec] = [], models: [ModelSpec] = [], tasks: [TaskSpec] = [],
    checkpoints: CheckpointPolicy
  ) {
    self.pipeline = pipeline
    self.operators = operators
    self.tables = tables
    self.lookups = lookups
    self.models = models
    self.tasks = tasks
    self.checkpoints = checkpoints
  }
}

/// One operator of a physical plan.
public struct PhysicalOperator: Hashable, Sendable, Codable {
  public var id: OperatorID
  public var kind: PhysicalKind
  /// One edge for each input port; `union` has as many as it has inputs, `join` two.
  public var inputs: [PhysicalEdge]
  /// Of output 0, and of `capped` and `failed`. Outputs `late` and `unmatched` have the input's
  /// schema; `errors` has `PhysicalOperator.errorSchema`.
  public var schema: Schema
  /// Operators joined by direct edges share a segment and a thread's call stack.
  public var segment: Int
  public var errorRoute: PhysicalErrorRoute

  public init(
    id: OperatorID, kind: PhysicalKind, inputs: [PhysicalEdge], schema: Schema, segment: Int,
    errorRoute: PhysicalErrorRoute = .fail
  ) {
    self.id = id
    self.kind = kind
    self.inputs = inputs
    self.schema = schema
    self.segment = segment
    self.errorRoute = errorRoute
  }

  /// The rows of an `errors` output: what failed, where, and the original bytes.
  public static let errorSchema = Schema([
    Field("stage", .string), Field("error", .string), Field("value", .bytes, nullable: true),
    Field("key", .bytes, nullable: true), Field("topic", .string, nullable: true),
    Field("partition", .int, nullable: true), Field("offset", .int, nullable: true),
    Field("timestamp", .timestamp, nullable: true), failedHeaders,
  ])

  /// A failed record's own headers, as a block of bytes: for a dead letter in a topic.
  public static let failedHeaders = Field("$headers", .bytes, nullable: true, hidden: true)
}

/// What an operator does with a row that fails. With `.output` the row goes to output `errors`,
/// which leads to a dead letter sink or a stream.
public enum PhysicalErrorRoute: String, Hashable, Sendable, Codable { case fail, skip, output }

/// From an output of one operator to an input of another.
public struct PhysicalEdge: Hashable, Sendable, Codable {
  public var from: PhysicalPlan.Index
  public var output: NodeOutput
  public var exchange: Exchange?

  public init(from: PhysicalPlan.Index, output: NodeOutput = .main, exchange: Exchange? = nil) {
    self.from = from
    self.output = output
    self.exchange = exchange
  }
}

/// How rows are spread over the workers between two segments.
public enum Exchange: Hashable, Sendable, Codable {
  /// To the worker that owns the key group of these columns.
  case key([String])
  case broadcast
  /// Rows stay on their worker and only change segments: where streams from before and behind an
  /// exchange come together.
  case forward
}

extension PhysicalKind {
  /// Of the rows that an operator tells of keys that it forgets.
  public var expiredSchema: Schema? {
    guard case .fold(_, let spec) = self else { return nil }
    return spec.expiredSchema
  }
}

extension PhysicalPlan {
  /// The look-ups of a step that asks: its table, or the versions of its model.
  public func asked(from lookup: Int) -> Range<Int> {
    guard lookups.indices.contains(lookup) else { return lookup..<lookup }
    let count = lookups[lookup].version == nil ? 1 : lookups[lookup].model?.versions.count ?? 1
    return lookup..<min(lookup + count, lookups.count)
  }
}

public enum PhysicalKind: Hashable, Sendable, Codable {
  case source(SourceSpec)
  case filter(Expression)
  /// Hidden fields of the input that the list does not name are dropped.
  case project([NamedExpression])
  /// `table` indexes `PhysicalPlan.tables`. Keys are columns of the input.
  case enrich(table: Int, keys: [String], columns: [EnrichedColumn], isRequired: Bool)
  /// The same of a table that is asked; `lookup` indexes `PhysicalPlan.lookups`. Of a model it is
  /// the first of its versions, which follow each other, and the column that chooses among them
  /// stands behind the keys.
  case ask(lookup: Int, keys: [String], columns: [EnrichedColumn], isRequired: Bool)
  /// Adds a model's answers.
  case infer(PhysicalInference)
  /// Behind an exchange by the task's `keyColumn`.
  case execute(PhysicalTask)
  case union
  case sample(SampleSpec)
  /// Of all rows at most so many, where they come to one worker; where they don't yet, those that
  /// could be among them.
  case limit(Int64, isGlobal: Bool)
  /// All workers share one rate.
  case throttle(ThrottleSpec)
  case flatten(FlattenSpec)
  /// Behind an exchange by these columns; see `DedupeSpec`.
  case dedupe(keys: [String], span: Int64)
  /// Directly behind an `order` by these columns; see `DedupeSpec`.
  case keepLast(keys: [String], span: Int64)
  /// The best rows of a group: those of this worker, and behind an exchange by `per` those of all.
  case top(PhysicalTop, isGlobal: Bool)
  case runningTop(PhysicalRunningTop)
  /// Directly behind an `order` by its keys; see `OverSpec`.
  case over(PhysicalOver)
  /// Behind an exchange by its keys; see `RunningSpec`.
  case running(PhysicalRunning)
  /// Behind a source that brings updates.
  case upserts(PhysicalUpserts)
  /// Before a sink: rows that change others become rows that do not.
  case changes(ChangeForm)
  /// The first phase: one partial row for each (key, window); see `PhysicalWindow`.
  case localWindow(PhysicalWindow)
  /// The second phase, behind an exchange by key: merges partials, emits when a window closes.
  case globalWindow(PhysicalWindow)
  /// Passes rows on that are in time; what is behind the watermark, by more than the allowance in
  /// microseconds, goes to output `late`.
  case punctual(allowance: Int64 = 0)
  /// Behind an exchange by these columns: passes rows on in the order of event time.
  case order(keys: [String])
  /// A window that depends on the rows of its key, directly behind an `order`.
  case sessionWindow(PhysicalWindow)
  /// Directly behind an `order` by these columns; of the spec's columns the input's are there.
  case fold(keys: [String], FoldSpec)
  /// Directly behind an `order`.
  case funnel(PhysicalFunnel)
  /// Directly behind an `order`.
  case match(PhysicalMatch)
  /// Behind exchanges of both inputs by their keys.
  case join(PhysicalJoin)
  case runningJoin(PhysicalRunningJoin)
  /// Directly behind an `order` by its keys.
  case attribute(PhysicalAttribution)
  /// Directly behind an `order` by these columns; see `FrequencyCapSpec`.
  case frequencyCap(keys: [String], [FrequencyCap])
  /// Of a table's rows: of one time they come before all others, and since when each counts, and
  /// whether it deletes its key, stands in two last columns.
  case tableRows
  /// Rows with a value in this column come as of the watermark where they are behind it; others
  /// that are, are left out.
  case versionsInTime(version: String)
  /// Directly behind an `order` by its keys.
  case asOf(PhysicalAsOf)
  /// Of a table of latest rows: without what they replace, and as `tableRows` with two last
  /// columns; where rows have no event time, the first says nothing.
  case latestRows
  /// Behind exchanges of both inputs by their keys.
  case latest(PhysicalLatest)
  case sink(SinkSpec)
}

/// A funnel whose conditions were computed before it, into the bits of one column.
public struct PhysicalFunnel: Hashable, Sendable, Codable {
  public var keys: [Field]
  public var steps: [String]
  /// An `int` column: bit 0 says that the row meets the first step's condition.
  public var mask: String
  /// Microseconds.
  public var span: Int64
  public var isStrict: Bool

  public init(keys: [Field], steps: [String], mask: String, span: Int64, isStrict: Bool) {
    self.keys = keys
    self.steps = steps
    self.mask = mask
    self.span = span
    self.isStrict = isStrict
  }

  public var schema: Schema { FunnelSpec.schema(keys: keys, steps: steps) }
}

/// A window whose keys, arguments and filters are plain columns of the input; expressions were put
/// into projections before and behind it.
///
/// The local phase puts out the key columns, `window_start`, and the partial state's columns of
/// each aggregate (`<name>.<part>`, as the aggregate's `partialFields` say). The global phase puts
/// out the key columns, `window_start`, `window_end` and one column for each aggregate.
public struct PhysicalWindow: Hashable, Sendable, Codable {
  public struct Aggregate: Hashable, Sendable, Codable {
    public var name: String
    /// The window's column that it is, or is a part of.
    public var result: String
    public var function: String
    /// Argument columns, and constants such as a percentile's share.
    public var arguments: [Argument]
    /// A `bool` column; only rows where it is true are taken.
    public var filter: String?
    public var fieldType: FieldType

    public init(
      name: String, result: String? = nil, function: String, arguments: [Argument],
      filter: String?, fieldType: FieldType
    ) {
      self.name = name
      self.result = result ?? name
      self.function = function
      self.arguments = arguments
      self.filter = filter
      self.fieldType = fieldType
    }
  }

  public enum Argument: Hashable, Sendable, Codable {
    case column(Field)
    case constant(Literal)
  }

  public var kind: WindowSpec.Kind
  public var offset: Int64
  /// The IANA name of the zone whose clock the windows follow; nil: UTC.
  public var zone: String?
  /// Microseconds of event time between results of open windows; nil: none before they close.
  public var emitEvery: Int64?
  /// Microseconds for which closed windows take rows; nil: none.
  public var allowLate: Int64?
  public var keys: [Field]
  public var aggregates: [Aggregate]

  /// Whether it tells results more than once.
  public var isUpdating: Bool { emitEvery != nil || allowLate != nil }

  public init(
    kind: WindowSpec.Kind, offset: Int64, zone: String? = nil, keys: [Field],
    aggregates: [Aggregate]
  ) {
    self.kind = kind
    self.offset = offset
    self.zone = zone
    self.keys = keys
    self.aggregates = aggregates
  }
}
