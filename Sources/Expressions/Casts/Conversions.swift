import Columns
import Schemas

/// How a value of one fixed-width type becomes one of another; nil where it can't.
protocol Conversion {
  associatedtype Source: BitwiseCopyable
  associatedtype Target: BitwiseCopyable
  func convert(_ value: Source) -> Target?
  /// The value for a message.
  func describe(_ value: Source) -> String
}

extension Conversion {
  func describe(_ value: Source) -> String { "\(value)" }
}

/// A cast between fixed-width types.
struct Converting<C: Conversion>: ValueFunction {
  let conversion: C
  let target: DataType
  let isTry: Bool
  private var values: UnsafePointer<C.Source>?

  init(conversion: C, target: DataType, isTry: Bool) {
    self.conversion = conversion
    self.target = target
    self.isTry = isTry
  }

  mutating func prepare(_ arguments: [Column]) {
    values = UnsafePointer(arguments[0].values.assumingMemoryBound(to: C.Source.self))
  }

  @inline(__always)
  func value(_ row: Int, _ frame: Frame) -> C.Target? {
    guard let values else { return nil }
    if let value = conversion.convert(values[row]) { return value }
    if !isTry { frame.fail(row, .cast(value: conversion.describe(values[row]), to: target)) }
    return nil
  }
}

struct BoolToInt: Conversion {
  func convert(_ value: UInt8) -> Int64? { Int64(value) }
}

struct BoolToFloat: Conversion {
  func convert(_ value: UInt8) -> Double? { Double(value) }
}

struct BoolToDecimal: Conversion {
  let result: DataType
  func convert(_ value: UInt8) -> Int128? {
    DecimalArithmetic.rescale(Int128(value), by: result.scale, bound: result.bound)
  }
}

struct IntToBool: Conversion {
  func convert(_ value: Int64) -> UInt8? { value == 0 ? 0 : 1 }
}

struct FloatToBool: Conversion {
  func convert(_ value: Double) -> UInt8? { value == 0 ? 0 : 1 }
}

struct DecimalToBool: Conversion {
  func convert(_ value: Int128) -> UInt8? { value == 0 ? 0 : 1 }
}

struct IntToFloat: Conversion {
  func convert(_ value: Int64) -> Double? { Double(value) }
}

struct IntToDecimal: Conversion {
  let result: DataType
  func convert(_ value: Int64) -> Int128? {
    DecimalArithmetic.rescale(Int128(value), by: result.scale, bound: result.bound)
  }
}

/// Cuts towards zero.
struct FloatToInt: Conversion {
  func convert(_ value: Double) -> Int64? { Int64(exactly: value.rounded(.towardZero)) }
}

/// From the float's shortest digits, rounding half up: 0.285 becomes 0.29 at scale 2, as it reads.
struct FloatToDecimal: Conversion {
  let result: DataType
  func convert(_ value: Double) -> Int128? {
    guard value.isFinite, case .decimal(let precision, let scale) = result else { return nil }
    let buffer = ByteBuffer(capacity: 32)
    FloatText.write(value, to: buffer)
    return DecimalText.parse(buffer.bytes, precision: precision, scale: scale)
  }
}

/// Cuts towards zero.
struct DecimalToInt: Conversion {
  let scale: Int
  func convert(_ value: Int128) -> Int64? {
    Int64(exactly: value / PowersOfTen.power(scale))
  }
  func describe(_ value: Int128) -> String { decimalText(value, scale) }
}

/// The nearest float.
struct DecimalToFloat: Conversion {
  let scale: Int
  func convert(_ value: Int128) -> Double? {
    // Both exact: one rounding.
    if value.magnitude < 1 << 53, scale <= 22 {
      return Double(Int64(truncatingIfNeeded: value)) / FloatPowers.ofTen[scale]
    }
    let buffer = ByteBuffer(capacity: 48)
    DecimalText.write(value, scale: scale, to: buffer)
    return FloatText.parse(buffer.bytes)
  }
}

enum FloatPowers {
  /// 10^0 … 10^22, all exact.
  static let ofTen: [Double] = (0...22).map { exponent in
    (0..<exponent).reduce(1.0) { power, _ in power * 10 }
  }
}

struct DecimalToDecimal: Conversion {
  let scale: Int
  let result: DataType
  func convert(_ value: Int128) -> Int128? {
    DecimalArithmetic.rescale(value, by: result.scale - scale, bound: result.bound)
  }
  func describe(_ value: Int128) -> String { decimalText(value, scale) }
}

struct DateToTimestamp: Conversion {
  func convert(_ value: Int64) -> Int64? {
    let (micros, over) = value.multipliedReportingOverflow(by: CivilCalendar.microsecondsPerDay)
    return over ? nil : micros
  }
}

struct TimestampToDate: Conversion {
  func convert(_ value: Int64) -> Int64? {
    CivilCalendar.quotient(value, CivilCalendar.microsecondsPerDay)
  }
}

private func decimalText(_ value: Int128, _ scale: Int) -> String {
  let buffer = ByteBuffer(capacity: 48)
  DecimalText.write(value, scale: scale, to: buffer)
  return buffer.string
}
