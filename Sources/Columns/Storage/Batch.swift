package import Schemas

/// The rows of a batch that count: ascending row numbers.
package final class Selection: @unchecked Sendable {
  package let rows: UnsafeMutablePointer<UInt32>
  /// At most the capacity.
  @exclusivity(unchecked) package var count: Int
  private let memory: Memory

  package init(capacity: Int) {
    memory = .allocate(capacity * 4)
    rows = memory.base.assumingMemoryBound(to: UInt32.self)
    count = 0
  }

  deinit { memory.free() }

  /// There must be room.
  @inline(__always)
  package func append(_ row: UInt32) {
    rows[count] = row
    count += 1
  }
}

/// Up to `Batch.rowLimit` rows in columns: what travels between operators.
///
/// A batch has one owner at a time and is handed over whole; its columns are shared and immutable.
/// Where `selection` is set only its rows count, and operators either refine it or gather.
package final class Batch: @unchecked Sendable {
  package static let rowLimit = 4096

  package let schema: Schema
  @exclusivity(unchecked) package var columns: [Column]
  /// Rows in each column, whether selected or not.
  package let rowCount: Int
  /// The rows that count; nil: all.
  @exclusivity(unchecked) package var selection: Selection?
  @exclusivity(unchecked) package var hidden: HiddenColumns

  package init(
    schema: Schema, columns: [Column], rowCount: Int, selection: Selection? = nil,
    hidden: HiddenColumns = HiddenColumns()
  ) {
    self.schema = schema
    self.columns = columns
    self.rowCount = rowCount
    self.selection = selection
    self.hidden = hidden
  }

  /// Rows that count.
  package var selectedCount: Int { selection?.count ?? rowCount }
}

/// What travels with the rows without being theirs; each column is absent where nobody needs it.
package struct HiddenColumns: Sendable {
  /// Event time in microseconds (`timestamp`).
  package var eventTimes: Column?
  /// The order tag's second part, an `int`: where the row came from (see `OrderTag`).
  package var lanes: Column?
  /// The order tag's third part, an `int`: its place there.
  package var places: Column?
  /// The watermark of the row's own partition at that row (`timestamp`). Present only in a batch
  /// that holds a row behind it; `Int64.min` for rows that are not.
  package var lateWatermarks: Column?
  /// `RowKind` as an `int`; absent: all inserts.
  package var rowKinds: Column?
  /// The bytes the rows were decoded from, for dead letters: row *i* is record `recordRows[i]`.
  package var records: RecordBatch?
  /// The record of each row (`int`); absent: row *i* is record *i*.
  package var recordRows: Column?

  package init() {}
}

/// What a row says about earlier ones.
package enum RowKind: Int64, Sendable {
  case insert = 0
  case updateBefore = 1
  case updateAfter = 2
  case delete = 3

  /// Whether a row of this kind, by its number, is one that is there no more.
  @inline(__always)
  package static func takesBack(_ kind: Int64) -> Bool { kind & 1 == 1 }
}

/// The order among rows of different partitions: (event time, lane, place). The lane orders sources
/// and their partitions the same way in every run; the place is the offset in the partition.
package enum OrderTag {
  /// Source index (8 bits), hash of the topic's name (31 bits), partition number (24 bits); never
  /// negative.
  package static func lane(source: Int, topicHash: UInt64, partition: Int32) -> Int64 {
    let source = Int64(source & 0x7F) << 55
    let topic = Int64(truncatingIfNeeded: topicHash & 0x7FFF_FFFF) << 24
    return source | topic | Int64(partition & 0xFF_FFFF)
  }

  /// The place of a row that is made of another one, as the `number`th. Rows of one place beyond
  /// a million of them have the last one's.
  @inline(__always)
  package static func place(of number: Int64, in place: Int64) -> Int64 {
    place &<< 20 | min(number, 1 << 20 - 1)
  }
}
