import Glibc

/// Reads the texts of a column, plain or dictionary, in a loop. Valid while the column lives.
package struct TextReader {
  let offsets: UnsafePointer<UInt32>
  let bytes: UnsafePointer<UInt8>
  let codes: UnsafePointer<UInt32>?

  /// nil for a column that holds no text.
  package init?(_ column: Column) {
    let plain = column.dictionary ?? column
    guard let offsets = plain.offsets, let bytes = plain.bytes else { return nil }
    self.offsets = UnsafePointer(offsets)
    self.bytes = UnsafePointer(bytes)
    codes = column.isDictionary ? UnsafePointer(column.codes) : nil
  }

  @inline(__always)
  package subscript(row: Int) -> UnsafeBufferPointer<UInt8> {
    let entry = codes.map { Int($0[row]) } ?? row
    let start = Int(offsets[entry])
    return UnsafeBufferPointer(start: bytes + start, count: Int(offsets[entry &+ 1]) &- start)
  }
}

/// The order of text: by its UTF-8 bytes.
package enum TextOrder {
  package static func areEqual(
    _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    guard a.count == b.count else { return false }
    guard let x = a.baseAddress, let y = b.baseAddress else { return true }
    return memcmp(x, y, a.count) == 0
  }

  /// Negative, zero or positive.
  package static func order(
    _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>
  ) -> Int32 {
    if let x = a.baseAddress, let y = b.baseAddress {
      let order = memcmp(x, y, min(a.count, b.count))
      if order != 0 { return order }
    }
    return a.count == b.count ? 0 : (a.count < b.count ? -1 : 1)
  }
}
