import Diagnostics
import Plans
import Schemas
import Syntax

/// Lists and structs that are written out where their type is known: each part is held against its
/// own type, so that a mistake is shown where it is.
extension ExpressionChecker {
  /// The expression in the type; nil for anything else than a list for a list, or an object for a
  /// struct or map.
  func partwise(
    _ syntax: ExpressionSyntax, as type: FieldType, place: String
  ) -> Expression? {
    switch (syntax.kind, type.type) {
    case (.list(let items), .list(let element)):
      let elements = items.map { check($0, as: element, place: "an element of \(place)") }
      return whole(.list(elements), elements, type.type)
    case (.object(let object), .structure(let fields)): return members(of: object, fields)
    case (.object(let object), .map(let value)):
      let values = object.members.map {
        check($0.value, as: value, place: "`\($0.name.text)`")
      }
      if values.contains(where: { $0.type == .unknown }) { return Typed.wrong.expression }
      return Conversion.map(object.members.map(\.name.text), values, value)
    default: return nil
    }
  }

  private func members(of object: ObjectSyntax, _ fields: [Field]) -> Expression {
    var values: [String: Expression] = [:]
    var seen: [String: Span] = [:]
    for member in object.members {
      let name = member.name.text
      if let first = seen[name] {
        report(NestedProblem.fieldTwice(name, first: first), at: member.name.span)
        continue
      }
      seen[name] = member.name.span
      guard let field = fields.first(where: { $0.name == name }) else {
        report(NestedProblem.noField(name, of: fields.map(\.name)), at: member.name.span)
        values[name] = Typed.wrong.expression
        continue
      }
      values[name] = check(member.value, as: field.fieldType, place: "`\(name)`")
    }
    let parts = fields.map { field in
      if let value = values[field.name] { return value }
      if field.isNullable { return Expression.literal(.null, field.type) }
      report(NestedProblem.missingField(field), at: object.span)
      return Typed.wrong.expression
    }
    let all = parts + values.filter { name, _ in !fields.contains { $0.name == name } }.values
    return whole(.structure(parts), all, .structure(fields))
  }

  private func whole(
    _ node: Expression.Node, _ parts: [Expression], _ type: DataType
  ) -> Expression {
    if parts.contains(where: { $0.type == .unknown }) { return Typed.wrong.expression }
    return Expression(node, FieldType(type))
  }
}
