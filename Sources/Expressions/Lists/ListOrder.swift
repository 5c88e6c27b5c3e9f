import Columns
import Schemas

/// Parts of lists by place, and their order.
enum ListOrder {
  /// Places count from 1, below 0 from the end; 0 is 1, as in Flink.
  static func slice(_ arguments: NestedArguments, _ row: Int) -> [Element] {
    let list = arguments.list(0, row)
    let count = Int64(list.count)
    func place(_ given: Int64) -> Int64 {
      given < 0 ? max(given + count + 1, 0) : max(given, 1)
    }
    let start = place(arguments.int(1, row))
    let end = min(arguments.count > 2 ? place(arguments.int(2, row)) : count, count)
    guard start <= end, end >= 1 else { return [] }
    return (max(start, 1)...end).map { list.element(Int($0) - 1) }
  }

  /// Stable, so that the order of equals needs no rule.
  static func sorted(_ arguments: NestedArguments, _ row: Int) -> [Element] {
    let ascends = arguments.count < 2 || arguments.bool(1, row)
    let nullsFirst = arguments.count < 3 ? ascends : arguments.bool(2, row)
    let type = arguments.elementType(0)
    let all = arguments.list(0, row).all
    let values = all.compactMap { $0 }.sorted { a, b in
      ascends ? Elements.precedes(a, b, type) : Elements.precedes(b, a, type)
    }
    let nulls = [Element](repeating: nil, count: all.count - values.count)
    return nullsFirst ? nulls + values : values + nulls
  }
}

/// The sum of a list's numbers; nulls are left out.
enum ListSum {
  static func bind(_ call: Call) -> Evaluator {
    switch call.result {
    case .float:
      let function = NestedValue<Double> { arguments, row, _ in
        values(arguments, row).reduce(0) { $0 + $1.loadUnaligned(as: Double.self) }
      }
      return ValueCall(function, call.result, call.arguments, cost: 20)
    case .decimal:
      let type = call.result
      let function = NestedValue<Int128> { arguments, row, frame in
        decimals(arguments, row, type, frame)
      }
      return ValueCall(function, type, call.arguments, canFail: true, cost: 30)
    default:
      let function = NestedValue<Int64> { arguments, row, frame in
        let sum = values(arguments, row).reduce(Int128(0)) {
          $0 + Int128($1.loadUnaligned(as: Int64.self))
        }
        if let fitting = Int64(exactly: sum) { return fitting }
        frame.fail(row, .overflow(operation: "sum", type: .int))
        return nil
      }
      return ValueCall(function, call.result, call.arguments, canFail: true, cost: 20)
    }
  }

  private static func values(_ arguments: NestedArguments, _ row: Int) -> [UnsafeRawPointer] {
    arguments.list(0, row).all.compactMap { $0.flatMap { UnsafeRawPointer($0.baseAddress) } }
  }

  private static func decimals(
    _ arguments: NestedArguments, _ row: Int, _ type: DataType, _ frame: Frame
  ) -> Int128? {
    var sum: Int128 = 0
    for value in values(arguments, row) {
      let (next, over) = sum.addingReportingOverflow(value.loadUnaligned(as: Int128.self))
      if over {
        frame.fail(row, .overflow(operation: "sum", type: type))
        return nil
      }
      sum = next
    }
    if sum.magnitude < PowersOfTen.power(DataType.maximumPrecision).magnitude { return sum }
    frame.fail(row, .overflow(operation: "sum", type: type))
    return nil
  }
}
