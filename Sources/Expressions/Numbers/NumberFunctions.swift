import Columns
import Glibc
import Schemas

/// Functions of ints (and durations) that can leave the range or divide by zero.
struct IntFunction: ValueFunction {
  enum Operation {
    case modulo, negate, absolute, sign
    case round(unit: Int64)
    case truncate(unit: Int64)
    /// Rounding to more digits than an int has: what reaches the half leaves the range.
    case toZero(belowHalf: UInt64)
  }

  private let operation: Operation
  private let name: String
  private let type: DataType
  private var a: UnsafePointer<Int64>?
  private var b: UnsafePointer<Int64>?

  init(_ operation: Operation, name: String, _ type: DataType) {
    self.operation = operation
    self.name = name
    self.type = type
  }

  mutating func prepare(_ arguments: [Column]) {
    a = UnsafePointer(arguments[0].ints)
    b = arguments.count > 1 ? UnsafePointer(arguments[1].ints) : nil
  }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let a else { return nil }
    let x = a[row]
    let (value, over): (Int64, Bool)
    switch operation {
    case .modulo:
      guard let b, b[row] != 0 else {
        frame.fail(row, .divisionByZero)
        return nil
      }
      (value, over) = (b[row] == -1 ? 0 : x % b[row], false)
    case .negate: (value, over) = Int64(0).subtractingReportingOverflow(x)
    case .absolute:
      (value, over) = x < 0 ? Int64(0).subtractingReportingOverflow(x) : (x, false)
    case .sign: (value, over) = (x.signum(), false)
    case .round(let unit): (value, over) = round(x, unit)
    case .truncate(let unit): (value, over) = (x - x % unit, false)
    case .toZero(let half): (value, over) = (0, x.magnitude >= half)
    }
    if over {
      frame.fail(row, .overflow(operation: name, type: type))
      return nil
    }
    return value
  }

  private func round(_ x: Int64, _ unit: Int64) -> (Int64, Bool) {
    let rest = x % unit
    let cut = x - rest
    guard rest.magnitude >= unit.magnitude - rest.magnitude else { return (cut, false) }
    return x < 0 ? cut.subtractingReportingOverflow(unit) : cut.addingReportingOverflow(unit)
  }
}

/// Functions of one float.
struct FloatFunction: ValueFunction {
  enum Operation {
    case negate, absolute, sign, ceil, floor, sqrt, ln, log10, log2, exp
    case round(digits: Int)
    case truncate(digits: Int)
  }

  private let operation: Operation
  private var values: UnsafePointer<Double>?

  init(_ operation: Operation) { self.operation = operation }

  mutating func prepare(_ arguments: [Column]) { values = UnsafePointer(arguments[0].floats) }

  func value(_ row: Int, _ frame: Frame) -> Double? {
    guard let values else { return nil }
    let x = values[row]
    switch operation {
    case .negate: return -x
    case .absolute: return abs(x)
    case .sign: return x > 0 ? 1 : (x < 0 ? -1 : x)
    case .ceil: return x.rounded(.up)
    case .floor: return x.rounded(.down)
    case .sqrt: return x.squareRoot()
    case .ln: return log(x)
    case .log10: return Glibc.log10(x)
    case .log2: return Glibc.log2(x)
    case .exp: return Glibc.exp(x)
    case .round(let digits): return cut(x, digits, .toNearestOrAwayFromZero)
    case .truncate(let digits): return cut(x, digits, .towardZero)
    }
  }

  /// By the value's shortest decimal digits where a float has more of them than asked for, so that
  /// 2.345 rounds to 2.35 as it reads.
  private func cut(_ x: Double, _ digits: Int, _ rule: FloatingPointRoundingRule) -> Double {
    guard x.isFinite, digits < 20 else { return x }
    if digits <= 0 {
      let unit = Glibc.pow(10, Double(-digits))
      return unit.isFinite ? (x / unit).rounded(rule) * unit : 0
    }
    // Beyond 2^53 a float has no digits behind the point.
    guard abs(x) < 9_007_199_254_740_992 else { return x }
    let buffer = ByteBuffer(capacity: 32)
    FloatText.write(x, to: buffer)
    guard let exact = DecimalText.parse(buffer.bytes, scale: 22) else { return x }
    let unit = PowersOfTen.power(22 - min(digits, 22))
    let kept =
      rule == .towardZero ? exact / unit : DecimalArithmetic.divideRounding(exact, unit)
    buffer.removeAll()
    DecimalText.write(kept, scale: min(digits, 22), to: buffer)
    return FloatText.parse(buffer.bytes) ?? x
  }
}

/// Functions of two floats.
struct FloatPair: ValueFunction {
  enum Operation { case power, modulo }

  private let operation: Operation
  private var a: UnsafePointer<Double>?
  private var b: UnsafePointer<Double>?

  init(_ operation: Operation) { self.operation = operation }

  mutating func prepare(_ arguments: [Column]) {
    a = UnsafePointer(arguments[0].floats)
    b = UnsafePointer(arguments[1].floats)
  }

  func value(_ row: Int, _ frame: Frame) -> Double? {
    guard let a, let b else { return nil }
    switch operation {
    case .power: return Glibc.pow(a[row], b[row])
    case .modulo:
      if b[row] == 0 {
        frame.fail(row, .divisionByZero)
        return nil
      }
      return fmod(a[row], b[row])
    }
  }
}

/// How often a duration fits into another.
struct DurationRatio: ValueFunction {
  private var a: UnsafePointer<Int64>?
  private var b: UnsafePointer<Int64>?

  mutating func prepare(_ arguments: [Column]) {
    a = UnsafePointer(arguments[0].ints)
    b = UnsafePointer(arguments[1].ints)
  }

  func value(_ row: Int, _ frame: Frame) -> Double? {
    guard let a, let b, b[row] != 0 else {
      frame.fail(row, .divisionByZero)
      return nil
    }
    return Double(a[row]) / Double(b[row])
  }
}

/// The span between two dates.
struct DateDifference: ValueFunction {
  private var a: UnsafePointer<Int64>?
  private var b: UnsafePointer<Int64>?

  mutating func prepare(_ arguments: [Column]) {
    a = UnsafePointer(arguments[0].ints)
    b = UnsafePointer(arguments[1].ints)
  }

  func value(_ row: Int, _ frame: Frame) -> Int64? {
    guard let a, let b else { return nil }
    let (days, over) = a[row].subtractingReportingOverflow(b[row])
    let (micros, carry) = days.multipliedReportingOverflow(by: CivilCalendar.microsecondsPerDay)
    if over || carry {
      frame.fail(row, .overflow(operation: "subtract", type: .duration))
      return nil
    }
    return micros
  }
}
