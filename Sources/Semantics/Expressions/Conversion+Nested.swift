import Plans
import Schemas

/// Lists, maps and structs in the types that are wanted of them.
extension Conversion {
  /// The value in a nested type: what is written out part by part, a struct written out as a map
  /// too, a list element by element; else the same with more nulls. Nil: it does not fit.
  static func nested(_ value: Expression, to type: DataType) -> Expression? {
    let fieldType = FieldType(type, nullable: value.isNullable)
    switch (value.node, type) {
    case (.list(let elements), .list(let element)):
      return parts(elements, as: elements.map { _ in element })
        .map { Expression(.list($0), fieldType) }
    case (.structure(let values), .structure(let fields)):
      return structure(values, value.type, fields).map { Expression(.structure($0), fieldType) }
    case (.structure(let values), .map(let wanted)):
      guard case .structure(let own) = value.type,
        let parts = parts(values, as: values.map { _ in wanted })
      else { return nil }
      return map(own.map(\.name), parts, wanted)
    default: break
    }
    if value.type.fits(into: type) { return cast(value, to: type) }
    guard case .list(let from) = value.type, case .list(let to) = type,
      !from.isNullable || to.isNullable
    else { return nil }
    // No lambda stands inside of this one, so its depth says nothing.
    let parameter = Field(LambdaParameter.name("x", depth: 0), from)
    guard let body = adapt(Typed(.column(parameter)), to: to.type) else { return nil }
    return Expression(.each(.map, value, parameter: parameter, body: body), fieldType)
  }

  static func map(_ keys: [String], _ values: [Expression], _ value: FieldType) -> Expression {
    let names = Expression(
      .list(keys.map { .literal(.string($0), .string) }),
      FieldType(.list(FieldType(.string))))
    let list = Expression(.list(values), FieldType(.list(value)))
    return Expression(.call("map_from_arrays", [names, list]), FieldType(.map(value)))
  }

  /// By name, in any order; what may be null may be left out.
  private static func structure(
    _ values: [Expression], _ type: DataType, _ fields: [Field]
  ) -> [Expression]? {
    guard case .structure(let own) = type,
      own.allSatisfy({ field in fields.contains { $0.name == field.name } })
    else { return nil }
    let wanted = fields.map { field in
      own.firstIndex { $0.name == field.name }.map { values[$0] }
        ?? .literal(.null, field.type)
    }
    return parts(wanted, as: fields.map(\.fieldType))
  }

  private static func parts(_ values: [Expression], as types: [FieldType]) -> [Expression]? {
    var converted: [Expression] = []
    for (value, type) in zip(values, types) {
      guard let part = adapt(Typed(value, isLiteral: value.isWrittenOut), to: type.type),
        type.isNullable || !part.isNullable
      else { return nil }
      converted.append(part)
    }
    return converted
  }

  /// The nested type that both fit into; nil if there is none.
  static func commonNested(_ a: Typed, _ b: Typed) -> DataType? {
    guard let type = commonNested(a.type, b.type), adapt(a, to: type) != nil,
      adapt(b, to: type) != nil
    else { return nil }
    return type
  }

  private static func commonNested(_ a: DataType, _ b: DataType) -> DataType? {
    func common(_ a: FieldType, _ b: FieldType) -> FieldType? {
      func stand(_ type: FieldType) -> Typed { Typed(Expression(.literal(.null), type)) }
      let type =
        a.type.isNested && b.type.isNested
        ? commonNested(a.type, b.type) : Conversion.common(stand(a), stand(b))
      return type.map { FieldType($0, nullable: a.isNullable || b.isNullable) }
    }
    switch (a, b) {
    case (.list(let x), .list(let y)): return common(x, y).map { .list($0) }
    case (.map(let x), .map(let y)): return common(x, y).map { .map($0) }
    case (.structure(let x), .structure(let y)):
      guard x.map(\.name) == y.map(\.name) else { return nil }
      let fields = zip(x, y).compactMap { a, b in
        common(a.fieldType, b.fieldType).map { Field(a.name, $0) }
      }
      return fields.count == x.count ? .structure(fields) : nil
    default: return a == b ? a : nil
    }
  }
}

extension Expression {
  /// Whether it is a literal, or made of nothing else.
  var isWrittenOut: Bool {
    switch node {
    case .literal: true
    case .list(let parts), .structure(let parts): parts.allSatisfy(\.isWrittenOut)
    default: false
    }
  }
}
