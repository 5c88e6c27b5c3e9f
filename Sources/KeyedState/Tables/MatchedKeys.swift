import Columns
import Schemas

/// The groups of rows whose keys are to be equal: a null in any part of a key equals nothing, so
/// its rows are in none.
///
/// Not thread-safe.
final class MatchedKeys {
  private let codec: KeyCodec
  private(set) var table = GroupTable()
  /// Groups that were wanted when the table was last tidied.
  private var liveCount = 0
  private let scratch = KeyScratch()
  private var hashes = Scratch<UInt64>()
  private var groups = Scratch<UInt32>()

  init(_ types: [DataType]) { codec = KeyCodec(types) }

  /// Groups that keys came of.
  var count: Int { table.count }

  /// The groups of the rows in `list`, in order, new ones for keys that are new; `missing` of a key
  /// with a null. Good until the next call. O(rows).
  func find(_ columns: [Column], _ list: RowList, rowCount: Int) -> UnsafePointer<UInt32> {
    let columns = columns.map { $0.withoutDictionary() }
    // The keys' bytes may lie in them.
    defer { withExtendedLifetime(columns) {} }
    let hashes = hashes.reserve(max(rowCount, 1))
    KeyHasher.hash(columns: columns, rowCount: rowCount, selection: nil, into: hashes)
    let bytes = codec.bytes(of: columns, list, rowCount: rowCount, scratch: scratch)
    let groups = groups.reserve(max(list.count, 1))
    table.find(bytes, hashes, list, into: groups)
    list.hideNulls(of: columns, in: groups)
    return UnsafePointer(groups)
  }

  /// Frees the places of groups that nobody wants any more, where most are such. The new numbers by
  /// the old ones, `missing` of those that are gone; nil: all are as they were.
  func tidy(keeping isLive: (UInt32) -> Bool) -> [UInt32]? {
    guard table.count > 2 * liveCount + 1_024 else { return nil }
    let live = (0..<UInt32(truncatingIfNeeded: table.count)).filter(isLive)
    liveCount = live.count
    guard live.count < table.count / 2 else { return nil }
    let old = table
    table = GroupTable()
    var numbers = [UInt32](repeating: GroupTable.missing, count: old.count)
    for group in live { numbers[Int(group)] = table.find(group, of: old) }
    return numbers
  }
}
