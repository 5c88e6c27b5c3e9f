/// A choice of rows by their values: the same at every reading.
package struct RowSample: Sendable {
  private let columns: [Int]
  private let salt: UInt64
  /// A mixed hash below it is kept.
  private let bound: UInt64
  private let keepsAll: Bool

  /// `columns` are columns of the batch; `share` of their distinct values is kept, between 0 and 1.
  package init(columns: [Int], share: Double, salt: UInt64) {
    self.columns = columns
    self.salt = salt
    keepsAll = share >= 1
    bound = keepsAll ? .max : UInt64(max(share, 0) * 0x1p64)
  }

  /// Those of the batch's rows that count which are kept. O(rows) besides the hashing.
  package func rows(of batch: Batch) -> Selection {
    let memory = Memory.allocate(batch.rowCount * 8)
    defer { memory.free() }
    let hashes = memory.base.assumingMemoryBound(to: UInt64.self)
    KeyHasher.hash(
      columns: columns.map { batch.columns[$0] }, rowCount: batch.rowCount,
      selection: batch.selection, into: hashes)
    let kept = Selection(capacity: batch.selectedCount)
    var count = 0
    KeyHasher.eachRow(batch.rowCount, batch.selection) { row in
      kept.rows[count] = UInt32(truncatingIfNeeded: row)
      count &+= keepsAll || Self.mix(hashes[row] ^ salt) < bound ? 1 : 0
    }
    kept.count = count
    return kept
  }

  /// Key groups and tables use the hash's own bits, so a choice by them would empty some.
  @inline(__always)
  static func mix(_ hash: UInt64) -> UInt64 {
    // The finaliser of MurmurHash3.
    var mixed = hash
    mixed = (mixed ^ (mixed &>> 33)) &* 0xFF51_AFD7_ED55_8CCD
    mixed = (mixed ^ (mixed &>> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return mixed ^ (mixed &>> 33)
  }
}

extension Selection {
  /// The first rows of a batch that count, at most `count`.
  package static func first(_ count: Int, of batch: Batch) -> Selection {
    let kept = Selection(capacity: count)
    var taken = 0
    KeyHasher.eachRow(batch.rowCount, batch.selection) { row in
      guard taken < count else { return }
      kept.rows[taken] = UInt32(truncatingIfNeeded: row)
      taken &+= 1
    }
    kept.count = taken
    return kept
  }
}

extension KeyHasher {
  /// The hash of a key of no column, as `hash(columns:…)` gives it.
  package static var ofNothing: UInt64 { XXH3.ofNothing }
}
