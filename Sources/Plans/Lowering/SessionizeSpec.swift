import Schemas

/// To which session of its key each row belongs: a session is what `window session` makes one of,
/// but its rows stay rows.
///
/// The checker makes a `fold` of it, which keeps the session that a key is in. This says what the
/// fold is, in the words of the language.
package struct SessionizeSpec {
  private let keys: [Expression]
  /// Microseconds.
  private let gap: Int64
  private let limit: Int64?
  /// The column that is added.
  package let name: String
  private let id: Field
  private let start: Field
  private let last: Field
  private let number: Field

  package init(keys: [Expression], gap: Int64, limit: Int64?, name: String) {
    self.keys = keys
    self.gap = gap
    self.limit = limit
    self.name = name
    func state(_ part: String, _ type: DataType) -> Field {
      Field("$session.\(part)", FieldType(type), hidden: true)
    }
    id = state("id", .string)
    start = state("start", .timestamp)
    last = state("last", .timestamp)
    number = state("number", .int)
  }

  package var fold: (keys: [Expression], expiry: Int64, states: [FoldSpec.State]) {
    let zero = Expression.literal(.timestamp(0), .timestamp)
    return (
      keys, gap,
      [
        FoldSpec.State(field: id, first: .literal(.string(""), .string)),
        FoldSpec.State(field: start, first: zero), FoldSpec.State(field: last, first: zero),
        FoldSpec.State(field: number, first: .literal(.int(0), .int)),
      ]
    )
  }

  /// The states' new values, and the column of the result.
  package var columns: [NamedExpression] {
    let values = [
      (id, Expression.choose(goesOn, .column(id), else: newID)),
      (start, Expression.choose(goesOn, .column(start), else: .eventTime)),
      (last, Expression.eventTime),
      (number, Expression.choose(goesOn, next, else: .literal(.int(1), .int))),
    ]
    let parts = [("id", values[0].1), ("start", values[1].1), ("number", values[3].1)]
    let fields = parts.map { Field($0.0, $0.1.fieldType) }
    return values.map { NamedExpression($0.0.name, $0.1) } + [
      NamedExpression(
        name, Expression(.structure(parts.map(\.1)), FieldType(.structure(fields))))
    ]
  }

  /// The session before is this row's too.
  private var goesOn: Expression {
    let isBegun = Expression(
      .call("greater", [.column(number), .literal(.int(0), .int)]), FieldType(.bool))
    let isNear = isLess(since: last, gap)
    guard let limit else { return .all(isBegun, isNear) }
    return .all(isBegun, isNear, isLess(since: start, limit))
  }

  private func isLess(since time: Field, _ span: Int64) -> Expression {
    let past = IntFormula.microseconds(.eventTime) - .microseconds(.column(time))
    return Expression(
      .call("less", [past.expression, .literal(.int(span), .int)]), FieldType(.bool))
  }

  private var next: Expression { (IntFormula(.column(number)) + .number(1)).expression }

  /// A digest of the key and of when the session began, which no other session has.
  private var newID: Expression {
    let began = IntFormula.microseconds(.eventTime).expression
    let parts = (keys + [began]).enumerated().flatMap { place, value in
      [Expression.literal(.string("\(place)"), .string), value]
    }
    let object = Expression(.call("json_object", parts), FieldType(.json))
    let text = Expression(.cast(object, isTry: false), FieldType(.string))
    return Expression(.call("md5", [text]), FieldType(.string))
  }

  /// As the language writes it.
  package var text: String {
    let keys = keys.map(\.description).joined(separator: ", ")
    return "sessionize by \(keys) gap \(TimeRendering.duration(gap))"
      + (limit.map { " max \(TimeRendering.duration($0))" } ?? "")
  }
}
