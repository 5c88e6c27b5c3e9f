import Diagnostics
import Plans
import Schemas
import Syntax

/// `cast(x as T)`, `try_cast(x as T)`.
extension ExpressionChecker {
  func cast(
    _ operand: ExpressionSyntax, _ syntax: TypeSyntax, _ isTry: Bool, at span: Span
  ) -> Typed {
    let value = check(operand)
    guard let target = definitions.type(syntax)?.type, !value.isWrong else { return .wrong }
    if value.isNull { return Typed(.literal(.null, target)) }
    if value.isLiteral, let adapted = Conversion.adapt(value, to: target) { return Typed(adapted) }
    if value.type == target { return Typed(value.expression) }
    let parts = PartwiseCast(isTry: isTry, depth: definitions.lambdaDepth)
    guard parts.size(of: value.expression, as: target) <= Definitions.mostNodesOfCalls else {
      return wrong(StageProblem.callTooLarge(isTry ? "try_cast" : "cast"), at: span)
    }
    do {
      return Typed(try parts.cast(value.expression, to: target))
    } catch {
      return wrong(
        TypeProblem.impossibleCast(
          value.type, target, of: definitions.text(operand.span), because: error.reason), at: span)
    }
  }
}

/// A value in another type: at once where a kernel does it, else part by part: lists by their
/// elements, maps by their values, structs by the names of their fields.
struct PartwiseCast {
  /// Why there is no such cast.
  struct Misfit: Error {
    /// The way from the whole value to the part: `.items[].price`.
    var path = ""
    /// Empty of a value that has no parts.
    var text = ""

    var reason: String? { text.isEmpty && path.isEmpty ? nil : "`\(path)`: \(text)" }

    func below(_ step: String) -> Misfit { Misfit(path: step + path, text: text) }
  }

  let isTry: Bool
  /// Lambdas that stand around.
  let depth: Int

  func cast(_ value: Expression, to target: DataType) throws(Misfit) -> Expression {
    switch CastRules.verdict(from: value.type, to: target) {
    case .total: return Conversion.cast(value, to: target)
    case .partial:
      return Expression(
        .cast(value, isTry: isTry), FieldType(target, nullable: value.isNullable || isTry))
    case .impossible: break
    }
    switch (value.type, target) {
    case (.list(let from), .list(let to)): return try elements(value, from, to)
    case (.map(let from), .map(let to)):
      let values = Expression(
        .call("map_values", [value]), FieldType(.list(from), nullable: value.isNullable))
      let keys = Expression(
        .call("map_keys", [value]),
        FieldType(.list(FieldType(.string)), nullable: value.isNullable))
      let converted = try elements(values, from, to)
      return Expression(
        .call("map_from_arrays", [keys, converted]),
        FieldType(target, nullable: value.isNullable))
    case (.structure(let from), .structure(let to)): return try fields(value, from, to, target)
    default: throw Misfit()
    }
  }

  private func elements(
    _ list: Expression, _ from: FieldType, _ to: FieldType
  ) throws(Misfit) -> Expression {
    let parameter = Field(LambdaParameter.name("x", depth: depth + 1), from)
    let inner = PartwiseCast(isTry: isTry, depth: depth + 1)
    let body = try inner.part(.column(parameter), to: to, "[]")
    return Expression(
      .each(.map, list, parameter: parameter, body: body),
      FieldType(.list(to), nullable: list.isNullable))
  }

  /// By name, in any order. What the target does not have is left out; what it has besides is null.
  private func fields(
    _ value: Expression, _ from: [Field], _ to: [Field], _ target: DataType
  ) throws(Misfit) -> Expression {
    var parts: [Expression] = []
    for field in to {
      guard let own = from.first(where: { $0.name == field.name }) else {
        guard field.isNullable else {
          throw Misfit(path: "." + field.name, text: "there is no such field, and it is not null")
        }
        parts.append(.literal(.null, field.type))
        continue
      }
      // A field of a struct that is there, below.
      let member = Expression(.member(value, own.name), own.fieldType)
      parts.append(try part(member, to: field.fieldType, "." + field.name))
    }
    let made = Expression(.structure(parts), FieldType(target))
    guard value.isNullable else { return made }
    let isNull = Expression(.isNull(value), FieldType(.bool))
    return Expression(
      .branch(
        [Expression.Branch(condition: isNull, value: .literal(.null, target))], otherwise: made),
      FieldType(target, nullable: true))
  }

  /// A part, which may be null only where the whole says so.
  private func part(
    _ value: Expression, to target: FieldType, _ step: String
  ) throws(Misfit) -> Expression {
    var made: Expression
    do {
      made = try cast(value, to: target.type)
    } catch {
      if !error.path.isEmpty { throw error.below(step) }
      throw Misfit(path: step, text: "\(article(FieldType(value.type))) is no \(target.type)")
    }
    guard target.isNullable || !made.isNullable else {
      let wanted = article(FieldType(target.type))
      let text =
        value.isNullable
        ? "it may be null, and \(wanted) may not"
        : "a `try_cast` may give null, and \(wanted) may not be null"
      throw Misfit(path: step, text: text)
    }
    made.fieldType = target
    return made
  }

  /// About the nodes of the result: the value stands in it once for each field.
  func size(of value: Expression, as target: DataType) -> Int {
    guard target.isNested else { return 0 }
    return FunctionBody(value).size * Self.leaves(target)
  }

  private static func leaves(_ type: DataType) -> Int {
    switch type {
    case .structure(let fields): fields.reduce(1) { $0 + leaves($1.type) }
    case .list(let inner), .map(let inner): 1 + leaves(inner.type)
    default: 1
    }
  }
}
