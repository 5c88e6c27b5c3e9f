import KeyedState
package import Plans
import Schemas

/// The pipelines that are simulated: a source of rows in memory, a filter, a table, a projection,
/// an exchange by key where the case needs it, what it says, and sinks of everything that comes out.
package enum SimulatedPlan: Hashable, Sendable {
  /// Every row gives the new count of its key.
  case counts
  /// Counts by key in tumbling windows of event time, in two phases.
  case windows
  /// The same in windows that overlap, behind which there is another exchange.
  case hopping
  /// Counts by key in sessions: rows that are brought into order behind an exchange.
  case sessions
  /// Counts by key as a fold's state, over rows in event-time order.
  case folds
  /// Every row with those of its key around it in time that have even numbers.
  case joins
  /// The same, and rows that meet none by themselves.
  case outerJoins
  /// Every row with the newest one of its key, as of its time, that has an even number.
  case lookups
  /// The same as the rows come: with any of them.
  case latest
  /// Every row gets an answer that a journal keeps.
  case answers
  /// Every row as it comes: the sinks are in the source's segment, behind no exchange.
  case rows
  /// Windows behind a stage that lets rows go slowly. In scenarios of its own.
  case throttled
  /// What a definition says. In scenarios of its own.
  case stage(SimulatedStage)

  /// What the seeds of `Scenario` go through.
  package static let rotation: [SimulatedPlan] = [
    .counts, .windows, .hopping, .sessions, .folds, .joins, .outerJoins, .lookups, .latest,
    .answers, .rows,
  ]

  /// Whether it can be said of each row that is late what it is late for.
  var tellsLateRows: Bool {
    switch self {
    case .hopping, .stage: false
    default: true
    }
  }

  static let windowSize: Int64 = 1_000
  static let windowSlide: Int64 = 400
  static let sessionGap: Int64 = 500
  static let sessionLimit: Int64 = 4_000
  static let joinBefore: Int64 = 200
  static let joinAfter: Int64 = 50
  /// So slow that many rows wait at each barrier, and some must not be read yet.
  package static let throttle = ThrottleSpec(rate: 400)

  /// Of the sinks of late, unmatched and failed rows.
  package static let sides = ["late", "unmatched", "errors"]

  /// - Parameters:
  ///   - interval: microseconds between checkpoints.
  ///   - commit: says which sinks the result has, and how all sinks deliver.
  package func physical(
    interval: Int64, _ commit: SimulatedPipeline.Commit
  ) -> PhysicalPlan {
    if case .stage(let stage) = self { return stage.physical(interval: interval, commit) }
    var writer = PlanWriter(delivery: commit.delivery(of:))
    let projected = writer.addHead()
    let result =
      switch self {
      case .counts: writer.addCounts(projected)
      case .throttled:
        writer.addWindows(writer.addThrottle(projected), .tumbling(size: Self.windowSize))
      case .windows: writer.addWindows(projected, .tumbling(size: Self.windowSize))
      case .hopping:
        writer.addWindows(projected, .hopping(size: Self.windowSize, slide: Self.windowSlide))
      case .sessions: writer.addSessions(projected)
      case .folds: writer.addFolds(projected)
      case .joins: writer.addJoin(projected, .inner)
      case .outerJoins: writer.addJoin(projected, .left)
      case .lookups: writer.addLookups(projected)
      case .latest: writer.addLatest(projected)
      case .answers: writer.addAnswers(projected)
      case .rows, .stage: projected
      }
    for name in commit.outputs { writer.addSink(name, [PhysicalEdge(from: result)]) }
    return PhysicalPlan(
      pipeline: "p", operators: writer.operators, tables: [],
      checkpoints: CheckpointPolicy(interval: interval, keep: 2))
  }
}

/// Writes a plan step by step; each step's index is its place.
private struct PlanWriter {
  /// Of a sink by name.
  let delivery: (String) -> SinkSpec.Delivery
  var operators: [PhysicalOperator] = []
  private let connector = ConnectorSpec(connector: "memory", options: [])

  private mutating func add(
    _ id: String, _ kind: PhysicalKind, _ inputs: [PhysicalEdge], _ schema: Schema,
    route: PhysicalErrorRoute = .fail
  ) -> Int {
    operators.append(
      PhysicalOperator(
        id: OperatorID(id), kind: kind, inputs: inputs, schema: schema, segment: 0,
        errorRoute: route))
    return operators.count - 1
  }

  mutating func addSink(_ name: String, _ inputs: [PhysicalEdge]) {
    let spec = SinkSpec(
      name: name, connector: connector, encoding: EncodingSpec(), delivery: delivery(name))
    var plan = PhysicalPlan(
      pipeline: "p", operators: operators, tables: [], checkpoints: CheckpointPolicy())
    plan.operators = operators
    let schema = PhysicalVerifier.schema(of: inputs[0], in: plan)
    var from = inputs
    if inputs.count > 1 {
      from = [PhysicalEdge(from: add("\(name).union", .union, inputs, schema))]
    }
    _ = add(name, .sink(spec), from, schema)
  }

