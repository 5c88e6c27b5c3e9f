import Schemas

/// The steps that a `retention` is.
///
/// Users are counted once a period by a window of it; a `fold` says of each user and period which
/// cohort the user belongs to, and how many periods later this is; a window counts the users of
/// each cohort in a period. That a cohort has a row for each period, also where nobody came, is the
/// work of the last one: a window as long as all periods, every period. The rows that a cohort
/// begins with are in exactly those windows that end with its periods.
package struct RetentionSteps {
  private static let start = Field("window_start", .timestamp)
  private static let end = Field("window_end", .timestamp)
  private static let cohort = Field("cohort", .timestamp)
  private static let number = Field("$period", .int)
  private static let active = Field("$users", .int)
  private static let isKnown = Field("$known", .bool)

  private let spec: RetentionSpec
  private let users: [NamedExpression]

  package init(_ spec: RetentionSpec) {
    self.spec = spec
    users = spec.users.enumerated().map { NamedExpression("$user\($0)", $1) }
  }

  /// In their order. Only the first reads what the user wrote.
  package var steps: [LoweredStep] {
    let counted = active(groups: groups.map(\.field))
    let closed = closed(groups: groups.map(\.field))
    return [present, placed, known, counted, closed, ended(closed), result]
  }

  /// What tells cohorts apart: null of a user whose first period had no value.
  private var groups: [NamedExpression] {
    spec.groups.map { group in
      let type = FieldType(group.expression.type, nullable: true)
      return NamedExpression(group.name, Expression(.column(group.name), type))
    }
  }

  private func window(
    _ kind: WindowSpec.Kind, by keys: [NamedExpression], _ aggregates: [AggregateCall],
    _ results: [NamedExpression]
  ) -> (LogicalKind, Schema) {
    let spec = WindowSpec(
      kind: kind, offset: spec.offset, zone: spec.zone, keys: keys, aggregates: aggregates,
      results: results)
    return (
      .window(spec), Schema(keys.map(\.field) + [Self.start, Self.end] + results.map(\.field))
    )
  }

  /// Each user once a period.
  private var present: LoweredStep {
    let firsts = spec.groups.enumerated().map { place, group in
      AggregateCall(
        name: "$\(place)", function: "first", arguments: [group.expression], filter: nil,
        fieldType: FieldType(group.expression.type, nullable: true))
    }
    let results = firsts.enumerated().map { place, call in
      NamedExpression("$first\(place)", Expression(.column(call.name), call.fieldType))
    }
    let (kind, schema) = window(.tumbling(size: spec.period), by: users, firsts, results)
    return LoweredStep("present", kind, schema)
  }

  /// The cohort of each user, and how many periods later this one is.
  private var placed: LoweredStep {
    let states =
      [
        FoldSpec.State(field: Self.isKnown, first: .literal(.bool(false), .bool)),
        FoldSpec.State(field: Self.cohort, first: .literal(.timestamp(0), .timestamp)),
      ]
      + groups.map { FoldSpec.State(field: $0.field, first: .null($0.expression.type)) }
    let isKnown = Expression.column(Self.isKnown)
    let cohort = Expression.choose(isKnown, .column(Self.cohort), else: .column(Self.start))
    let later = groups.enumerated().map { place, group in
      let first = Expression(.column("$first\(place)"), group.expression.fieldType)
      return group.replacing(.choose(isKnown, group.expression, else: first))
    }
    let columns =
      [
        NamedExpression(Self.isKnown.name, .literal(.bool(true), .bool)),
        NamedExpression(Self.cohort.name, cohort),
      ] + later
      + [NamedExpression(Self.number.name, periods(from: cohort, to: .column(Self.start)))]
    let fold = FoldSpec(
      keys: users.map { .column($0.field) }, expiry: expiry, states: states, columns: columns,
      title: "cohorts of users, forgotten after \(spec.periods) periods without them")
    return LoweredStep("placed", .fold(fold), Schema(columns.map(\.field)))
  }

  /// Half a period more than all: clocks that are put forward and back make some longer.
  private var expiry: Int64 { spec.periods * spec.period + spec.period / 2 }

  /// How many periods one begins behind another; those of a zone differ in length by an hour.
  private func periods(from: Expression, to: Expression) -> Expression {
    let span = IntFormula.microseconds(to) - .microseconds(from)
    return ((span + .number(spec.period / 2)) / .number(spec.period)).expression
  }

  /// Those that are still looked at.
  private var known: LoweredStep {
    let last = Expression.literal(.int(spec.periods), .int)
    let isLookedAt = Expression(
      .call("less_equal", [.column(Self.number), last]), FieldType(.bool))
    return LoweredStep("looked_at", .filter(isLookedAt), placed.schema)
  }

  /// How many users of a cohort are there in a period.
  private func active(groups: [Field]) -> LoweredStep {
    let keys = ([Self.cohort] + groups + [Self.number]).map {
      NamedExpression($0.name, .column($0))
    }
    let count = AggregateCall(
      name: "$0", function: "count", arguments: [], filter: nil, fieldType: FieldType(.int))
    let (kind, schema) = window(
      .tumbling(size: spec.period), by: keys, [count],
      [NamedExpression(Self.active.name, Expression(.column("$0"), FieldType(.int)))])
    return LoweredStep("active", kind, schema)
  }

  /// Each cohort at the end of each period, with its first one and with the last in which somebody
  /// came.
  private func closed(groups: [Field]) -> LoweredStep {
    let keys = ([Self.cohort] + groups).map { NamedExpression($0.name, .column($0)) }
    let isFirst = Expression(
      .call("equal", [.column(Self.number), .literal(.int(0), .int)]), FieldType(.bool))
    func call(
      _ name: String, _ function: String, _ arguments: [Field], _ filter: Expression? = nil
    ) -> AggregateCall {
      AggregateCall(
        name: name, function: function, arguments: arguments.map { .column($0) }, filter: filter,
        fieldType: FieldType(.int, nullable: true))
    }
    let calls = [
      call("$0", "max", [Self.active], isFirst), call("$1", "max", [Self.number]),
      call("$2", "arg_max", [Self.active, Self.number]),
    ]
    let results = zip(["$size", "$last", "$active"], calls).map { name, call in
      NamedExpression(name, Expression(.column(call.name), call.fieldType))
    }
    let (kind, schema) = window(
      .hopping(size: (spec.periods + 1) * spec.period, slide: spec.period), by: keys, calls,
      results)
    return LoweredStep("closed", kind, schema)
  }

  /// Windows that a cohort's first rows are not in are of periods that are looked at no more.
  private func ended(_ closed: LoweredStep) -> LoweredStep {
    let isLookedAt = Expression.column(Field("$size", .int, nullable: true)).isPresent
    return LoweredStep("ended", .filter(isLookedAt), closed.schema)
  }

  private var result: LoweredStep {
    func number(_ name: String) -> Expression {
      Expression.column(Field(name, .int, nullable: true)).or(.literal(.int(0), .int))
    }
    let behind = IntFormula(
      periods(from: .column(Self.cohort), to: .column(Self.end)))
    let period = (behind - .number(1)).expression
    let isLast = Expression(.call("equal", [period, number("$last")]), FieldType(.bool))
    let users = Expression.choose(isLast, number("$active"), else: .literal(.int(0), .int))
    let size = number("$size")
    let rate = IntFormula(users).float / IntFormula(size).float
    let values = [.column(Self.cohort), period, .column(Self.end), users, size, rate.expression]
    let columns =
      groups + zip(RetentionSpec.columns, values).map { NamedExpression($0, $1) }
    return LoweredStep("rates", .project(columns), Schema(columns.map(\.field)))
  }
}
