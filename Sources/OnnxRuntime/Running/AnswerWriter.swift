import Columns
import Schemas

/// Makes the column of an answer from the outputs of one run or several.
final class AnswerWriter {
  private let answer: OnnxAnswer
  private let fixed: Column?
  private let texts: TextColumnWriter?

  init(_ answer: OnnxAnswer, rowCount: Int) {
    self.answer = answer
    let type = answer.field.type
    fixed = type.isText ? nil : Column(fixed: type, rowCount: rowCount)
    texts = type.isText ? TextColumnWriter(type, rowCount: rowCount) : nil
  }

  func finish() -> Column { fixed ?? texts?.finish() ?? .blank(answer.field, 0) }

  /// Takes the rows of a run without those that filled it up. Runs come in order.
  func write(_ output: OutputTensor, _ rows: TensorRows) throws(TensorError) {
    guard output.element.declared == answer.valueType else {
      throw .failed("its output `\(output.name)` is \(output.element) all at once")
    }
    if answer.isList { return try writeLists(output, rows) }
    let index = answer.index ?? 0
    guard index < output.width, answer.index != nil || output.width == 1 else {
      throw .failed(
        "its output `\(output.name)` has \(output.width) values a row"
          + (answer.index.map { ", none at index \($0)" } ?? ", not one"))
    }
    if let values = output.texts {
      for row in 0..<rows.count { try write(values[row * output.width + index], output) }
    } else if let fixed, let data = output.data {
      let source = OutputValues(data, output.element, place: index, stride: output.width)
      guard source.copy(rows.count, to: fixed.values + rows.start * fixed.type.width) else {
        throw Self.outOfRange(output)
      }
    }
  }

  private func write(
    _ text: UnsafeBufferPointer<UInt8>, _ output: OutputTensor
  ) throws(TensorError) {
    guard let texts else { return }
    texts.buffer.append(try Self.checked(text, output))
    try endRow(texts, output)
  }

  /// Models hold texts as bytes; a column of strings is UTF-8.
  private static func checked(
    _ text: UnsafeBufferPointer<UInt8>, _ output: OutputTensor
  ) throws(TensorError) -> UnsafeBufferPointer<UInt8> {
    guard text.allSatisfy({ $0 < 0x80 }) || String(validating: text, as: UTF8.self) != nil else {
      throw .failed("its output `\(output.name)` has a text that is not UTF-8")
    }
    return text
  }

  private func writeLists(_ output: OutputTensor, _ rows: TensorRows) throws(TensorError) {
    guard let texts else { return }
    let type = answer.valueType
    let width = output.width
    let block = Memory.allocate(width * type.width)
    defer { block.free() }
    for row in 0..<rows.count {
      let writer = SlotWriter(list: type, count: width, hasNulls: false, to: texts.buffer)
      if let values = output.texts {
        for place in 0..<width {
          writer.put(place, try Self.checked(values[row * width + place], output), type)
        }
      } else if let data = output.data {
        let start = data + row * width * output.element.width
        guard OutputValues(start, output.element, place: 0, stride: 1).copy(width, to: block.base)
        else { throw Self.outOfRange(output) }
        let bytes = UnsafePointer(block.base.assumingMemoryBound(to: UInt8.self))
        for place in 0..<width {
          let value = UnsafeBufferPointer(start: bytes + place * type.width, count: type.width)
          writer.put(place, value, type)
        }
      }
      try endRow(texts, output)
    }
  }

  private func endRow(_ texts: TextColumnWriter, _ output: OutputTensor) throws(TensorError) {
    guard texts.buffer.count <= TextLimit.columnBytes else {
      throw .failed(
        "its output `\(output.name)` makes more than \(TextLimit.columnBytes) bytes of one batch;"
          + " give the model a smaller `batch`")
    }
    texts.endRow()
  }

  private static func outOfRange(_ output: OutputTensor) -> TensorError {
    .failed("its output `\(output.name)` has a value beyond 9,223,372,036,854,775,807")
  }
}

/// Every `stride`th value of an output from `place` on, widened to a column's.
struct OutputValues {
  private let data: UnsafeRawPointer
  private let element: OnnxElement
  private let place: Int
  private let stride: Int

  init(_ data: UnsafeRawPointer, _ element: OnnxElement, place: Int, stride: Int) {
    self.data = data
    self.element = element
    self.place = place
    self.stride = stride
  }

  /// False if a value does not fit.
  func copy(_ count: Int, to target: UnsafeMutableRawPointer) -> Bool {
    switch element {
    case .float32: widen(count, target) { (value: Float) in Double(value) }
    case .float64: widen(count, target) { (value: Double) in value }
    case .int8: widen(count, target) { (value: Int8) in Int64(value) }
    case .int16: widen(count, target) { (value: Int16) in Int64(value) }
    case .int32: widen(count, target) { (value: Int32) in Int64(value) }
    case .int64: widen(count, target) { (value: Int64) in value }
    case .uint8: widen(count, target) { (value: UInt8) in Int64(value) }
    case .uint16: widen(count, target) { (value: UInt16) in Int64(value) }
    case .uint32: widen(count, target) { (value: UInt32) in Int64(value) }
    case .bool: widen(count, target) { (value: UInt8) in value == 0 ? UInt8(0) : 1 }
    case .uint64:
      widen(count, target) { (value: UInt64) in Int64(bitPattern: value) }
      let values = target.assumingMemoryBound(to: Int64.self)
      return (0..<count).allSatisfy { values[$0] >= 0 }
    case .string, .float16, .complex64, .complex128, .bfloat16, .unknown: break
    }
    return true
  }

  @inline(__always)
  private func widen<From, To>(
    _ count: Int, _ target: UnsafeMutableRawPointer, _ convert: (From) -> To
  ) {
    let source = data.assumingMemoryBound(to: From.self) + place
    let target = target.assumingMemoryBound(to: To.self)
    for row in 0..<count { target[row] = convert(source[row &* stride]) }
  }
}
