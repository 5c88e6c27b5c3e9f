import Columns
import Schemas

/// Keys by number, and which of them something is kept of; what that is lies in columns by number.
///
/// Keys come and go: a number stays a key's until most keys hold nothing, then the others move to
/// new numbers. Which changed since the last snapshot is known. Not thread-safe.
final class KeptKeys {
  private static let kept: UInt8 = 1
  /// The last snapshot held something of it.
  private static let wasKept: UInt8 = 2
  private static let changed: UInt8 = 4
  /// A deadline stands in its store's queue.
  private static let watched: UInt8 = 8

  let fields: [Field]
  let codec: KeyCodec
  private(set) var table = GroupTable()
  private var flags: [UInt8] = []
  private(set) var keptCount = 0
  /// Numbers whose keys changed since the last snapshot.
  private var changes: [UInt32] = []
  /// Keys have other numbers than at the last snapshot.
  private var isRenumbered = false
  private let identity = IdentityRows()
  private let scratch = KeyScratch()
  private var hashes = Scratch<UInt64>()
  private var numbers = Scratch<UInt32>()

  init(_ fields: [Field]) {
    self.fields = fields
    codec = KeyCodec(fields.map(\.type))
  }

  /// Keys that have numbers, whether or not something is kept of them.
  var count: Int { table.count }

  /// The numbers of the rows' keys, new ones for keys that are new. Valid until the next call.
  /// O(rows).
  func find(_ columns: [Column], rowCount: Int) -> UnsafeMutablePointer<UInt32> {
    let found = withBytes(of: columns, rowCount) { table.find($0, $1, $2, into: $3) }
    growFlags()
    return found
  }

  /// The numbers of the rows' keys; `GroupTable.missing` for those that have none, and for keys
  /// with a null in any part. Valid until the next call. O(rows).
  func lookUp(_ columns: [Column], rowCount: Int) -> UnsafeMutablePointer<UInt32> {
    withBytes(of: columns, rowCount) { bytes, hashes, list, found in
      table.lookUp(bytes, hashes, list, into: found)
      list.hideNulls(of: columns, in: found)
    }
  }

  private func withBytes(
    of columns: [Column], _ rowCount: Int,
    _ body: (KeyBytes, UnsafePointer<UInt64>, RowList, UnsafeMutablePointer<UInt32>) -> Void
  ) -> UnsafeMutablePointer<UInt32> {
    let columns = columns.map { $0.withoutDictionary() }
    // The keys' bytes may lie in them.
    defer { withExtendedLifetime(columns) {} }
    let list = RowList(rows: identity.first(rowCount), count: rowCount)
    let hashes = hashes.reserve(max(rowCount, 1))
    KeyHasher.hash(columns: columns, rowCount: rowCount, selection: nil, into: hashes)
    let found = numbers.reserve(max(rowCount, 1))
    body(
      codec.bytes(of: columns, list, rowCount: rowCount, scratch: scratch), hashes, list, found)
    return found
  }

  private func growFlags() {
    guard flags.count < table.count else { return }
    flags += Array(repeating: 0, count: max(table.count, 2 * flags.count) - flags.count)
  }

  @inline(__always)
  func isKept(_ key: UInt32) -> Bool { flags[Int(key)] & Self.kept != 0 }

  /// Something of the key is kept from now on, or another thing than before.
  func keep(_ key: UInt32) {
    if flags[Int(key)] & Self.kept == 0 { keptCount += 1 }
    note(key, flags[Int(key)] | Self.kept)
  }

  func release(_ key: UInt32) {
    if flags[Int(key)] & Self.kept != 0 { keptCount -= 1 }
    note(key, flags[Int(key)] & ~Self.kept)
  }

  private func note(_ key: UInt32, _ flags: UInt8) {
    if flags & Self.changed == 0 { changes.append(key) }
    self.flags[Int(key)] = flags | Self.changed
  }

  /// Whether the key was not watched before; from now on it is.
  func watch(_ key: UInt32) -> Bool {
    defer { flags[Int(key)] |= Self.watched }
    return flags[Int(key)] & Self.watched == 0
  }

  func unwatch(_ key: UInt32) { flags[Int(key)] &= ~Self.watched }

  /// So many keys hold nothing that the others had better move.
  var isSparse: Bool { count > 2 * keptCount + 4096 }

  /// All numbers of keys of which something is kept.
  var all: [UInt32] { (0..<UInt32(truncatingIfNeeded: count)).filter { isKept($0) } }

  /// Forgets the keys of which nothing is kept. The others get the numbers from 0 on in the order
  /// of the result, which holds their old ones.
  func renumber() -> [UInt32] {
    let kept = all
    let fresh = GroupTable()
    for key in kept { _ = fresh.find(key, of: table) }
    table = fresh
    flags = Array(repeating: Self.kept, count: kept.count)
    changes = []
    isRenumbered = true
    return kept
  }

  /// What a snapshot must write, and whether it is a delta.
  struct Changes {
    var isDelta: Bool
    var kept: [UInt32]
    var gone: [UInt32] = []
  }

  /// All keys, or those that changed since the last time. O(changes), of a full one O(keys).
  func takeChanges(full: Bool) -> Changes {
    var result = Changes(isDelta: !full && !isRenumbered, kept: [])
    if result.isDelta {
      result.kept = changes.filter { isKept($0) }
      result.gone = changes.filter { !isKept($0) && flags[Int($0)] & Self.wasKept != 0 }
    } else {
      result.kept = all
      for key in flags.indices { flags[key] &= ~(Self.wasKept | Self.changed) }
    }
    for key in changes { flags[Int(key)] &= ~(Self.wasKept | Self.changed) }
    for key in result.kept { flags[Int(key)] |= Self.wasKept }
    changes = []
    isRenumbered = false
    return result
  }
}

/// When something that is kept of a key may be over. What has been prolonged since is put back when
/// its turn comes, so that rows cost nothing here.
struct KeptDeadline: HeapElement {
  var time: Int64
  var key: UInt32

  func precedes(_ other: KeptDeadline) -> Bool { time < other.time }

  /// A time so much later, as far as there is time.
  static func time(_ start: Int64, _ span: Int64) -> Int64 {
    let (end, overflows) = start.addingReportingOverflow(span)
    return overflows ? .max : end
  }
}
