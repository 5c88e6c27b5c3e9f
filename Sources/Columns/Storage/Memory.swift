/// Raw memory for one column: aligned to a cache line, with slack behind its end so that vector
/// loads may read past the last value. Contents are undefined until written.
package struct Memory {
  /// Readable bytes behind the asked size.
  package static let slack = 64
  package static let alignment = 64

  package let base: UnsafeMutableRawPointer
  package let capacity: Int

  package static func allocate(_ byteCount: Int) -> Memory {
    let capacity = max(byteCount, 1)
    let base = UnsafeMutableRawPointer.allocate(
      byteCount: capacity + slack, alignment: alignment)
    return Memory(base: base, capacity: capacity)
  }

  package func free() { base.deallocate() }
}
