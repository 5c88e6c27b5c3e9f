import Columns
import Plans
import Schemas

/// A node whose value is the same for all rows. Keeps the last column that it made.
final class Constant: Evaluator {
  /// One row.
  let value: Column
  private var made: Column?

  init(_ value: Column) {
    self.value = value
    super.init(value.type)
  }

  override var constant: Constant? { self }
  override var isInfallible: Bool { true }
  override var cost: Int { 0 }

  var isNull: Bool { !value.isValid(0) }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    column(rowCount: frame.rowCount)
  }

  /// The value so many times; text as a dictionary of one entry.
  func column(rowCount: Int) -> Column {
    if let made, made.rowCount == rowCount { return made }
    let column: Column
    if type.isText {
      column = Column(dictionary: plainEntry, rowCount: rowCount, withValidity: isNull)
      column.codes.initialize(repeating: 0, count: rowCount)
    } else {
      column = Column(fixed: type, rowCount: rowCount, withValidity: isNull)
      switch type.width {
      case 1: column.bools.initialize(repeating: value.bools[0], count: rowCount)
      case 16: column.decimals.initialize(repeating: value.decimals[0], count: rowCount)
      default: column.ints.initialize(repeating: value.ints[0], count: rowCount)
      }
    }
    column.validity?.initialize(repeating: 0, count: rowCount)
    made = column
    return column
  }

  /// A dictionary has no nulls and is plain.
  private var plainEntry: Column {
    if !value.isDictionary, !value.hasNulls { return value }
    let builder = ColumnBuilder(type, capacity: 1)
    builder.append(text: value.text(0))
    return builder.finish()
  }

  /// The value of a text that is not null.
  var textBytes: [UInt8]? {
    guard type.isText, !isNull else { return nil }
    return Array(value.text(0))
  }
}

extension Constant {
  /// The constant of a plan, in the type that the plan gives it.
  convenience init(_ literal: Literal, _ type: DataType) throws(BindingError) {
    let builder = ColumnBuilder(type, capacity: 1)
    switch (literal, type) {
    case (.null, _): builder.appendNull()
    case (.bool(let value), .bool): builder.append(bool: value)
    case (.float(let value), .float): builder.append(float: value)
    case (.int(let value), .float): builder.append(float: Double(value))
    case (.decimal(let unscaled, let own), .decimal(let precision, let scale)):
      guard
        let value = DecimalArithmetic.rescale(
          unscaled, by: scale - own, bound: PowersOfTen.power(precision))
      else { throw BindingError.literal("\(literal)", type) }
      builder.append(decimal: value)
    case (.int(let value), .decimal(let precision, let scale)):
      guard
        let value = DecimalArithmetic.rescale(
          Int128(value), by: scale, bound: PowersOfTen.power(precision))
      else { throw BindingError.literal("\(literal)", type) }
      builder.append(decimal: value)
    case (.string(let value), .string), (.string(let value), .json),
      (.string(let value), .bytes):
      builder.append(string: value)
    case (.bytes(let value), .bytes), (.bytes(let value), .string):
      value.withUnsafeBufferPointer { builder.append(text: $0) }
    case (.int(let value), .int), (.timestamp(let value), .timestamp), (.date(let value), .date),
      (.duration(let value), .duration):
      builder.append(int: value)
    default: throw BindingError.literal("\(literal)", type)
    }
    self.init(builder.finish())
  }
}
