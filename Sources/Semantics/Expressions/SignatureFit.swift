import Plans
import Schemas

/// Why a call does not fit a signature.
enum Misfit: Error {
  case unknown
  case count
  case argument(Int, expected: String)
  /// Any value would do, and nothing says what this one is.
  case untyped(Int)
  case decimalWithFloat
  case notConstant(Int)
  case choice(Int, text: String, among: [String])
}

/// Tries one signature on checked arguments: the arguments as the plan holds them.
struct SignatureFit {
  let signature: FunctionSignature
  let arguments: [Typed]

  func fit() throws(Misfit) -> Expression {
    guard signature.accepts(count: arguments.count) else { throw .count }
    let number = try numberType()
    let common = try commonType()
    let nested = try nestedTypes()
    var converted: [Expression] = []
    // A wrong word is told of only where all else fits.
    var wrongWord: Misfit?
    for (index, argument) in arguments.enumerated() {
      guard let parameter = signature.parameter(at: index) else { throw .count }
      if let type = nested.wanted(parameter, argument) {
        guard let adapted = Conversion.adapt(argument, to: type) else {
          throw .argument(index, expected: article(FieldType(type)))
        }
        converted.append(adapted)
        continue
      }
      do throws(Misfit) {
        converted.append(try convert(argument, index, parameter, number, common))
      } catch {
        guard case .choice = error else { throw error }
        wrongWord = wrongWord ?? error
        converted.append(argument.expression)
      }
    }
    if let wrongWord { throw wrongWord }
    let type = nested.result(signature.result, converted) ?? resultType(converted, common)
    return Expression(
      .call(signature.name, converted), FieldType(type, nullable: isNullable(converted)))
  }

  func places(_ wanted: FunctionSignature.Parameter) -> [Int] {
    arguments.indices.filter { signature.parameter(at: $0) == wanted }
  }

  private enum NumberKind { case int, decimal, float }

  /// Which kind the `number` arguments agree on.
  private func numberType() throws(Misfit) -> NumberKind {
    var kind = NumberKind.int
    let indexes = places(.number)
    for index in indexes where !arguments[index].isNull && !arguments[index].type.isNumeric {
      throw .argument(index, expected: "a number")
    }
    let values = indexes.map { arguments[$0] }
    if values.contains(where: { $0.type == .float }) {
      for value in values {
        if case .decimal = value.type, !value.isLiteral { throw .decimalWithFloat }
      }
      kind = .float
    } else if values.contains(where: { if case .decimal = $0.type { true } else { false } }) {
      kind = .decimal
    } else if signature.result == .quotient {
      kind = .float
    }
    return kind
  }

  private func commonType() throws(Misfit) -> DataType {
    let indexes = places(.common)
    guard let first = indexes.first else { return .unknown }
    if let other = indexes.first(where: { arguments[$0].type.isNested }) {
      throw .argument(other, expected: "a scalar")
    }
    if indexes.allSatisfy({ arguments[$0].isNull }) {
      // Null of whatever type, where the result hangs on no type of theirs.
      guard signature.nulls == .propagates, case .type = signature.result else {
        throw .untyped(first)
      }
      return .string
    }
    guard let type = Conversion.common(indexes.map { arguments[$0] }), type.isScalar else {
      throw .argument(indexes.last ?? 0, expected: "the type of the others")
    }
    return type
  }

  private func convert(
    _ argument: Typed, _ index: Int, _ parameter: FunctionSignature.Parameter,
    _ number: NumberKind, _ common: DataType
  ) throws(Misfit) -> Expression {
    switch parameter {
    case .value(let type):
      guard let adapted = Conversion.adapt(argument, to: type) else {
        throw .argument(index, expected: "\(article(FieldType(type)))")
      }
      return adapted
    case .number: return try self.number(argument, index, number)
    case .common: return Conversion.toCommon(argument, common)
    case .anything:
      if argument.isNull { return .literal(.null, .string) }
      guard !argument.isUntyped else { throw .untyped(index) }
      return argument.expression
    case .constantText: return .literal(.string(try text(argument, index)), .string)
    case .setting:
      guard argument.type == .string else { throw .argument(index, expected: "a text") }
      guard let value = ConstantEvaluation.value(of: argument.expression) else {
        return argument.expression
      }
      if value == .null { throw .notConstant(index) }
      return .literal(value, .string)
    case .choice(let choices):
      let text = try text(argument, index)
      let wanted = text.lowercased()
      guard let choice = choices.first(where: { $0.lowercased() == wanted }) else {
        throw .choice(index, text: text, among: choices)
      }
      return .literal(.string(choice), .string)
    case .list, .element, .orderedList, .numberList, .map: throw .unknown
    case .constantInt:
      guard argument.type == .int else { throw .argument(index, expected: "an int") }
      guard let value = ConstantEvaluation.value(of: argument.expression), value != .null else {
        throw .notConstant(index)
      }
      return .literal(value, .int)
    }
  }

  private func number(
    _ argument: Typed, _ index: Int, _ kind: NumberKind
  ) throws(Misfit) -> Expression {
    let target: DataType
    switch (kind, argument.type) {
    case (.float, _): target = .float
    case (.int, _): target = .int
    case (.decimal, .int):
      guard argument.isLiteral, case .literal(.int(let value)) = argument.expression.node else {
        target = DecimalRules.ofInt
        break
      }
      target = Conversion.literalType(unscaled: Int128(value), scale: 0) ?? DecimalRules.ofInt
    case (.decimal, _): target = argument.isNull ? DecimalRules.ofInt : argument.type
    }
    guard let adapted = Conversion.adapt(argument, to: target) else {
      throw .argument(index, expected: "a number")
    }
    return adapted
  }

  private func text(_ argument: Typed, _ index: Int) throws(Misfit) -> String {
    guard argument.type == .string else { throw .argument(index, expected: "a text constant") }
    guard case .string(let text) = ConstantEvaluation.value(of: argument.expression) else {
      throw .notConstant(index)
    }
    return text
  }

  private func resultType(_ arguments: [Expression], _ common: DataType) -> DataType {
    let first = arguments.first?.type ?? .unknown
    let second = arguments.count > 1 ? arguments[1].type : first
    switch signature.result {
    case .type(let type): return type
    case .first: return first
    case .common: return common
    case .sum: return DecimalRules.sum(first, second)
    case .product: return DecimalRules.product(first, second)
    case .quotient: return DecimalRules.quotient(first, second)
    case .remainder: return DecimalRules.remainder(first, second)
    case .list, .element, .elementSum, .map, .mapValue, .mapValues, .mapEntries, .mapOfElements:
      return .unknown
    case .integral: return DecimalRules.rounded(first, to: 0)
    case .rounded:
      guard arguments.count > 1, case .literal(.int(let digits)) = arguments[1].node else {
        return DecimalRules.rounded(first, to: 0)
      }
      return DecimalRules.rounded(first, to: Int(clamping: digits))
    }
  }

  private func isNullable(_ arguments: [Expression]) -> Bool {
    switch signature.nulls {
    case .propagates: arguments.contains(where: \.isNullable)
    case .alwaysNullable: true
    case .never: false
    case .first: arguments.first?.isNullable ?? false
    }
  }
}
