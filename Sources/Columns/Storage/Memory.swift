/// Raw memory for one column: aligned to a cache line, with slack behind its end so that vector
/// loads may read past the last value. Contents are undefined until written.
package struct Memory {
  /// Readable bytes behind the asked size.
  package static let slack = 64
  package static let alignment = 64

  package let base: UnsafeMutableRawPointer
  /// At least the asked size.
  package let capacity: Int

  package static func allocate(_ byteCount: Int) -> Memory {
    let size = BlockPool.size(for: byteCount)
    let capacity = size ?? max(byteCount, 1)
    let kept = size.flatMap { BlockPool.take($0) }
    let base =
      kept
      ?? UnsafeMutableRawPointer.allocate(byteCount: capacity + slack, alignment: alignment)
    return Memory(base: base, capacity: capacity)
  }

  package func free() {
    if BlockPool.size(for: capacity) == capacity, BlockPool.keep(base, capacity) { return }
    base.deallocate()
  }
}
