import Columns

/// Values packed into one `bytes` value, as partial states of unbounded size travel: for each an
/// optional order tag of 24 bytes, a 32-bit length, the bytes.
struct PackedValues {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let hasTags: Bool

  init(_ bytes: UnsafeBufferPointer<UInt8>, hasTags: Bool = false) {
    self.bytes = bytes
    self.hasTags = hasTags
  }

  /// Calls `body` with each value, and its tag or zeros. Stops at the first that is cut short.
  func forEach(_ body: (UnsafeBufferPointer<UInt8>, RowTag) -> Void) {
    guard let base = bytes.baseAddress else { return }
    let raw = UnsafeRawPointer(base)
    let head = hasTags ? 28 : 4
    var at = 0
    while at + head <= bytes.count {
      var tag = RowTag(time: 0, lane: 0, place: 0)
      if hasTags {
        tag.time = raw.loadUnaligned(fromByteOffset: at, as: Int64.self)
        tag.lane = raw.loadUnaligned(fromByteOffset: at + 8, as: Int64.self)
        tag.place = raw.loadUnaligned(fromByteOffset: at + 16, as: Int64.self)
      }
      let length = Int(raw.loadUnaligned(fromByteOffset: at + head - 4, as: UInt32.self))
      at += head
      guard at + length <= bytes.count else { return }
      body(UnsafeBufferPointer(start: base + at, count: length), tag)
      at += length
    }
  }
}

/// Packs values.
final class PackedWriter {
  private var memory = Memory.allocate(1024)
  private var count = 0

  deinit { memory.free() }

  /// What was packed since `removeAll`; valid until the next call.
  var bytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: memory.base.assumingMemoryBound(to: UInt8.self), count: count)
  }

  func removeAll() { count = 0 }

  func append(_ value: UnsafeBufferPointer<UInt8>, tag: RowTag?) {
    reserve(value.count + 28)
    if let tag {
      memory.base.storeBytes(of: tag.time, toByteOffset: count, as: Int64.self)
      memory.base.storeBytes(of: tag.lane, toByteOffset: count + 8, as: Int64.self)
      memory.base.storeBytes(of: tag.place, toByteOffset: count + 16, as: Int64.self)
      count += 24
    }
    memory.base.storeBytes(of: UInt32(value.count), toByteOffset: count, as: UInt32.self)
    count += 4
    if let start = value.baseAddress, value.count > 0 {
      (memory.base + count).copyMemory(from: start, byteCount: value.count)
      count += value.count
    }
  }

  private func reserve(_ more: Int) {
    guard count + more > memory.capacity else { return }
    let larger = Memory.allocate(max(memory.capacity * 2, count + more))
    larger.base.copyMemory(from: memory.base, byteCount: count)
    memory.free()
    memory = larger
  }
}
