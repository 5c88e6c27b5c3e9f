import Columns
import Schemas

/// A scalar function that is applied row by row, specialised into its loop: for what is no kernel
/// of whole columns, such as functions of text.
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
///
/// No generic class: its loop would be reached through a table that holds the unspecialised one.
/// The initialiser knows the function's type and captures the loop that was made for it.
final class ValueCall: CallEvaluator {
  private let loop: ([Column], Frame, RowSet, UnsafePointer<UInt8>?, Column) -> Void

  /// Null where one of the first `strict` arguments is (nil: of all).
  @inline(__always)
  init<F: ValueFunction>(
    _ function: F, _ type: DataType, _ arguments: [Evaluator], strict: Int? = nil,
    canFail: Bool = false, cost: Int = 10
  ) {
    loop = { arguments, frame, rows, known, out in
      var function = function
      function.prepare(arguments)
      fill(out, function, frame, rows, known)
    }
    super.init(type, arguments, strict: strict, canFail: canFail, cost: cost)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    let common = CommonValidity(Array(arguments.prefix(strictCount)), rowCount: rows.rowCount)
    let out = Column(fixed: type, rowCount: rows.rowCount, withValidity: true)
    loop(arguments, frame, rows, common.bytes, out)
    return withExtendedLifetime(common) { out }
  }
}

@inline(__always)
private func fill<F: ValueFunction>(
  _ out: Column, _ function: F, _ frame: Frame, _ rows: RowSet, _ known: UnsafePointer<UInt8>?
) {
  guard let valid = out.validity else { return }
  let values = out.values.assumingMemoryBound(to: F.Value.self)
  var nulls = 0
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
}

/// A node that applies a `TextFunction`; see `ValueCall`.
final class TextCall: CallEvaluator {
  private let loop: ([Column], Frame, RowSet, UnsafePointer<UInt8>?, TextColumnWriter) -> Void

  /// Null where one of the first `strict` arguments is (nil: of all). A row fails that begins
  /// behind `limit` bytes, or ends behind `most`.
  @inline(__always)
  init<F: TextFunction>(
    _ function: F, _ type: DataType, _ arguments: [Evaluator], strict: Int? = nil,
    canFail: Bool = false, cost: Int = 20, limit: Int = Limits.columnBytes,
    most: Int = TextLimit.bytes
  ) {
    loop = { arguments, frame, rows, known, writer in
      var function = function
      function.prepare(arguments)
      write(function, to: writer, frame, rows, known, limit, most)
    }
    super.init(type, arguments, strict: strict, canFail: canFail, cost: cost)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    let common = CommonValidity(Array(arguments.prefix(strictCount)), rowCount: rows.rowCount)
    let writer = TextColumnWriter(type, rowCount: rows.rowCount, byteCapacity: rows.count * 16)
    loop(arguments, frame, rows, common.bytes, writer)
    return withExtendedLifetime(common) { writer.finish() }
  }
}

@inline(__always)
private func write<F: TextFunction>(
  _ function: F, to writer: TextColumnWriter, _ frame: Frame, _ rows: RowSet,
  _ known: UnsafePointer<UInt8>?, _ limit: Int, _ most: Int
) {
  let buffer = writer.buffer
  rows.eachRow { row in
    writer.skip(to: row)
    let start = buffer.count
    if start > limit {
      frame.fail(row, .batchTooLarge)
      writer.endNull()
    } else if known.map({ $0[row] != 0 }) ?? true, function.write(row, to: buffer, frame) {
      // One row alone may be more than offsets count.
      if buffer.count > most {
        frame.fail(row, .batchTooLarge)
        buffer.truncate(to: start)
        writer.endNull()
      } else {
        writer.endRow()
      }
    } else {
      buffer.truncate(to: start)
      writer.endNull()
    }
  }
}
