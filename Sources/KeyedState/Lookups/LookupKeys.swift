package import Columns
package import Schemas

/// A key by which rows are looked up, as a value.
package enum LookupKey: Hashable, Sendable {
  case number(Int64)
  case bytes([UInt8])

  /// Of one column, a `string` or an `int`, as it is written.
  package var text: String {
    switch self {
    case .number(let number): "\(number)"
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    }
  }
}

/// Makes values of the key columns of batches.
package final class LookupKeys {
  private let codec: KeyCodec
  private let identity = IdentityRows()
  private let scratch = KeyScratch()

  package init(_ types: [DataType]) { codec = KeyCodec(types) }

  /// Of each row its key; nil where a part of it is null, which no row of a table has. The columns
  /// are those of a batch without selection. O(rows and their bytes).
  package func keys(of columns: [Column], rowCount: Int) -> [LookupKey?] {
    guard rowCount > 0, let first = columns.first else { return [] }
    if codec.isText {
      return (0..<rowCount).map { first.isValid($0) ? .bytes(Array(first.text($0))) : nil }
    }
    let plain = columns.map { $0.withoutDictionary() }
    if codec.types == [.int] {
      return (0..<rowCount).map { plain[0].isValid($0) ? .number(plain[0].ints[$0]) : nil }
    }
    let list = RowList(rows: identity.first(rowCount), count: rowCount)
    let bytes = codec.bytes(of: plain, list, rowCount: rowCount, scratch: scratch)
    return (0..<rowCount).map { row in
      guard plain.allSatisfy({ $0.isValid(row) }) else { return nil }
      let (start, end) = (Int(bytes.starts[row]), Int(bytes.ends[row]))
      return .bytes(Array(UnsafeBufferPointer(start: bytes.base + start, count: end - start)))
    }
  }
}
