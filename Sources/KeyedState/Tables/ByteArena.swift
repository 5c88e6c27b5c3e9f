import Columns

/// A piece of an arena. Its bytes never change once written, so that snapshots share it.
final class ArenaChunk: @unchecked Sendable {
  let memory: Memory
  @exclusivity(unchecked) var used = 0

  init(_ byteCount: Int) { memory = .allocate(byteCount) }

  deinit { memory.free() }
}

/// Bytes that are only ever added: keys and values of no fixed width.
///
/// A reference is (chunk << 32 | offset) and stays valid while the arena or a copy made by `share`
/// lives. `Memory.slack` bytes behind every value are readable. A value's own bytes never change,
/// so a copy may be read on another thread while this one grows.
final class ByteArena: @unchecked Sendable {
  private static let firstChunk = 1 << 10
  private static let largestChunk = 1 << 20

  // Unchecked: as in `ByteBuffer`.
  @exclusivity(unchecked) private var chunks: [ArenaChunk] = []
  /// Base addresses of the chunks, for kernels.
  @exclusivity(unchecked) private(set) var bases: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>
  @exclusivity(unchecked) private var baseCapacity: Int
  /// Bytes of all values.
  @exclusivity(unchecked) private(set) var byteCount = 0

  init() {
    baseCapacity = 8
    bases = .allocate(capacity: baseCapacity)
  }

  private init(sharing chunks: [ArenaChunk], byteCount: Int) {
    self.chunks = chunks
    self.byteCount = byteCount
    baseCapacity = max(chunks.count, 1)
    bases = .allocate(capacity: baseCapacity)
    for (index, chunk) in chunks.enumerated() {
      bases[index] = chunk.memory.base.assumingMemoryBound(to: UInt8.self)
    }
  }

  deinit { bases.deallocate() }

  /// A copy for reading only; O(chunks).
  func share() -> ByteArena { ByteArena(sharing: chunks, byteCount: byteCount) }

  /// The address of what a reference stands for.
  @inline(__always)
  func address(_ reference: UInt64) -> UnsafeMutablePointer<UInt8> {
    Self.address(reference, bases)
  }

  @inline(__always)
  static func address(
    _ reference: UInt64, _ bases: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>
  ) -> UnsafeMutablePointer<UInt8> {
    bases[Int(truncatingIfNeeded: reference >> 32)]
      + Int(truncatingIfNeeded: reference & 0xFFFF_FFFF)
  }

  /// Adds a value; amortised O(its length).
  func append(_ source: UnsafePointer<UInt8>?, _ length: Int) -> UInt64 {
    let (reference, address) = reserve(length)
    if let source, length > 0 { address.update(from: source, count: length) }
    return reference
  }

  /// Room for a value that the caller writes at once.
  func reserve(_ length: Int) -> (UInt64, UnsafeMutablePointer<UInt8>) {
    if chunks.isEmpty
      || chunks[chunks.count - 1].used + length
        > chunks[chunks.count - 1].memory.capacity
    {
      addChunk(atLeast: length)
    }
    let chunk = chunks[chunks.count - 1]
    let offset = chunk.used
    chunk.used += length
    byteCount += length
    let reference = UInt64(chunks.count - 1) << 32 | UInt64(offset)
    return (reference, bases[chunks.count - 1] + offset)
  }

  private func addChunk(atLeast length: Int) {
    let grown = Self.firstChunk << min(chunks.count, 10)
    let chunk = ArenaChunk(max(min(grown, Self.largestChunk), length))
    if chunks.count == baseCapacity {
      let larger = UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>.allocate(
        capacity: baseCapacity * 2)
      larger.update(from: bases, count: baseCapacity)
      bases.deallocate()
      bases = larger
      baseCapacity *= 2
    }
    chunks.append(chunk)
    bases[chunks.count - 1] = chunk.memory.base.assumingMemoryBound(to: UInt8.self)
  }
}

/// Whether `length` bytes are equal. Reads up to 8 bytes past either end, which arenas and columns
/// allow for.
@inline(__always)
func equalBytes(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ length: Int) -> Bool {
  let x = UnsafeRawPointer(a)
  let y = UnsafeRawPointer(b)
  var at = 0
  // Four words without a branch between them.
  while at &+ 32 <= length {
    var difference: UInt64 = 0
    for word in 0..<4 {
      difference |=
        x.loadUnaligned(fromByteOffset: at &+ word &* 8, as: UInt64.self)
        ^ y.loadUnaligned(fromByteOffset: at &+ word &* 8, as: UInt64.self)
    }
    if difference != 0 { return false }
    at &+= 32
  }
  while at &+ 8 <= length {
    if x.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      != y.loadUnaligned(fromByteOffset: at, as: UInt64.self)
    {
      return false
    }
    at &+= 8
  }
  let rest = length &- at
  if rest == 0 { return true }
  let difference =
    x.loadUnaligned(fromByteOffset: at, as: UInt64.self)
    ^ y.loadUnaligned(fromByteOffset: at, as: UInt64.self)
  return difference &<< UInt64(truncatingIfNeeded: 64 &- rest &* 8) == 0
}
