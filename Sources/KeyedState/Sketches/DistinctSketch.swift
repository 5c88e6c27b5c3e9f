import Columns
import Schemas

/// HyperLogLog: how many different values there were (Flajolet et al. 2007), of 64-bit hashes and
/// with Ertl's estimate.
///
/// Up to 1,536 values their hashes themselves are kept, so that small groups are counted exactly
/// and take little memory; that many hashes take the bytes of the registers. Which form it has is
/// a matter of the values alone, as all else of it.
final class DistinctSketch: Sketch, @unchecked Sendable {
  /// 2^14 registers: a standard error of 1.04 ÷ √16,384, 0.81 %.
  static let precision = 14
  static let registerCount = 1 << precision
  static let mostHashes = 1536
  /// The greatest rank: the bits of a hash behind the register's number, all zero.
  static let mostRank = UInt8(64 - precision + 1)
  private static let formOfHashes: UInt8 = 0
  private static let formOfRanks: UInt8 = 1

  var generation = 0
  /// An open table; 0 is a free slot. Owned, as are the registers.
  private var hashes: UnsafeMutablePointer<UInt64>?
  private var slotCount = 0
  private var count = 0
  private var ranks: UnsafeMutablePointer<UInt8>?
  /// How many registers have each rank, so that an estimate need not look at them.
  private var counts: [Int32] = []

  init(_ spec: AggregateSpec) {}

  private init(copying other: DistinctSketch) {
    slotCount = other.slotCount
    count = other.count
    if let source = other.hashes {
      let target = UnsafeMutablePointer<UInt64>.allocate(capacity: slotCount)
      target.update(from: source, count: slotCount)
      hashes = target
    }
    if let source = other.ranks {
      let target = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.registerCount)
      target.update(from: source, count: Self.registerCount)
      ranks = target
      counts = other.counts.withUnsafeBufferPointer { Array($0) }
    }
  }

  deinit {
    hashes?.deallocate()
    ranks?.deallocate()
  }

  func copy() -> DistinctSketch { DistinctSketch(copying: self) }

  var byteCount: Int { 64 + (ranks == nil ? slotCount * 8 : Self.registerCount + 256) }

  /// The number of different hashes, estimated where they are many.
  var estimate: Int64 {
    guard ranks != nil else { return Int64(count) }
    return Int64(DistinctEstimate.value(counts.map(Double.init)).rounded())
  }

  @inline(__always)
  func insert(_ hash: UInt64) {
    if let ranks { return take(hash, ranks) }
    keep(hash)
  }

  @inline(__always)
  private func take(_ hash: UInt64, _ ranks: UnsafeMutablePointer<UInt8>) {
    let precision = Self.precision
    let register = Int(truncatingIfNeeded: hash &>> UInt64(64 - precision))
    // The bit behind the hash's own ends what counts as zero.
    let rest = hash &<< UInt64(precision) | 1 &<< UInt64(precision - 1)
    let rank = UInt8(truncatingIfNeeded: rest.leadingZeroBitCount &+ 1)
    if rank > ranks[register] { raise(register, to: rank, ranks) }
  }

  private func raise(_ register: Int, to rank: UInt8, _ ranks: UnsafeMutablePointer<UInt8>) {
    counts[Int(ranks[register])] -= 1
    counts[Int(rank)] += 1
    ranks[register] = rank
  }

  private func keep(_ hash: UInt64) {
    if slotCount == 0 { move(to: 4) }
    guard let hashes else { return }
    // Two of 2^64 hashes are one, so that a free slot can be told.
    let hash = hash == 0 ? 1 : hash
    var slot = Int(truncatingIfNeeded: hash) & (slotCount - 1)
    while hashes[slot] != 0 {
      if hashes[slot] == hash { return }
      slot = (slot + 1) & (slotCount - 1)
    }
    hashes[slot] = hash
    count += 1
    if count > Self.mostHashes {
      makeRanks()
    } else if count * 4 > slotCount * 3 {
      move(to: slotCount * 2)
    }
  }

  private func move(to slots: Int) {
    let target = UnsafeMutablePointer<UInt64>.allocate(capacity: slots)
    target.initialize(repeating: 0, count: slots)
    if let hashes {
      for old in 0..<slotCount where hashes[old] != 0 {
        var slot = Int(truncatingIfNeeded: hashes[old]) & (slots - 1)
        while target[slot] != 0 { slot = (slot + 1) & (slots - 1) }
        target[slot] = hashes[old]
      }
      hashes.deallocate()
    }
    hashes = target
    slotCount = slots
  }

  @discardableResult
  private func makeRanks() -> UnsafeMutablePointer<UInt8> {
    let target = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.registerCount)
    target.initialize(repeating: 0, count: Self.registerCount)
    counts = Array(repeating: 0, count: Int(Self.mostRank) + 1)
    counts[0] = Int32(Self.registerCount)
    if let hashes {
      for slot in 0..<slotCount where hashes[slot] != 0 { take(hashes[slot], target) }
      hashes.deallocate()
    }
    hashes = nil
    slotCount = 0
    count = 0
    ranks = target
    return target
  }
}

