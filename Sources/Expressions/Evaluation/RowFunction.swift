import Columns
import Schemas

/// A scalar function that is applied row by row, specialised into its loop: for what is no kernel of
/// whole columns, such as functions of text.
protocol ValueFunction {
  associatedtype Value: BitwiseCopyable
  /// Takes the pointers out of the arguments' columns, which live as long as the copy is used.
  mutating func prepare(_ arguments: [Column])
  /// nil for null, and for a failure that was told to the frame.
  func value(_ row: Int, _ frame: Frame) -> Value?
}

/// A scalar function whose result is text.
protocol TextFunction {
  mutating func prepare(_ arguments: [Column])
  /// Writes the row's text behind the buffer's end; false for null, and for a failure that was told
  /// to the frame.
  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool
}

/// A node that applies a `ValueFunction`. `Value` is how the result's type lies in a column.
final class ValueCall<F: ValueFunction>: CallEvaluator {
  private let function: F
  private let strictCount: Int

  /// Null where one of the first `strict` arguments is (nil: of all).
  init(
    _ function: F, _ type: DataType, _ arguments: [Evaluator], strict: Int? = nil,
    canFail: Bool = false, cost: Int = 10
  ) {
    self.function = function
    strictCount = strict ?? arguments.count
    super.init(type, arguments, canFail: canFail, cost: cost)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    var function = function
    function.prepare(arguments)
    let common = CommonValidity(Array(arguments.prefix(strictCount)), rowCount: rows.rowCount)
    let out = Column(fixed: type, rowCount: rows.rowCount, withValidity: true)
    guard let valid = out.validity else { return out }
    let values = out.values.assumingMemoryBound(to: F.Value.self)
    var nulls = 0
    let known = common.bytes
    rows.eachRow { row in
      if known.map({ $0[row] != 0 }) ?? true, let value = function.value(row, frame) {
        values[row] = value
        valid[row] = 1
      } else {
        UnsafeMutableRawPointer(values + row).initializeMemory(
          as: UInt8.self, repeating: 0, count: MemoryLayout<F.Value>.size)
        valid[row] = 0
        nulls &+= 1
      }
    }
    if nulls == 0 { out.dropValidity() }
    return withExtendedLifetime(common) { out }
  }
}

/// A node that applies a `TextFunction`.
final class TextCall<F: TextFunction>: CallEvaluator {
  private let function: F
  private let strictCount: Int

  /// Null where one of the first `strict` arguments is (nil: of all).
  init(
    _ function: F, _ type: DataType, _ arguments: [Evaluator], strict: Int? = nil,
    canFail: Bool = false, cost: Int = 20
  ) {
    self.function = function
    strictCount = strict ?? arguments.count
    super.init(type, arguments, canFail: canFail, cost: cost)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    var function = function
    function.prepare(arguments)
    let common = CommonValidity(Array(arguments.prefix(strictCount)), rowCount: rows.rowCount)
    let writer = TextColumnWriter(type, rowCount: rows.rowCount, byteCapacity: rows.count * 16)
    let buffer = writer.buffer
    let known = common.bytes
    rows.eachRow { row in
      writer.skip(to: row)
      let start = buffer.count
      if known.map({ $0[row] != 0 }) ?? true, function.write(row, to: buffer, frame) {
        writer.endRow()
      } else {
        buffer.truncate(to: start)
        writer.endNull()
      }
    }
    return withExtendedLifetime(common) { writer.finish() }
  }
}
