/// Bytes that grow at their end: where encoders and text kernels write.
///
/// Appending is amortised O(1) a byte. Has one owner; `Memory.slack` bytes behind the capacity may
/// be written and read, so that moves of 16 bytes need no test.
package final class ByteBuffer {
  // Unchecked: an access each for a byte or a row costs more than the work itself, and no method
  // calls out while it holds one.
  @exclusivity(unchecked) package private(set) var count = 0
  @exclusivity(unchecked) private var memory: Memory

  package init(capacity: Int = 256) { memory = .allocate(capacity) }

  deinit { memory.free() }

  /// The first byte. Valid until something is appended.
  package var base: UnsafeMutablePointer<UInt8> {
    memory.base.assumingMemoryBound(to: UInt8.self)
  }

  /// All bytes. Valid until something is appended.
  package var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }

  /// Forgets the bytes from `count` on; the memory stays.
  package func truncate(to count: Int) { self.count = min(count, self.count) }

  package func removeAll() { count = 0 }

  /// Room for `size` bytes behind the end, to be filled by the caller; `commit` counts them.
  /// Earlier pointers are no longer valid.
  @inline(__always)
  package func reserve(_ size: Int) -> UnsafeMutablePointer<UInt8> {
    if count &+ size > memory.capacity { grow(size) }
    return base + count
  }

  /// Counts `size` bytes that were written where `reserve` pointed.
  @inline(__always)
  package func commit(_ size: Int) { count &+= size }

  package func append(_ byte: UInt8) {
    reserve(1).pointee = byte
    count &+= 1
  }

  package func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count).update(from: start, count: bytes.count)
    count &+= bytes.count
  }

  package func append(_ text: StaticString) {
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// For cold paths.
  package func append(string: String) {
    var string = string
    string.withUTF8 { append($0) }
  }

  /// For cold paths and tests.
  package var string: String { String(decoding: bytes, as: UTF8.self) }

  /// Hands the memory over to a column and begins anew.
  package func take() -> Memory {
    let taken = memory
    memory = .allocate(256)
    count = 0
    return taken
  }

  @inline(never)
  private func grow(_ size: Int) {
    let larger = Memory.allocate(max(memory.capacity * 2, count + size))
    larger.base.copyMemory(from: memory.base, byteCount: count)
    memory.free()
    memory = larger
  }
}