extension DistinctSketch {
  /// The form, then hashes of 8 bytes or ranks of 6 bits.
  func write(to buffer: ByteBuffer) {
    guard let ranks else {
      buffer.append(Self.formOfHashes)
      guard let hashes else { return }
      for slot in 0..<slotCount where hashes[slot] != 0 { buffer.append(raw: hashes[slot]) }
      return
    }
    buffer.append(Self.formOfRanks)
    let target = buffer.reserve(Self.registerCount / 4 * 3)
    for four in 0..<Self.registerCount / 4 {
      let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(ranks[four * 4 + $1]) << UInt32($1 * 6) }
      target[four * 3] = UInt8(truncatingIfNeeded: word)
      target[four * 3 + 1] = UInt8(truncatingIfNeeded: word >> 8)
      target[four * 3 + 2] = UInt8(truncatingIfNeeded: word >> 16)
    }
    buffer.commit(Self.registerCount / 4 * 3)
  }

  func merge(_ bytes: UnsafeBufferPointer<UInt8>) {
    var reader = SketchReader(bytes)
    guard let form = reader.next(UInt8.self) else { return }
    guard form == Self.formOfRanks else {
      while let hash = reader.next(UInt64.self) { insert(hash) }
      return
    }
    guard let packed = reader.next(count: Self.registerCount / 4 * 3) else { return }
    let ranks = self.ranks ?? makeRanks()
    for four in 0..<Self.registerCount / 4 {
      let word =
        UInt32(packed[four * 3]) | UInt32(packed[four * 3 + 1]) << 8
        | UInt32(packed[four * 3 + 2]) << 16
      for register in 0..<4 {
        let rank = min(UInt8(word >> UInt32(register * 6) & 63), Self.mostRank)
        if rank > ranks[four * 4 + register] { raise(four * 4 + register, to: rank, ranks) }
      }
    }
  }

  static func update(
    _ cells: SketchCells<DistinctSketch>, _ rows: GroupRows, _ input: AggregateInput
  ) {
    guard let rowCount = input.columns.first?.rowCount, rows.count > 0 else { return }
    let chosen = Selection(capacity: rows.count)
    chosen.rows.update(from: rows.rows, count: rows.count)
    chosen.count = rows.count
    let memory = Memory.allocate(rowCount * 8)
    defer { memory.free() }
    let hashes = memory.base.assumingMemoryBound(to: UInt64.self)
    KeyHasher.hash(columns: input.columns, rowCount: rowCount, selection: chosen, into: hashes)
    for i in 0..<rows.count {
      cells.change(rows.groups[i]) { $0.insert(hashes[Int(rows.rows[i])]) }
    }
  }

  static func result(
    _ cells: SketchCells<DistinctSketch>, _ groups: RowList, _ spec: AggregateSpec
  ) -> AggregateResult {
    let column = Column(fixed: .int, rowCount: groups.count)
    for i in 0..<groups.count { column.ints[i] = cells.sketch(groups.rows[i])?.estimate ?? 0 }
    return AggregateResult(column: column, failed: [])
  }
}
