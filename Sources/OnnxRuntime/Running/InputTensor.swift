import COnnxRuntime
import Columns

/// Makes tensors of columns.
extension OnnxLibrary {
  /// The tensor of one input. Where the column has the tensor's own layout it is the tensor's
  /// memory; else the values are converted into a block.
  func tensor(
    _ feed: InputFeed, _ columns: [Column], _ rows: TensorRows, _ blocks: inout TensorBlocks
  ) throws(TensorError) -> OpaquePointer? {
    let width = try feed.width(columns, rows)
    if feed.element == .string { return try texts(feed, width, columns, rows) }
    let rowBytes = width * feed.element.width
    let data: UnsafeMutableRawPointer
    if let shared = feed.shared(columns, rows) {
      data = shared
    } else {
      data = blocks.allocate(rows.padded * rowBytes)
      try feed.fill(data, width, columns, rows)
      Self.pad(data, rowBytes, rows)
    }
    var value: OpaquePointer?
    let shape = TensorShape(rows.padded, width, rank: feed.rank)
    let status = shape.withSizes { sizes, rank in
      api.pointee.CreateTensorWithDataAsOrtValue(
        memory, data, rows.padded * rowBytes, sizes, rank, feed.element.rawValue, &value)
    }
    try call(status)
    return value
  }

  private static func pad(_ data: UnsafeMutableRawPointer, _ rowBytes: Int, _ rows: TensorRows) {
    let last = data + (rows.count - 1) * rowBytes
    for row in rows.count..<max(rows.padded, rows.count) {
      (data + row * rowBytes).copyMemory(from: last, byteCount: rowBytes)
    }
  }

  /// Texts are copied: the library keeps them as strings of its own.
  private func texts(
    _ feed: InputFeed, _ width: Int, _ columns: [Column], _ rows: TensorRows
  ) throws(TensorError) -> OpaquePointer? {
    try feed.checkLists(columns, width, rows)
    var value: OpaquePointer?
    let shape = TensorShape(rows.padded, width, rank: feed.rank)
    let status = shape.withSizes { sizes, rank in
      api.pointee.CreateTensorAsOrtValue(allocator, sizes, rank, feed.element.rawValue, &value)
    }
    try call(status)
    do throws(TensorError) {
      for row in 0..<rows.padded {
        let source = rows.start + min(row, rows.count - 1)
        for place in 0..<width {
          try set(value, row * width + place, feed.text(columns, source, place))
        }
      }
    } catch {
      api.pointee.ReleaseValue(value)
      throw error
    }
    return value
  }

  @inline(__always)
  private func set(
    _ value: OpaquePointer?, _ index: Int, _ text: UnsafeBufferPointer<UInt8>
  ) throws(TensorError) {
    var bytes: UnsafeMutablePointer<CChar>?
    try call(api.pointee.GetResizedStringTensorElementBuffer(value, index, text.count, &bytes))
    if let bytes, let start = text.baseAddress, text.count > 0 {
      UnsafeMutableRawPointer(bytes).copyMemory(from: start, byteCount: text.count)
    }
  }
}

/// One or two sizes, without an array.
struct TensorShape {
  private var sizes: (Int64, Int64)
  private let rank: Int

  init(_ rows: Int, _ width: Int, rank: Int) {
    sizes = (Int64(rows), Int64(width))
    self.rank = rank
  }

  @inline(__always)
  func withSizes<Result>(_ body: (UnsafePointer<Int64>, Int) -> Result) -> Result {
    withUnsafeBytes(of: sizes) { raw in
      body(raw.baseAddress!.assumingMemoryBound(to: Int64.self), rank)
    }
  }
}
