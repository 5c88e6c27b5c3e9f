/// Raw memory for one column: aligned to a cache line, with slack behind its end so that vector
/// loads may read past the last value. Contents are undefined until written.
package struct Memory {
  /// Readable bytes behind the asked size.
  package static let slack = 64
  package static let alignment = 64
  /// Blocks up to this size are aligned here: the allocator gives aligned ones out of its slow
  /// path, and a batch of a few rows has many.
  private static let smallSize = 512

  package let base: UnsafeMutableRawPointer
  /// At least the asked size.
  package let capacity: Int

  package static func allocate(_ byteCount: Int) -> Memory {
    let size = BlockPool.size(for: byteCount)
    let capacity = size ?? max(byteCount, 1)
    let kept = size.flatMap { BlockPool.take($0) }
    let base =
      kept
      ?? (capacity <= smallSize
        ? allocateSmall(capacity)
        : UnsafeMutableRawPointer.allocate(byteCount: capacity + slack, alignment: alignment))
    return Memory(base: base, capacity: capacity)
  }

  /// The block's own address stands in front of what is aligned: there is room, for the block
  /// begins at a multiple of 16, and the next multiple of 64 behind it is at least 16 away.
  private static func allocateSmall(_ capacity: Int) -> UnsafeMutableRawPointer {
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: alignment + capacity + slack, alignment: 16)
    let base = (block + 1).alignedUp(toMultipleOf: alignment)
    base.storeBytes(of: block, toByteOffset: -ownAddressSize, as: UnsafeMutableRawPointer.self)
    return base
  }

  private static let ownAddressSize = MemoryLayout<UnsafeMutableRawPointer>.size

  package func free() {
    if capacity <= Self.smallSize {
      let place = -Self.ownAddressSize
      base.load(fromByteOffset: place, as: UnsafeMutableRawPointer.self).deallocate()
      return
    }
    if BlockPool.size(for: capacity) == capacity, BlockPool.keep(base, capacity) { return }
    base.deallocate()
  }
}