  /// Source, filter, table, projection, and the sinks of what leaves them on the way.
  mutating func addHead() -> Int {
    let row = SimulatedRow.schema
    let spec = SourceSpec(
      name: "views", connector: connector, decoding: DecodingSpec(format: .raw, columns: []),
      eventTime: EventTimeSpec(origin: .column("time"), lateness: 0, maxDrift: 1_000_000_000))
    let source = add("views", .source(spec), [], row, route: .output)
    let condition = Expression(
      .call(
        "not_equal",
        [.column(row[0]), .literal(.string(SimulatedRow.filteredKey), .string)]),
      FieldType(.bool))
    let filter = add("views.where", .filter(condition), [PhysicalEdge(from: source)], row)
    let enriched = Schema(row.fields + [Field("color", .string)])
    let enrich = add(
      "views.enrich",
      .enrich(
        table: 0, keys: ["key"],
        columns: [EnrichedColumn(tableColumn: "color", name: "color")], isRequired: true),
      [PhysicalEdge(from: filter)], enriched)
    let number = Expression(.cast(.column(row[3]), isTry: false), FieldType(.int))
    let projections =
      row.fields[..<3].map { NamedExpression($0.name, .column($0)) } + [
        NamedExpression("number", number)
      ]
    let project = add(
      "views.map", .project(projections), [PhysicalEdge(from: enrich)],
      Schema(projections.map(\.field)), route: .output)
    addSink("unmatched", [PhysicalEdge(from: enrich, output: .unmatched)])
    addSink(
      "errors",
      [PhysicalEdge(from: source, output: .errors), PhysicalEdge(from: project, output: .errors)])
    return project
  }

  mutating func addCounts(_ from: Int) -> Int {
    add(
      "views.count", .union, [PhysicalEdge(from: from, exchange: .key(["key"]))],
      CountOperator.state.schema)
  }

  mutating func addThrottle(_ from: Int) -> Int {
    add(
      "views.throttle", .throttle(SimulatedPlan.throttle), [PhysicalEdge(from: from)],
      operators[from].schema)
  }

  mutating func addAnswers(_ from: Int) -> Int {
    add(
      "views.answer", .union, [PhysicalEdge(from: from, exchange: .key(["key"]))],
      AnswerOperator.schema)
  }

  mutating func addFolds(_ from: Int) -> Int {
    let row = operators[from].schema
    let order = addOrder("views.fold", from)
    let count = Field("n", .int)
    let next = Expression(
      .call("add", [.column(count), .literal(.int(1), .int)]), FieldType(.int))
    let columns = [NamedExpression("key", .column(row[0])), NamedExpression("n", next)]
    let spec = FoldSpec(
      keys: [.column(row[0])], expiry: 1_000_000_000,
      states: [FoldSpec.State(field: count, first: .literal(.int(0), .int))], columns: columns)
    return add(
      "views.fold", .fold(keys: ["key"], spec), [PhysicalEdge(from: order)],
      Schema(columns.map(\.field)))
  }

  /// The rows that have even numbers.
  private mutating func addEven(_ from: Int) -> Int {
    let row = operators[from].schema
    let rest = Expression(
      .call("modulo", [.column(row[2]), .literal(.int(2), .int)]), FieldType(.int))
    let isEven = Expression(
      .call("equal", [rest, .literal(.int(0), .int)]), FieldType(.bool))
    return add("views.even", .filter(isEven), [PhysicalEdge(from: from)], row)
  }

  /// In a table of rows of the stream itself.
  mutating func addLookups(_ from: Int) -> Int {
    let row = operators[from].schema
    let (key, id) = (row[0], row[2])
    let stamps = [
      Field("since", .timestamp, nullable: true), Field("deleted", .bool, nullable: true),
    ]
    let other = Field("other", .int, nullable: true)
    let both = Schema([key, Field("id", .int, nullable: true)] + stamps + [other])
    let punctual = add("views.lookup.punctual", .punctual(), [PhysicalEdge(from: from)], row)
    addSink("late", [PhysicalEdge(from: punctual, output: .late)])
    let rows = add(
      "views.lookup.input",
      .project([
        NamedExpression("key", .column(key)), NamedExpression("id", .column(id)),
        NamedExpression("since", .literal(.null, .timestamp)),
        NamedExpression("deleted", .literal(.null, .bool)),
        NamedExpression("other", .literal(.null, .int)),
      ]), [PhysicalEdge(from: punctual)], both)
    let table = add(
      "views.lookup.table", .tableRows, [PhysicalEdge(from: addEven(from))],
      Schema(row.fields + stamps))
    let versions = add(
      "views.lookup.versions",
      .project([
        NamedExpression("key", .column(key)), NamedExpression("id", .literal(.null, .int)),
        NamedExpression("since", .column(stamps[0])),
        NamedExpression("deleted", .column(stamps[1])), NamedExpression("other", .column(id)),
      ]), [PhysicalEdge(from: table)], both)
    let all = add(
      "views.lookup.both", .union, [PhysicalEdge(from: rows), PhysicalEdge(from: versions)], both)
    let inTime = add(
      "views.lookup.time", .versionsInTime(version: "since"), [PhysicalEdge(from: all)], both)
    let order = add(
      "views.lookup.order", .order(keys: ["key"]),
      [PhysicalEdge(from: inTime, exchange: .key(["key"]))], both)
    let asOf = PhysicalAsOf(
      table: "even", keys: [key], tableKeys: ["key"], version: "since", deleted: "deleted",
      values: [other], columns: [EnrichedColumn(tableColumn: "other", name: "other")],
      isRequired: false, expiry: nil)
    return add(
      "views.lookup", .asOf(asOf), [PhysicalEdge(from: order)], Schema([key, id, other]))
  }

