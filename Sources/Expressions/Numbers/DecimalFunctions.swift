import Columns
import Schemas

extension DataType {
  /// Digits behind the point of a decimal, 0 otherwise.
  var scale: Int {
    if case .decimal(_, let scale) = self { return scale }
    return 0
  }

  /// 10^precision of a decimal.
  var bound: Int128 {
    if case .decimal(let precision, _) = self { return PowersOfTen.power(min(precision, 38)) }
    return PowersOfTen.power(38)
  }
}

/// `+`, `-`, `*`, `/` and `%` of decimals, with SQL's result types, rounding half up.
struct DecimalFunction: ValueFunction {
  enum Operation: String { case add, subtract, multiply, divide, modulo }

  private let operation: Operation
  private let result: DataType
  private let shiftA: Int
  private let shiftB: Int
  private let drop: Int
  private let quotientShift: Int
  private let bound: Int128
  private var a: UnsafePointer<Int128>?
  private var b: UnsafePointer<Int128>?

  init(_ operation: Operation, _ first: DataType, _ second: DataType, _ result: DataType) {
    self.operation = operation
    self.result = result
    let scale = max(first.scale, second.scale)
    shiftA = scale - first.scale
    shiftB = scale - second.scale
    let exact = operation == .multiply ? first.scale + second.scale : scale
    drop = exact - result.scale
    quotientShift = result.scale - first.scale + second.scale
    bound = result.bound
  }

  mutating func prepare(_ arguments: [Column]) {
    a = UnsafePointer(arguments[0].decimals)
    b = UnsafePointer(arguments[1].decimals)
  }

  @inline(__always)
  func value(_ row: Int, _ frame: Frame) -> Int128? {
    guard let a, let b else { return nil }
    let (x, y) = (a[row], b[row])
    let value: Int128?
    switch operation {
    case .add:
      value = DecimalArithmetic.add(
        x, y, shiftA: shiftA, shiftB: shiftB, drop: drop, bound: bound)
    case .subtract:
      value = DecimalArithmetic.add(
        x, 0 &- y, shiftA: shiftA, shiftB: shiftB, drop: drop, bound: bound)
    case .multiply: value = DecimalArithmetic.multiply(x, y, drop: drop, bound: bound)
    case .divide, .modulo:
      if y == 0 {
        frame.fail(row, .divisionByZero)
        return nil
      }
      value =
        operation == .divide
        ? DecimalArithmetic.divide(x, y, shift: quotientShift, bound: bound)
        : DecimalArithmetic.remainder(x, y, shiftA: shiftA, shiftB: shiftB, bound: bound)
    }
    if value == nil {
      frame.fail(row, .overflow(operation: operation.rawValue, type: result))
    }
    return value
  }
}

/// Functions of one decimal.
struct DecimalUnary: ValueFunction {
  enum Operation {
    case negate, absolute, sign, ceil, floor
    case round(digits: Int)
    case truncate(digits: Int)
  }

  private let operation: Operation
  private let name: String
  private let source: DataType
  private let result: DataType
  private var values: UnsafePointer<Int128>?

  init(_ operation: Operation, name: String, _ source: DataType, _ result: DataType) {
    self.operation = operation
    self.name = name
    self.source = source
    self.result = result
  }

  mutating func prepare(_ arguments: [Column]) {
    values = UnsafePointer(arguments[0].decimals)
  }

  func value(_ row: Int, _ frame: Frame) -> Int128? {
    guard let values else { return nil }
    let x = values[row]
    let value: Int128?
    switch operation {
    case .negate: value = 0 &- x
    case .absolute: value = x < 0 ? 0 &- x : x
    case .sign:
      // At scale s, 1 is 10^s.
      value = Int128(x.signum()) * PowersOfTen.power(source.scale)
    case .ceil: value = whole(x, up: true)
    case .floor: value = whole(x, up: false)
    case .round(let digits): value = cut(x, digits, rounds: true)
    case .truncate(let digits): value = cut(x, digits, rounds: false)
    }
    guard let value, value < result.bound, value > 0 &- result.bound else {
      frame.fail(row, .overflow(operation: name, type: result))
      return nil
    }
    return value
  }

  /// The next whole number at the result's scale.
  private func whole(_ x: Int128, up: Bool) -> Int128? {
    let unit = PowersOfTen.power(source.scale)
    var quotient = x / unit
    let rest = x % unit
    if up, rest > 0 { quotient += 1 }
    if !up, rest < 0 { quotient -= 1 }
    return DecimalArithmetic.rescale(quotient, by: result.scale, bound: result.bound)
  }

  private func cut(_ x: Int128, _ digits: Int, rounds: Bool) -> Int128? {
    let extra = source.scale - digits
    guard extra > 0 else {
      return DecimalArithmetic.rescale(x, by: result.scale - source.scale, bound: result.bound)
    }
    guard extra <= 38 else { return 0 }
    let unit = PowersOfTen.power(extra)
    let kept = rounds ? DecimalArithmetic.divideRounding(x, unit) : x / unit
    return DecimalArithmetic.rescale(kept, by: result.scale - digits, bound: result.bound)
  }
}
