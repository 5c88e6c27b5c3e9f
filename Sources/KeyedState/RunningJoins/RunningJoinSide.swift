import Columns
import Schemas

/// The rows of one side of a running join: of each key those that are there, each as often as it
/// is.
///
/// A row lies as bytes from which it can be read; behind them its event time, where rows expire.
final class RunningJoinSide {
  let schema: Schema
  let keys: [Int]
  let rowKeys: SortKeys
  let types: [DataType]
  let set = ValueSet(.chained)
  let hasTimes: Bool
  /// The bytes of a row of nulls.
  let nulls: ByteBuffer
  private let row = ByteBuffer()

  init(_ shape: RunningJoinShape, _ side: JoinSide) {
    schema = shape.join.schema(side)
    keys = shape.join.keys(side)
    types = schema.fields.map(\.type)
    rowKeys = SortKeys(
      parts: schema.fields.indices.map { SortKeys.Part(column: $0, isDescending: false) })
    hasTimes = shape.expiry != nil
    nulls = ByteBuffer()
    for _ in types { nulls.append(0) }
  }

  /// The members that rows are, of these groups and with these times. A row with a null in its key
  /// is one of no group, of which none is ever there.
  func find(
    _ bytes: KeyBytes, _ rows: GroupRows, times: UnsafePointer<Int64>?
  ) -> UnsafePointer<UInt32> {
    let tail = hasTimes ? 8 : 0
    return set.find(rows) { row in
      bytes[UInt32(row)].count + tail
    } write: { row, target in
      let key = bytes[UInt32(row)]
      if let start = key.baseAddress { target.update(from: start, count: key.count) }
      if hasTimes {
        UnsafeMutableRawPointer(target + key.count).storeBytes(
          of: times.map { $0[row] } ?? 0, as: Int64.self)
      }
      return key.count + tail
    }
  }

  /// A row and its time; good until the next.
  func timed(_ bytes: UnsafeBufferPointer<UInt8>, _ time: Int64) -> UnsafeBufferPointer<UInt8> {
    row.removeAll()
    row.append(bytes)
    withUnsafeBytes(of: time) { row.append($0.bindMemory(to: UInt8.self)) }
    return row.bytes
  }

  /// The time behind a row's bytes.
  static func time(of bytes: UnsafeBufferPointer<UInt8>) -> Int64 {
    guard let base = bytes.baseAddress, bytes.count >= 8 else { return .max }
    return UnsafeRawPointer(base + bytes.count - 8).loadUnaligned(as: Int64.self)
  }

  var declaration: [Field] {
    schema.fields + (hasTimes ? [Field("$time", .timestamp)] : []) + [Field("$count", .int)]
  }
}
