package import Schemas

/// The names of a CSV file's cells, in order. One for all batches of a file: decoders compare it by
/// identity.
package final class RecordHeading: Sendable {
  package let names: [String]
  package init(_ names: [String]) { self.names = names }
}

/// Records of one partition as they came, before decoding: their bytes in one arena.
///
/// The source that fills it owns it until it is handed on; from then on it is immutable and lives
/// as long as a row that was decoded from it may need its original bytes.
package final class RecordBatch: @unchecked Sendable {
  /// Where a value, key or header block lies in the arena; a negative length stands for null.
  package struct Span {
    package var start: UInt32
    package var length: Int32

    package static let null = Span(start: 0, length: -1)

    @inline(__always)
    package init(start: UInt32, length: Int32) {
      self.start = start
      self.length = length
    }

    package var isNull: Bool { length < 0 }
  }

  /// Where its records stand in their file, for messages.
  package enum Places: Sendable {
    case unknown
    /// The arena begins at that byte of the file, and has what follows there.
    case bytes(from: Int64)
    /// Offsets are the numbers of the lines that records begin on.
    case lines
  }

  package let partition: PartitionID
  package var places = Places.unknown
  /// Records that are no rows, whatever stands in them, and why. Only their first bytes are there.
  package private(set) var faults: [Int: String] = [:]
  /// What the cells of CSV records are called where the file says so (its first line).
  package var heading: RecordHeading?
  package private(set) var count = 0
  /// Bytes used of the arena. `Memory.slack` bytes behind them are readable.
  package private(set) var byteCount = 0

  package private(set) var arena: UnsafeMutablePointer<UInt8>
  package let values: UnsafeMutablePointer<Span>
  package let keys: UnsafeMutablePointer<Span>
  /// Headers, encoded as (UInt32 name length, name, Int32 value length or -1, value)*.
  package let headers: UnsafeMutablePointer<Span>
  /// Microseconds; `Int64.min` where the record has none.
  package let timestamps: UnsafeMutablePointer<Int64>
  package let offsets: UnsafeMutablePointer<Int64>

  private var arenaMemory: Memory
  private let capacity: Int
  private let fixed: [Memory]

  package init(partition: PartitionID, capacity: Int, byteCapacity: Int) {
    self.partition = partition
    self.capacity = capacity
    let span = MemoryLayout<Span>.stride
    fixed = [span, span, span, 8, 8].map { Memory.allocate($0 * capacity) }
    values = fixed[0].base.bindMemory(to: Span.self, capacity: capacity)
    keys = fixed[1].base.bindMemory(to: Span.self, capacity: capacity)
    headers = fixed[2].base.bindMemory(to: Span.self, capacity: capacity)
    timestamps = fixed[3].base.bindMemory(to: Int64.self, capacity: capacity)
    offsets = fixed[4].base.bindMemory(to: Int64.self, capacity: capacity)
    arenaMemory = .allocate(byteCapacity)
    arena = arenaMemory.base.assumingMemoryBound(to: UInt8.self)
  }

  deinit {
    arenaMemory.free()
    for memory in fixed { memory.free() }
  }

  /// In number, or in bytes: a record may be large, and a batch of them is cut then.
  package var isFull: Bool { count == capacity || byteCount >= TextLimit.batchBytes }

  /// Appends a record, copying its bytes. The batch must not be full.
  package func append(
    value: UnsafeRawBufferPointer?, key: UnsafeRawBufferPointer?,
    headers: UnsafeRawBufferPointer? = nil, timestamp: Int64, offset: Int64
  ) {
    precondition(count < capacity, "a full record batch takes no more records")
    values[count] = copy(value)
    keys[count] = copy(key)
    self.headers[count] = copy(headers)
    timestamps[count] = timestamp
    offsets[count] = offset
    count += 1
  }

  /// Appends a record whose bytes are in the arena already (see `reserve`).
  package func append(placed span: Span, timestamp: Int64, offset: Int64) {
    precondition(count < capacity, "a full record batch takes no more records")
    values[count] = span
    keys[count] = .null
    headers[count] = .null
    timestamps[count] = timestamp
    offsets[count] = offset
    count += 1
  }

  /// The same of one that is no row.
  package func append(placed span: Span, timestamp: Int64, offset: Int64, fault: String) {
    faults[count] = fault
    append(placed: span, timestamp: timestamp, offset: offset)
  }

  /// Leaves out the arena's bytes from `start` on but for the last one, which then stands there.
  package func leaveOut(from start: Int) {
    precondition(start < byteCount, "there is a last byte")
    arena[start] = arena[byteCount - 1]
    byteCount = start + 1
  }

  /// Room for `size` bytes at the end of the arena, to be filled by the caller; `commit` counts
  /// them. Earlier pointers into the arena are no longer valid.
  package func reserve(_ size: Int) -> UnsafeMutablePointer<UInt8> {
    if byteCount + size > arenaMemory.capacity {
      let larger = Memory.allocate(max(arenaMemory.capacity * 2, byteCount + size))
      larger.base.copyMemory(from: arenaMemory.base, byteCount: byteCount)
      arenaMemory.free()
      arenaMemory = larger
      arena = larger.base.assumingMemoryBound(to: UInt8.self)
    }
    return arena + byteCount
  }

  package func commit(_ size: Int) {
    byteCount += size
    TextLimit.check(byteCount)
  }

  /// Counts records that the caller has written into `values`, `keys`, `headers`, `timestamps` and
  /// `offsets` behind the last one, their bytes into what it reserved. The batch must have room.
  package func commit(records: Int, bytes: Int) {
    precondition(count + records <= capacity, "a record batch has no more records than room")
    count += records
    commit(bytes)
  }

  /// Counts records whose values the caller has written into `values` behind the last one, their
  /// bytes being in the arena. They have no keys, headers and timestamps, and offsets that ascend
  /// from `offset`. The batch must have room.
  package func commit(placed records: Int, offset: Int64) {
    precondition(count + records <= capacity, "a record batch has no more records than room")
    (keys + count).update(repeating: .null, count: records)
    (headers + count).update(repeating: .null, count: records)
    (timestamps + count).update(repeating: .min, count: records)
    let target = offsets + count
    for k in 0..<records { target[k] = offset &+ Int64(k) }
    count += records
  }

  /// For messages; kernels take the pointer.
  package func offset(of record: Int) -> Int64 { offsets[record] }

  /// The bytes of a span; nil for null. Valid while the batch lives and nothing is appended.
  package func bytes(_ span: Span) -> UnsafeBufferPointer<UInt8>? {
    span.isNull
      ? nil : UnsafeBufferPointer(start: arena + Int(span.start), count: Int(span.length))
  }

  private func copy(_ source: UnsafeRawBufferPointer?) -> Span {
    guard let source else { return .null }
    let start = byteCount
    if let base = source.baseAddress, source.count > 0 {
      UnsafeMutableRawPointer(reserve(source.count)).copyMemory(
        from: base, byteCount: source.count)
      commit(source.count)
    }
    return Span(start: UInt32(truncatingIfNeeded: start), length: Int32(source.count))
  }
}
