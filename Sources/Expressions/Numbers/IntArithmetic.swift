import Columns
import Schemas

/// Addition, subtraction, multiplication and whole division of ints, points in time and durations.
final class IntArithmetic: CallEvaluator {
  enum Operation: String { case add, subtract, multiply, div, divide }

  private let operation: Operation

  init(_ operation: Operation, _ type: DataType, _ arguments: [Evaluator]) {
    self.operation = operation
    let divides = operation == .div || operation == .divide
    super.init(type, arguments, canFail: true, cost: divides ? 3 : 1)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    let out = Column.strict(type, over: arguments, rowCount: rows.rowCount)
    let (a, b) = (arguments[0].ints, arguments[1].ints)
    let overflowed =
      switch operation {
      case .add: ArithmeticKernels.add(a, b, to: out.ints, rows)
      case .subtract: ArithmeticKernels.subtract(a, b, to: out.ints, rows)
      case .multiply: ArithmeticKernels.multiply(a, b, to: out.ints, rows)
      case .div, .divide: ArithmeticKernels.divide(a, b, to: out.ints, rows)
      }
    return overflowed ? failing(arguments, frame, rows, out) : out
  }

  /// Goes through the rows after the flag was set, which may have been for a row without a value.
  private func failing(
    _ arguments: [Column], _ frame: Frame, _ rows: RowSet, _ out: Column
  ) -> Column {
    let (a, b) = (arguments[0].ints, arguments[1].ints)
    var failed: [Int] = []
    let valid = out.validity
    rows.eachRow { row in
      let over =
        switch operation {
        case .add: a[row].addingReportingOverflow(b[row]).overflow
        case .subtract: a[row].subtractingReportingOverflow(b[row]).overflow
        case .multiply: a[row].multipliedReportingOverflow(by: b[row]).overflow
        case .div, .divide: a[row].dividedReportingOverflow(by: b[row]).overflow
        }
      if over, valid.map({ $0[row] != 0 }) ?? true { failed.append(row) }
    }
    let divides = operation == .div || operation == .divide
    for row in failed {
      let byZero = divides && b[row] == 0
      frame.fail(
        row, byZero ? .divisionByZero : .overflow(operation: operation.rawValue, type: type))
    }
    return out.nulling(failed)
  }
}

extension Column {
  /// The column, null besides in these rows; fixed width, with its one owner.
  func nulling(_ rows: [Int]) -> Column {
    if rows.isEmpty { return self }
    if let validity {
      for row in rows { validity[row] = 0 }
      return self
    }
    let copy = Column(fixed: type, rowCount: rowCount, withValidity: true)
    copy.values.copyMemory(from: values, byteCount: rowCount * type.width)
    copy.validity?.initialize(repeating: 1, count: rowCount)
    for row in rows { copy.validity?[row] = 0 }
    return copy
  }
}

/// Arithmetic of floats by IEEE 754, but that division by zero fails the row.
final class FloatArithmetic: CallEvaluator {
  enum Operation { case add, subtract, multiply, divide }

  private let operation: Operation

  init(_ operation: Operation, _ arguments: [Evaluator]) {
    self.operation = operation
    super.init(.float, arguments, canFail: operation == .divide, cost: 1)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    let out = Column.strict(.float, over: arguments, rowCount: rows.rowCount)
    let (a, b) = (arguments[0].floats, arguments[1].floats)
    switch operation {
    case .add: ArithmeticKernels.add(a, b, to: out.floats, rows)
    case .subtract: ArithmeticKernels.subtract(a, b, to: out.floats, rows)
    case .multiply: ArithmeticKernels.multiply(a, b, to: out.floats, rows)
    case .divide:
      guard ArithmeticKernels.divide(a, b, to: out.floats, rows) else { return out }
      var failed: [Int] = []
      let valid = out.validity
      rows.eachRow { row in
        if b[row] == 0, valid.map({ $0[row] != 0 }) ?? true { failed.append(row) }
      }
      for row in failed { frame.fail(row, .divisionByZero) }
      return out.nulling(failed)
    }
    return out
  }
}
