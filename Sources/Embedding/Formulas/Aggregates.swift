/// An aggregate over the rows of a window, for the block of `window`; it may be calculated with
/// like any other expression.
public struct Aggregate<Value: ColumnValue>: Formula {
  public let text: String

  /// Any aggregate of the language: `Aggregate<Int>("count", "distinct_id")`.
  public init(_ function: String, _ arguments: any Formula..., where filter: Computed<Bool>? = nil)
  {
    self.init(function, arguments, filter)
  }

  fileprivate init(_ function: String, _ arguments: [any Formula], _ filter: Computed<Bool>?) {
    let parts = arguments.map(\.text).joined(separator: ", ")
    let condition = filter.map { (parts.isEmpty ? "" : " ") + "where \($0.text)" } ?? ""
    text = "\(function)(\(parts)\(condition))"
  }
}

/// How many rows there are.
public func count(where filter: Computed<Bool>? = nil) -> Aggregate<Int> {
  Aggregate("count", [], filter)
}

/// The sum of all values that are not null; null of none.
public func sum<Operand: Formula>(
  _ operand: Operand, where filter: Computed<Bool>? = nil
) -> Aggregate<Operand.Value.Base> where Operand.Value: NumericValue {
  Aggregate("sum", [operand], filter)
}

/// The least value that is not null; null of none.
public func least<Operand: Formula>(
  _ operand: Operand, where filter: Computed<Bool>? = nil
) -> Aggregate<Operand.Value.Base> { Aggregate("min", [operand], filter) }

/// The greatest value that is not null; null of none.
public func greatest<Operand: Formula>(
  _ operand: Operand, where filter: Computed<Bool>? = nil
) -> Aggregate<Operand.Value.Base> { Aggregate("max", [operand], filter) }

/// The mean of all values that are not null; null of none.
public func average<Operand: Formula>(
  _ operand: Operand, where filter: Computed<Bool>? = nil
) -> Aggregate<Operand.Value.Quotient> where Operand.Value: NumericValue {
  Aggregate("avg", [operand], filter)
}

/// How many different values there are: exactly up to 1,536, beyond with a standard error of
/// 0.81 %.
public func approximateCountDistinct<Operand: Formula>(
  _ operand: Operand, where filter: Computed<Bool>? = nil
) -> Aggregate<Int> { Aggregate("approx_count_distinct", [operand], filter) }

/// How many different values there are, exactly.
public func countDistinct<Operand: Formula>(
  _ operand: Operand, where filter: Computed<Bool>? = nil
) -> Aggregate<Int> { Aggregate("count_distinct", [operand], filter) }
