import Plans
import Schemas
import TestKit

/// Lists and structs, which live only inside of an expression that gives a scalar.
extension NaiveInterpreter {
  func member(_ base: Expression, _ name: String) throws -> Cell {
    guard case .structure(let values) = base.node, case .structure(let fields) = base.type else {
      preconditionFailure("only structs that are written out")
    }
    let all = try values.map(evaluate)
    return all[fields.firstIndex { $0.name == name }!]
  }

  /// What a lambda gives for each element; nil of null.
  func each(
    _ list: Expression, _ parameter: Field, _ body: Expression
  ) throws -> [(element: Cell, value: Cell)]? {
    try elements(list)?.map { element in
      var inner = self
      inner.row[parameter.name] = element
      return (element, try inner.evaluate(body))
    }
  }

  /// nil of null. A column has them as JSON.
  func elements(_ list: Expression) throws -> [Cell]? {
    switch list.node {
    case .column(let name):
      guard case .text(let json)? = row[name] else { return nil }
      return json.dropFirst().dropLast().split(separator: ",").map { element in
        Int64(element).map { .int($0) } ?? .null
      }
    case .list(let elements): return try elements.map(evaluate)
    case .each(.map, let inner, let parameter, let body):
      return try each(inner, parameter, body)?.map(\.value)
    case .each(.filter, let inner, let parameter, let body):
      return try each(inner, parameter, body)?.filter { $0.value == true }.map(\.element)
    default: preconditionFailure("not among the random expressions")
    }
  }

  func ofList(_ name: String, _ operands: [Expression]) throws -> Cell {
    let found = try elements(operands[0])
    let others = try operands.dropFirst().map(evaluate)
    guard let list = found else { return .null }
    switch name {
    case "cardinality": return .int(Int64(list.count))
    case "at":
      guard case .int(let index) = others[0] else { return .null }
      return index >= 0 && index < list.count ? list[Int(index)] : .null
    case "array_contains": return .bool(list.contains(others[0]))
    case "array_sum":
      var sum: Int128 = 0
      for case .int(let value) in list { sum += Int128(value) }
      guard let fitting = Int64(exactly: sum) else { throw Failure() }
      return .int(fitting)
    default: preconditionFailure("not among the random expressions")
    }
  }
}
