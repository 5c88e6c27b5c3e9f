import Columns

/// Working memory of kernels, kept from batch to batch and grown when a batch needs more.
struct Scratch<Value: BitwiseCopyable>: ~Copyable {
  private var memory: Memory
  private(set) var base: UnsafeMutablePointer<Value>
  private var capacity: Int

  init(_ capacity: Int = 4096) {
    memory = .allocate(capacity * MemoryLayout<Value>.stride)
    base = memory.base.bindMemory(to: Value.self, capacity: capacity)
    self.capacity = capacity
  }

  deinit { memory.free() }

  /// At least `count` values; what was there is lost if that takes more memory.
  mutating func reserve(_ count: Int) -> UnsafeMutablePointer<Value> {
    if count > capacity {
      memory.free()
      capacity = count
      memory = .allocate(capacity * MemoryLayout<Value>.stride)
      base = memory.base.bindMemory(to: Value.self, capacity: capacity)
    }
    return base
  }
}

/// Rows of a batch, in order: what a selection is to kernels, or all rows.
package struct RowList {
  let rows: UnsafePointer<UInt32>
  let count: Int
}

/// The numbers from 0 on, as the selection of a batch without one.
final class IdentityRows {
  private var scratch = Scratch<UInt32>(4096)
  private var filled = 0

  func first(_ count: Int) -> UnsafePointer<UInt32> {
    let base = scratch.reserve(max(count, 4096))
    if count > filled {
      for i in 0..<max(count, 4096) { base[i] = UInt32(truncatingIfNeeded: i) }
      filled = max(count, 4096)
    }
    return UnsafePointer(base)
  }
}