  /// In a table of the latest rows of the stream itself.
  mutating func addLatest(_ from: Int) -> Int {
    let row = operators[from].schema
    let (key, id) = (row[0], row[2])
    let stamps = [Field("since", .timestamp), Field("deleted", .bool)]
    let table = add(
      "views.latest.table", .latestRows, [PhysicalEdge(from: addEven(from))],
      Schema(row.fields + stamps))
    let other = Field("other", .int, nullable: true)
    let latest = PhysicalLatest(
      table: "even", keys: ["key"], tableKeys: [key], version: "since", deleted: "deleted",
      values: [Field("id", .int, nullable: true)],
      columns: [EnrichedColumn(tableColumn: "id", name: "other")], isRequired: false, expiry: nil,
      isReadFirst: false)
    return add(
      "views.latest", .latest(latest),
      [from, table].map { PhysicalEdge(from: $0, exchange: .key(["key"])) },
      Schema([key, id, other]))
  }

  /// Of the stream with rows of its own.
  mutating func addJoin(_ from: Int, _ kind: JoinSpec.Kind) -> Int {
    let row = operators[from].schema
    let even = addEven(from)
    let left = add("views.join.punctual", .punctual(), [PhysicalEdge(from: from)], row)
    let right = add("views.join.other.punctual", .punctual(), [PhysicalEdge(from: even)], row)
    addSink("late", [PhysicalEdge(from: left, output: .late)])
    let join = PhysicalJoin(
      kind: kind, leftKeys: ["key"], rightKeys: ["key"], before: SimulatedPlan.joinBefore,
      after: SimulatedPlan.joinAfter,
      columns: [
        JoinedColumn("key", .left("key")), JoinedColumn("id", .left("id")),
        JoinedColumn("other", .right("id")),
      ])
    return add(
      "views.join", .join(join),
      [left, right].map { PhysicalEdge(from: $0, exchange: .key(["key"])) },
      Schema([row[0], row[2], Field("other", .int, nullable: kind == .left)]))
  }

  private static func counting(_ kind: WindowSpec.Kind) -> PhysicalWindow {
    PhysicalWindow(
      kind: kind, offset: 0, keys: [Field("key", .string)],
      aggregates: [
        PhysicalWindow.Aggregate(
          name: "n", function: "count", arguments: [], filter: nil, fieldType: FieldType(.int))
      ])
  }

  /// Rows of each key in event-time order, behind an exchange.
  private mutating func addOrder(_ stage: String, _ from: Int) -> Int {
    let schema = operators[from].schema
    let punctual = add("\(stage).punctual", .punctual(), [PhysicalEdge(from: from)], schema)
    addSink("late", [PhysicalEdge(from: punctual, output: .late)])
    return add(
      "\(stage).order", .order(keys: ["key"]),
      [PhysicalEdge(from: punctual, exchange: .key(["key"]))], schema)
  }

  mutating func addSessions(_ from: Int) -> Int {
    let window = Self.counting(
      .session(gap: SimulatedPlan.sessionGap, limit: SimulatedPlan.sessionLimit))
    let order = addOrder("views.window", from)
    return add(
      "views.window", .sessionWindow(window), [PhysicalEdge(from: order)], window.resultSchema)
  }

  mutating func addWindows(_ from: Int, _ kind: WindowSpec.Kind) -> Int {
    let window = Self.counting(kind)
    let local = add(
      "views.window.local", .localWindow(window), [PhysicalEdge(from: from)],
      window.partialSchema)
    addSink("late", [PhysicalEdge(from: local, output: .late)])
    let global = add(
      "views.window", .globalWindow(window),
      [PhysicalEdge(from: local, exchange: .key(["key"]))], window.resultSchema)
    guard case .hopping = kind else { return global }
    return add(
      "views.spread", .union,
      [PhysicalEdge(from: global, exchange: .key(["window_start"]))], window.resultSchema)
  }
}
