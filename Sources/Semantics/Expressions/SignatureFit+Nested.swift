import Plans
import Schemas

/// What the lists and maps of a call agree on.
struct NestedTypes {
  /// Of the elements of all lists, and of the elements beside them.
  var element: FieldType?
  /// Of the values of all maps.
  var value: FieldType?

  /// The type that an argument gets at such a place; nil at any other.
  func wanted(_ parameter: FunctionSignature.Parameter, _ argument: Typed) -> DataType? {
    switch parameter {
    case .list, .orderedList, .numberList:
      if let element, argument.isNull { return .list(element) }
      guard let element, case .list(let own) = argument.type else { return nil }
      return .list(FieldType(element.type, nullable: own.isNullable))
    case .element: return element?.type
    case .map:
      if let value, argument.isNull { return .map(value) }
      guard let value, case .map(let own) = argument.type else { return nil }
      return .map(FieldType(value.type, nullable: own.isNullable))
    default: return nil
    }
  }

  /// The result's type where it follows from them.
  func result(_ rule: FunctionSignature.ResultRule, _ arguments: [Expression]) -> DataType? {
    switch rule {
    case .list: element.map { .list($0) }
    case .element: element?.type
    case .elementSum: element.map { sum($0.type) }
    case .map: value.map { .map($0) }
    case .mapValue: value?.type
    case .mapValues: value.map { .list($0) }
    case .mapEntries: value.map { .list(FieldType(Self.entry($0))) }
    case .mapOfElements: element.map { .map($0) }
    default: nil
    }
  }

  private func sum(_ type: DataType) -> DataType {
    guard case .decimal(_, let scale) = type else { return type }
    return .decimal(precision: DataType.maximumPrecision, scale: scale)
  }

  private static func entry(_ value: FieldType) -> DataType {
    .structure([Field("key", .string), Field("value", value)])
  }
}

extension SignatureFit {
  func nestedTypes() throws(Misfit) -> NestedTypes {
    NestedTypes(element: try elementType(), value: try valueType())
  }

  private func elementType() throws(Misfit) -> FieldType? {
    var values: [Typed] = []
    var nullable = false
    for (index, argument) in arguments.enumerated() {
      switch signature.parameter(at: index) {
      case .list?, .orderedList?, .numberList?:
        // Null is no list of any elements, if another list says of which.
        if argument.isNull, hasOther(index, .list) { continue }
        guard case .list(let element) = argument.type else {
          throw .argument(index, expected: "a list")
        }
        nullable = nullable || element.isNullable
        values.append(Typed(Expression(.literal(.null), element)))
      case .element?:
        nullable = nullable || argument.fieldType.isNullable
        values.append(argument)
      default: break
      }
    }
    guard let first = arguments.indices.first(where: { isNested($0) }) else { return nil }
    guard let type = Conversion.common(values) else {
      throw .argument(arguments.count - 1, expected: "the type of the list's elements")
    }
    switch signature.parameter(at: first) {
    case .orderedList? where type != .unknown && !type.isOrdered:
      throw .argument(first, expected: "a list of values with an order")
    case .numberList? where type != .unknown && !type.isNumeric:
      throw .argument(first, expected: "a list of numbers")
    default: return FieldType(type, nullable: nullable)
    }
  }

  /// Whether another argument at such a place has a type.
  private func hasOther(_ index: Int, _ parameter: FunctionSignature.Parameter) -> Bool {
    places(parameter).contains { $0 != index && !arguments[$0].isNull }
  }

  private func isNested(_ index: Int) -> Bool {
    switch signature.parameter(at: index) {
    case .list?, .orderedList?, .numberList?, .element?: true
    default: false
    }
  }

  private func valueType() throws(Misfit) -> FieldType? {
    var values: [Typed] = []
    var nullable = false
    for index in places(.map) {
      if arguments[index].isNull, hasOther(index, .map) { continue }
      guard case .map(let value) = arguments[index].type else {
        throw .argument(index, expected: "a map")
      }
      nullable = nullable || value.isNullable
      values.append(Typed(Expression(.literal(.null), value)))
    }
    if values.isEmpty { return nil }
    guard let type = Conversion.common(values) else {
      throw .argument(arguments.count - 1, expected: "a map of the same values")
    }
    return FieldType(type, nullable: nullable)
  }
}
