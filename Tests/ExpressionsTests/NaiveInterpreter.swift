import Plans
import Schemas
import TestKit

/// The language's meaning, row by row and as plain as can be: what the kernels are held against.
/// Covers ints, floats, decimals, bools, texts and points in time.
struct NaiveInterpreter {
  struct Failure: Error {}

  var row: [String: Cell]

  func evaluate(_ expression: Expression) throws -> Cell {
    switch expression.node {
    case .column(let name): return row[name]!
    case .literal(let literal): return self.literal(literal)
    case .eventTime: preconditionFailure("no expression of the language")
    case .call(let name, let operands):
      if case .list? = operands.first?.type { return try ofList(name, operands) }
      let values = try operands.map(evaluate)
      return try time(name, operands, values) ?? call(name, values, expression.type)
    case .cast(let operand, let isTry):
      do {
        let value = try evaluate(operand)
        return try Self.timeCast(value, from: operand.type, to: expression.type)
          ?? cast(value, to: expression.type)
      } catch is CastFailure {
        if isTry { return .null }
        throw Failure()
      }
    case .branch(let branches, let otherwise):
      for branch in branches where try isTrue(branch.condition) {
        return try evaluate(branch.value)
      }
      return try otherwise.map(evaluate) ?? .null
    case .coalesce(let operands):
      for operand in operands {
        let value = try evaluate(operand)
        if value != .null { return value }
      }
      return .null
    case .and(let operands): return try junction(operands, deciding: false)
    case .or(let operands): return try junction(operands, deciding: true)
    case .not(let operand):
      guard case .bool(let value) = try evaluate(operand) else { return .null }
      return .bool(!value)
    case .isNull(let operand): return .bool(try evaluate(operand) == .null)
    case .isIn(let value, let members): return try membership(value, members)
    case .member(let base, let name): return try member(base, name)
    case .each(let operation, let list, let parameter, let body):
      guard let values = try each(list, parameter, body)?.map(\.value) else { return .null }
      let decisive = Cell.bool(operation == .any)
      if values.contains(decisive) { return decisive }
      return values.contains(.null) ? .null : .bool(operation != .any)
    case .list, .structure: preconditionFailure("a nested value is no cell")
    }
  }

  /// Of a condition null is as good as false, so an `and` is decided by either.
  private func isTrue(_ condition: Expression) throws -> Bool {
    guard case .and(let operands) = condition.node else { return try evaluate(condition) == true }
    return try operands.allSatisfy(isTrue)
  }

  private func junction(_ operands: [Expression], deciding: Bool) throws -> Cell {
    var sawNull = false
    for operand in operands {
      let value = try evaluate(operand)
      if value == .bool(deciding) { return value }
      if value == .null { sawNull = true }
    }
    return sawNull ? .null : .bool(!deciding)
  }

  private func membership(_ value: Expression, _ members: [Expression]) throws -> Cell {
    let value = try evaluate(value)
    let members = try members.map(evaluate)
    if value == .null { return .null }
    if members.contains(value) { return true }
    return members.contains(.null) ? .null : false
  }

  private func literal(_ literal: Literal) -> Cell {
    switch literal {
    case .null: .null
    case .bool(let value): .bool(value)
    case .int(let value), .timestamp(let value), .date(let value), .duration(let value): .int(value)
    case .float(let value): .float(value)
    case .string(let value): .text(value)
    case .decimal(let unscaled, let scale): .decimal(unscaled: unscaled, scale: scale)
    default: preconditionFailure("not made by the tests")
    }
  }

