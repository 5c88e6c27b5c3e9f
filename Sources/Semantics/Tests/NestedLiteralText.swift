import Plans
import Schemas

/// The JSON of a nested value that is written out in a test.
enum NestedLiteralText {
  /// Nil where a part depends on a row.
  static func json(_ expression: Expression) -> String? {
    switch expression.node {
    case .list(let elements):
      let texts = elements.compactMap(json)
      return texts.count == elements.count ? "[\(texts.joined(separator: ","))]" : nil
    case .structure(let values):
      guard case .structure(let fields) = expression.type else { return nil }
      return object(fields.map(\.name), values)
    case .call("map_from_arrays", let lists):
      guard lists.count == 2, case .list(let keys) = lists[0].node,
        case .list(let values) = lists[1].node
      else { return nil }
      return object(
        keys.compactMap { key in
          if case .literal(.string(let text)) = key.node { text } else { nil }
        }, values)
    case .cast(let inner, _) where inner.type.isNested: return json(inner)
    default:
      return ConstantEvaluation.value(of: expression).flatMap { scalar($0, expression.type) }
    }
  }

  private static func object(_ names: [String], _ values: [Expression]) -> String? {
    let texts = zip(names, values).compactMap { name, value in
      json(value).map { "\(TestChecker.quoted(name)):\($0)" }
    }
    return texts.count == names.count ? "{\(texts.joined(separator: ","))}" : nil
  }

  static func scalar(_ literal: Literal, _ type: DataType) -> String? {
    switch (literal, type) {
    case (.null, _): "null"
    case (.bool(let value), _): "\(value)"
    case (.int(let value), _): "\(value)"
    case (.float(let value), _): value.isFinite ? "\(value)" : nil
    case (.decimal(let unscaled, let scale), _): DecimalText.text(unscaled, scale: scale)
    case (.timestamp(let value), _): "\"\(TimeRendering.timestamp(value))\""
    case (.date(let value), _): "\"\(TimeRendering.date(value))\""
    case (.duration(let value), _): "\"\(TimeRendering.duration(value))\""
    case (.string(let text), .json): text
    case (.string(let text), _): TestChecker.quoted(text)
    default: nil
    }
  }
}
