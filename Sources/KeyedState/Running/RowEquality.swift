import Columns
import Schemas

/// Whether rows of a batch are equal, by the bytes of their values.
struct RowEquality {
  private let scratch = KeyScratch()
  private let keys: KeyBytes
  private let columns: [Column]
  private let numbers = IdentityRows()

  init(_ batch: Batch, from first: Int, _ comparesTimes: Bool) {
    let times = comparesTimes ? batch.hidden.eventTimes.map { [$0] } ?? [] : []
    columns = batch.columns[first...].map { $0.withoutDictionary() } + times
    let list = RowList(rows: numbers.first(batch.rowCount), count: batch.rowCount)
    let types = columns.map(\.type)
    keys = KeyCodec(types).bytes(of: columns, list, rowCount: batch.rowCount, scratch: scratch)
  }

  func areEqual(_ a: Int, _ b: Int) -> Bool {
    defer { withExtendedLifetime(columns) {} }
    if let validity = keys.validity, validity[a] != validity[b] { return false }
    if let validity = keys.validity, validity[a] == 0 { return true }
    let (x, y) = (keys[UInt32(a)], keys[UInt32(b)])
    guard x.count == y.count else { return false }
    guard let left = x.baseAddress, let right = y.baseAddress else { return true }
    return compareBytes(left, x.count, right, y.count) == 0
  }
}
