import Schemas

/// The steps that an `experiment` is.
///
/// A `fold` knows of each user the first exposure, and says what each row changes: a user enters a
/// variant, converts, or leaves because another variant was seen. A window counts these changes,
/// another `fold` sums them up over all windows, and of the sums come the figures.
package struct ExperimentSteps {
  /// What a row changes.
  private enum Change: String, CaseIterable {
    case entered = "$entered"
    case converted = "$converted"
    case left = "$left"
    /// Who leaves had converted.
    case undone = "$undone"

    var field: Field { Field(rawValue, .bool) }
  }

  private static let place = Field("$variant", .int)
  private static let start = Field("$start", .int)
  private static let isConverted = Field("$done", .bool)
  private static let isMixed = Field("$mixed", .bool)
  private static let end = Field("window_end", .timestamp)
  static let mixed = Field("$mixed", .int)

  private let spec: ExperimentSpec
  private let users: [NamedExpression]

  package init(_ spec: ExperimentSpec) {
    self.spec = spec
    users = spec.users.enumerated().map { NamedExpression("$user\($0)", $1) }
  }

  /// In their order. Only the first reads what the user wrote.
  package var steps: [LoweredStep] {
    let changed = changed
    return [changed, telling(changed), counted, summed] + ExperimentFigures(spec).steps
  }

  /// The variant that a row shows, from 1; 0 of none, and of one that nobody declared.
  private var shown: Expression {
    let branches = spec.variants.enumerated().map { number, variant in
      Expression.Branch(
        condition: Expression(
          .call("equal", [spec.variant, .literal(.string(variant.name), .string)]),
          FieldType(.bool, nullable: spec.variant.isNullable)),
        value: .literal(.int(Int64(number) + 1), .int))
    }
    return Expression(.branch(branches, otherwise: .literal(.int(0), .int)), FieldType(.int))
  }

  /// The first exposure counts; who sees another variant is out for good.
  private var changed: LoweredStep {
    let none = Expression.literal(.int(0), .int)
    func compare(_ name: String, _ a: Expression, _ b: Expression) -> Expression {
      Expression(.call(name, [a, b]), FieldType(.bool))
    }
    let (place, isMixed) = (Expression.column(Self.place), Expression.column(Self.isMixed))
    let isConverted = Expression.column(Self.isConverted)
    let (isNew, isShown) = (compare("equal", place, none), compare("greater", shown, none))
    let now = IntFormula.microseconds(.eventTime)
    let entered = Expression.all(isNew, isShown)
    let left = Expression.all(
      isNew.negated, isMixed.negated, isShown, compare("not_equal", shown, place))
    let age = now - IntFormula(.column(Self.start))
    let isInTime = compare("less_equal", age.expression, .literal(.int(spec.span), .int))
    let isPresent = Expression.any(entered, .all(isNew.negated, isInTime))
    let condition = spec.isConversion.or(.literal(.bool(false), .bool))
    let converted = Expression.all(
      condition, isPresent, isMixed.negated, left.negated, isConverted.negated)
    let states: [(Field, Literal, Expression)] = [
      (Self.place, .int(0), .choose(entered, shown, else: place)),
      (Self.start, .int(0), .choose(entered, now.expression, else: .column(Self.start))),
      (Self.isConverted, .bool(false), .any(isConverted, converted)),
      (Self.isMixed, .bool(false), .any(isMixed, left)),
    ]
    let changes: [Change: Expression] = [
      .entered: entered, .converted: converted, .left: left, .undone: .all(left, isConverted),
    ]
    let columns =
      states.map { NamedExpression($0.0.name, $0.2) }
      + Change.allCases.compactMap { change in
        changes[change].map { NamedExpression(change.rawValue, $0) }
      }
    let fold = FoldSpec(
      keys: spec.users, expiry: spec.expiry,
      states: states.map { FoldSpec.State(field: $0.0, first: .literal($0.1, $0.0.type)) },
      columns: columns, title: spec.text)
    return LoweredStep("users", .fold(fold), Schema(columns.map(\.field)))
  }

  private func telling(_ changed: LoweredStep) -> LoweredStep {
    let tells = Expression(
      .or(Change.allCases.map { .column($0.field) }), FieldType(.bool))
    return LoweredStep("changes", .filter(tells), changed.schema)
  }

  private func count(_ change: Change, _ number: Int) -> Field {
    Field("\(change.rawValue)\(number)", .int)
  }

  /// How often each change comes, by variant.
  private var counted: LoweredStep {
    var calls: [AggregateCall] = []
    var results: [NamedExpression] = []
    func add(_ field: Field, _ filter: Expression) {
      let call = AggregateCall(
        name: "$\(calls.count)", function: "count", arguments: [], filter: filter,
        fieldType: FieldType(.int))
      calls.append(call)
      results.append(
        NamedExpression(field.name, Expression(.column(call.name), call.fieldType)))
    }
    for number in spec.variants.indices {
      let isOf = Expression(
        .call("equal", [.column(Self.place), .literal(.int(Int64(number) + 1), .int)]),
        FieldType(.bool))
      for change in Change.allCases {
        add(count(change, number), .all(.column(change.field), isOf))
      }
    }
    let window = WindowSpec(
      kind: .tumbling(size: spec.period), keys: [], aggregates: calls, results: results)
    let bounds = [Field("window_start", .timestamp), Self.end]
    return LoweredStep("counted", .window(window), Schema(bounds + results.map(\.field)))
  }

  /// What was counted so far, by variant: users and converted ones; and who left.
  private var summed: LoweredStep {
    var states: [FoldSpec.State] = []
    var columns = [NamedExpression(Self.end.name, .column(Self.end))]
    func add(_ field: Field, _ more: IntFormula) {
      states.append(FoldSpec.State(field: field, first: .literal(.int(0), .int)))
      let sum = IntFormula(.column(field)) + more
      columns.append(NamedExpression(field.name, sum.expression))
    }
    func number(_ change: Change, _ number: Int) -> IntFormula {
      IntFormula(.column(count(change, number)))
    }
    for place in spec.variants.indices {
      add(Self.exposed(place), number(.entered, place) - number(.left, place))
      add(Self.converted(place), number(.converted, place) - number(.undone, place))
    }
    let left = spec.variants.indices.map { number(.left, $0) }
    add(Self.mixed, left.dropFirst().reduce(left[0], +))
    let fold = FoldSpec(
      keys: [.literal(.int(0), .int)], expiry: nil, states: states, columns: columns,
      title: "sums over all results")
    return LoweredStep("summed", .fold(fold), Schema(columns.map(\.field)))
  }

  static func exposed(_ number: Int) -> Field { Field("$users\(number)", .int) }
  static func converted(_ number: Int) -> Field { Field("$conversions\(number)", .int) }
}
