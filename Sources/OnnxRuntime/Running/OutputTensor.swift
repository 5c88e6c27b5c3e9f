import COnnxRuntime
import Columns

/// An output of one run: a value or several for each of its rows.
struct OutputTensor {
  var name: String
  var element: OnnxElement
  /// Values a row.
  var width: Int
  /// Nil for texts.
  var data: UnsafeRawPointer?
  var texts: OutputTexts?
}

/// All texts of an output, one behind the other.
final class OutputTexts {
  let bytes: Memory
  let ends: [Int]

  init(bytes: Memory, ends: [Int]) {
    self.bytes = bytes
    self.ends = ends
  }

  deinit { bytes.free() }

  subscript(index: Int) -> UnsafeBufferPointer<UInt8> {
    let start = index == 0 ? 0 : ends[index - 1]
    let base = bytes.base.assumingMemoryBound(to: UInt8.self)
    return UnsafeBufferPointer(start: base + start, count: ends[index] - start)
  }
}

extension OnnxLibrary {
  /// Reads an output, which must have a row for each that was given.
  func output(
    _ value: OpaquePointer?, named name: String, _ rows: TensorRows
  ) throws(TensorError) -> OutputTensor {
    var isTensor: Int32 = 0
    try call(api.pointee.IsTensor(value, &isTensor))
    guard isTensor != 0 else { throw .failed("its output `\(name)` is no tensor") }
    var type: OpaquePointer?
    try call(api.pointee.GetTensorTypeAndShape(value, &type))
    defer { api.pointee.ReleaseTensorTypeAndShapeInfo(type) }
    let element: OnnxElement
    let sizes: [Int64]
    do throws(OnnxFailure) {
      (element, sizes) = try elementAndSizes(type)
    } catch {
      throw .failed(error.message)
    }
    guard 1...2 ~= sizes.count, sizes[0] == rows.padded else {
      throw .failed("its output `\(name)` has the shape \(sizes) for \(rows.padded) rows")
    }
    var output = OutputTensor(
      name: name, element: element, width: sizes.count == 2 ? Int(sizes[1]) : 1)
    if element == .string {
      output.texts = try texts(value, count: output.width * rows.padded)
    } else {
      var data: UnsafeMutableRawPointer?
      try call(api.pointee.GetTensorMutableData(value, &data))
      output.data = UnsafeRawPointer(data)
    }
    return output
  }

  private func texts(_ value: OpaquePointer?, count: Int) throws(TensorError) -> OutputTexts {
    var size = 0
    try call(api.pointee.GetStringTensorDataLength(value, &size))
    guard size <= TextLimit.columnBytes else {
      throw .failed("it gave \(size) bytes of text for one batch")
    }
    let bytes = Memory.allocate(size)
    var starts = [Int](repeating: 0, count: count)
    do throws(TensorError) {
      try call(api.pointee.GetStringTensorContent(value, bytes.base, size, &starts, count))
    } catch {
      bytes.free()
      throw error
    }
    return OutputTexts(bytes: bytes, ends: Array(starts.dropFirst()) + (count > 0 ? [size] : []))
  }
}
