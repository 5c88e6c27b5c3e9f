import Columns
import Schemas

extension KernelTable {
  static let operators: [String: Maker] = [
    "add": { (call) throws(BindingError) in try arithmetic(call, .add, .add, .add) },
    "subtract": { (call) throws(BindingError) in
      if call.types == [.date, .date] {
        return ValueCall(DateDifference(), call.result, call.arguments, canFail: true)
      }
      return try arithmetic(call, .subtract, .subtract, .subtract)
    },
    "multiply": { (call) throws(BindingError) in
      try arithmetic(call, .multiply, .multiply, .multiply)
    },
    "divide": divide, "modulo": modulo,
    "div": { call in IntArithmetic(.div, .int, call.arguments) },
    "negate": { (call) throws(BindingError) in
      try unary(call, .negate, .negate, .negate, canFail: true)
    },
    "equal": comparison(.equal), "not_equal": comparison(.notEqual), "less": comparison(.less),
    "less_equal": comparison(.lessOrEqual), "greater": comparison(.greater),
    "greater_equal": comparison(.greaterOrEqual),
  ]

  static let numbers: [String: Maker] = [
    "abs": { (call) throws(BindingError) in
      try unary(call, .absolute, .absolute, .absolute, canFail: true)
    },
    "sign": { (call) throws(BindingError) in try unary(call, .sign, .sign, .sign) },
    "ceil": { (call) throws(BindingError) in try whole(call, .ceil, .ceil) },
    "floor": { (call) throws(BindingError) in try whole(call, .floor, .floor) },
    "round": { (call) throws(BindingError) in try digits(call, rounds: true) },
    "truncate": { (call) throws(BindingError) in try digits(call, rounds: false) },
    "power": { call in ValueCall(FloatPair(.power), .float, call.arguments, cost: 30) },
    "sqrt": float(.sqrt), "ln": float(.ln), "log10": float(.log10), "log2": float(.log2),
    "exp": float(.exp),
    "greatest": { call in ExtremeEvaluator(greatest: true, call.result, call.arguments) },
    "least": { call in ExtremeEvaluator(greatest: false, call.result, call.arguments) },
  ]

  private static func comparison(_ how: Comparison) -> Maker {
    { (call) throws(BindingError) in
      guard call.types.count == 2, call.types[0] == call.types[1] else { throw call.noKernel }
      return CompareEvaluator(how, call.arguments[0], call.arguments[1])
    }
  }

  private static func float(_ operation: FloatFunction.Operation) -> Maker {
    { call in ValueCall(FloatFunction(operation), .float, call.arguments, cost: 15) }
  }

  private static func arithmetic(
    _ call: Call, _ int: IntArithmetic.Operation, _ float: FloatArithmetic.Operation,
    _ decimal: DecimalFunction.Operation
  ) throws(BindingError) -> Evaluator {
    guard call.types.count == 2 else { throw call.noKernel }
    switch (call.types[0], call.types[1]) {
    case (.float, .float): return FloatArithmetic(float, call.arguments)
    case (.decimal, .decimal):
      if let exact = ExactDecimalArithmetic(decimal, call.types, call.result, call.arguments) {
        return exact
      }
      return ValueCall(
        DecimalFunction(decimal, call.types[0], call.types[1], call.result), call.result,
        call.arguments, canFail: true, cost: 5)
    case (.int, .int), (.timestamp, .duration), (.duration, .timestamp), (.duration, .duration),
      (.timestamp, .timestamp), (.duration, .int), (.int, .duration):
      return IntArithmetic(int, call.result, call.arguments)
    default: throw call.noKernel
    }
  }

  private static func divide(_ call: Call) throws(BindingError) -> Evaluator {
    switch (call.types.first, call.types.last) {
    case (.duration, .int):
      return IntArithmetic(.divide, .duration, call.arguments)
    case (.duration, .duration):
      return ValueCall(DurationRatio(), .float, call.arguments, canFail: true)
    case (.int, .int):
      let floats = call.arguments.map { Casts.intToFloat($0) }
      return FloatArithmetic(.divide, floats)
    default: return try arithmetic(call, .add, .divide, .divide)
    }
  }

  private static func modulo(_ call: Call) throws(BindingError) -> Evaluator {
    switch call.types.first {
    case .int:
      return ValueCall(
        IntFunction(.modulo, name: "modulo", .int), .int, call.arguments, canFail: true, cost: 8)
    case .float: return ValueCall(FloatPair(.modulo), .float, call.arguments, canFail: true)
    default: return try arithmetic(call, .add, .add, .modulo)
    }
  }

  private static func unary(
    _ call: Call, _ int: IntFunction.Operation, _ float: FloatFunction.Operation,
    _ decimal: DecimalUnary.Operation, canFail: Bool = false
  ) throws(BindingError) -> Evaluator {
    switch call.types.first {
    case .int, .duration:
      return ValueCall(
        IntFunction(int, name: call.name, call.result), call.result, call.arguments,
        canFail: canFail, cost: 2)
    case .float: return ValueCall(FloatFunction(float), .float, call.arguments, cost: 2)
    case .decimal(let precision, let scale):
      // A decimal's one cannot be had where all digits stand behind the point.
      let function = DecimalUnary(decimal, name: call.name, call.types[0], call.result)
      return ValueCall(
        function, call.result, call.arguments, canFail: canFail || precision == scale, cost: 4)
    default: throw call.noKernel
    }
  }

  private static func whole(
    _ call: Call, _ float: FloatFunction.Operation, _ decimal: DecimalUnary.Operation
  ) throws(BindingError) -> Evaluator {
    guard call.types.first != .int else { return call.arguments[0] }
    return try unary(call, .sign, float, decimal, canFail: true)
  }

  private static func digits(_ call: Call, rounds: Bool) throws(BindingError) -> Evaluator {
    // More than any type has, either way.
    let digits = Int(max(-400, min(400, try call.constantInt(1) ?? 0)))
    switch call.types.first {
    case .float:
      return ValueCall(
        FloatFunction(rounds ? .round(digits: digits) : .truncate(digits: digits)), .float,
        [call.arguments[0]], cost: 60)
    case .decimal:
      let function = DecimalUnary(
        rounds ? .round(digits: digits) : .truncate(digits: digits), name: call.name,
        call.types[0], call.result)
      return ValueCall(function, call.result, [call.arguments[0]], canFail: rounds, cost: 8)
    case .int:
      if digits >= 0 { return call.arguments[0] }
      let unit = digits >= -18 ? Int64(PowersOfTen.power(-digits)) : 0
      // Half of 10^19 is within an int's range, 10^19 itself is not.
      let half: UInt64 = rounds && digits == -19 ? 5_000_000_000_000_000_000 : .max
      let operation: IntFunction.Operation =
        unit == 0 ? .toZero(belowHalf: half) : (rounds ? .round(unit: unit) : .truncate(unit: unit))
      return ValueCall(
        IntFunction(operation, name: call.name, .int), .int, [call.arguments[0]],
        canFail: rounds, cost: 4)
    default: throw call.noKernel
    }
  }
}
