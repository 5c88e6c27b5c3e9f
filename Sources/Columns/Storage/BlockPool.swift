import Synchronization

/// Large blocks of memory that batches leave behind, kept for the next ones of the process.
///
/// The allocator would take blocks of this size from the system and give them back with every
/// batch, and each page of a new one costs a fault: more than to decode what is written there.
enum BlockPool {
  /// Sizes that are kept: powers of two between these.
  static let sizes = 1 << 16...1 << 22
  /// Bytes kept in all. None for the address sanitizer, which sees the use of what was given back
  /// only where the allocator has it.
  #if RAUDAL_PLAIN_MEMORY
    static let limit = 0
  #else
    static let limit = 16 << 20
  #endif

  private struct Kept {
    /// Addresses, by the size's place among `sizes`.
    var blocks: [[UInt]] = Array(repeating: [], count: 7)
    var byteCount = 0
  }

  private static let kept = Mutex(Kept())

  /// The size of the block that is taken for so many bytes; nil: it is none of the pool's.
  static func size(for byteCount: Int) -> Int? {
    guard byteCount >= sizes.lowerBound, byteCount <= sizes.upperBound else { return nil }
    return 1 << (Int.bitWidth - (byteCount - 1).leadingZeroBitCount)
  }

  /// A kept block of that size; nil if there is none.
  static func take(_ size: Int) -> UnsafeMutableRawPointer? {
    let address = kept.withLock { kept -> UInt? in
      guard let address = kept.blocks[place(of: size)].popLast() else { return nil }
      kept.byteCount -= size
      return address
    }
    return address.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
  }

  /// Keeps a block of that size; false if there are enough.
  static func keep(_ block: UnsafeMutableRawPointer, _ size: Int) -> Bool {
    let address = UInt(bitPattern: block)
    return kept.withLock { kept in
      guard kept.byteCount + size <= limit else { return false }
      kept.byteCount += size
      kept.blocks[place(of: size)].append(address)
      return true
    }
  }

  private static func place(of size: Int) -> Int {
    size.trailingZeroBitCount - sizes.lowerBound.trailingZeroBitCount
  }
}