  private func call(_ name: String, _ values: [Cell], _ type: DataType) throws -> Cell {
    if name == "is_distinct_from" { return .bool(values[0] != values[1]) }
    if name == "is_not_distinct_from" { return .bool(values[0] == values[1]) }
    if values.contains(.null) { return .null }
    if name.hasPrefix("try_") {
      do {
        return try call(String(name.dropFirst(4)), values, type)
      } catch is Failure {
        return .null
      }
    }
    if let value = try number(name, values) ?? text(name, values) ?? decimal(name, values, type) {
      return value
    }
    switch (name, values[0], values.count > 1 ? values[1] : .null) {
    case ("equal", let a, let b): return .bool(a == b)
    case ("not_equal", let a, let b): return .bool(a != b)
    case ("less", .float(let a), .float(let b)): return .bool(a < b)
    case ("less_equal", .float(let a), .float(let b)): return .bool(a <= b)
    case ("greater", .float(let a), .float(let b)): return .bool(a > b)
    case ("greater_equal", .float(let a), .float(let b)): return .bool(a >= b)
    case ("less", let a, let b): return .bool(order(a, b) < 0)
    case ("less_equal", let a, let b): return .bool(order(a, b) <= 0)
    case ("greater", let a, let b): return .bool(order(a, b) > 0)
    case ("greater_equal", let a, let b): return .bool(order(a, b) >= 0)
    case ("add", .int(let a), .int(let b)): return try checked(a.addingReportingOverflow(b))
    case ("subtract", .int(let a), .int(let b)):
      return try checked(a.subtractingReportingOverflow(b))
    case ("multiply", .int(let a), .int(let b)):
      return try checked(a.multipliedReportingOverflow(by: b))
    case ("div", .int(let a), .int(let b)): return try checked(a.dividedReportingOverflow(by: b))
    case ("modulo", .int(let a), .int(let b)):
      if b == 0 { throw Failure() }
      return .int(b == -1 ? 0 : a % b)
    case ("negate", .int(let a), _): return try checked(Int64(0).subtractingReportingOverflow(a))
    case ("concat", .text(let a), .text(let b)): return .text(a + b)
    case ("upper", .text(let a), _): return .text(a.uppercased())
    case ("char_length", .text(let a), _): return .int(Int64(a.unicodeScalars.count))
    case ("greatest", let a, let b): return order(a, b) >= 0 ? a : b
    case ("least", let a, let b): return order(a, b) <= 0 ? a : b
    default: preconditionFailure("\(name) is not made by the tests")
    }
  }

  func checked(_ result: (partialValue: Int64, overflow: Bool)) throws -> Cell {
    if result.overflow { throw Failure() }
    return .int(result.partialValue)
  }

  private func order(_ a: Cell, _ b: Cell) -> Int {
    switch (a, b) {
    case (.int(let x), .int(let y)): x < y ? -1 : (x > y ? 1 : 0)
    case (.decimal(let x, _), .decimal(let y, _)): x < y ? -1 : (x > y ? 1 : 0)
    case (.bool(let x), .bool(let y)): (x ? 1 : 0) - (y ? 1 : 0)
    case (.text(let x), .text(let y)):
      Array(x.utf8).lexicographicallyPrecedes(Array(y.utf8)) ? -1 : (x == y ? 0 : 1)
    default: preconditionFailure("not made by the tests")
    }
  }

  private struct CastFailure: Error {}

  private func cast(_ value: Cell, to type: DataType) throws -> Cell {
    switch (value, type) {
    case (.null, _): return .null
    case (.int(let value), .string): return .text("\(value)")
    case (.bool(let value), .string): return .text("\(value)")
    case (.text(let text), .int):
      let digits = String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      guard let value = Int64(digits) else { throw CastFailure() }
      return .int(value)
    case (.bool(let value), .int): return .int(value ? 1 : 0)
    case (.int(let value), .bool): return .bool(value != 0)
    case (.int(let value), .float): return .float(Double(value))
    case (.float(let value), .int):
      guard let whole = Int64(exactly: value.rounded(.towardZero)) else { throw CastFailure() }
      return .int(whole)
    case (.decimal(let unscaled, let scale), _):
      guard let result = Self.cast(unscaled, scale, to: type) else { throw CastFailure() }
      return result
    case (.int(let value), .decimal):
      guard let result = Self.cast(Int128(value), 0, to: type) else { throw CastFailure() }
      return result
    default: return value
    }
  }
}
