public import Schemas

/// Holds the lists, elements and maps of a call against each other: all lists have one type of
/// elements, all maps one of values. What may be null does not matter.
struct NestedFit {
  private var element: DataType?
  private var value: DataType?

  mutating func takes(_ type: DataType, as parameter: FunctionSignature.Parameter) -> Bool {
    switch (parameter, type) {
    case (.element, _): return agrees(type)
    case (.list, .list(let inner)): return agrees(inner.type)
    case (.orderedList, .list(let inner)): return inner.type.isOrdered && agrees(inner.type)
    case (.numberList, .list(let inner)): return inner.type.isNumeric && agrees(inner.type)
    case (.map, .map(let inner)):
      let fits = value.map { $0.isSameButNulls(as: inner.type) } ?? true
      value = inner.type
      return fits
    default: return false
    }
  }

  private mutating func agrees(_ type: DataType) -> Bool {
    let fits = element.map { $0.isSameButNulls(as: type) } ?? true
    element = type
    return fits
  }
}

extension DataType {
  /// Whether `<` compares its values: every scalar but `json`.
  public var isOrdered: Bool { isScalar && self != .json }
}
