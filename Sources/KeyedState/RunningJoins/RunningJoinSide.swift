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
  let set = ValueSet(isOrdered: true)
  let hasTimes: Bool
  /// The bytes of a row of nulls.
  let nulls: ByteBuffer
  private let row = ByteBuffer()

  init(_ shape: RunningJoinShape, _ side: JoinSide) {
    schema = shape.schema(side)
    keys = shape.keys(side)
    types = schema.fields.map(\.type)
    rowKeys = SortKeys(
      parts: schema.fields.indices.map { SortKeys.Part(column: $0, isDescending: false) })
    hasTimes = shape.expiry != nil
    nulls = ByteBuffer()
    for _ in types { nulls.append(0) }
  }

  /// Takes a row in or back; how many more or fewer of it are there.
  func take(
    _ bytes: UnsafeBufferPointer<UInt8>, at time: Int64, of group: UInt32, back: Bool
  ) -> Int64 {
    guard hasTimes else { return set.take(bytes, of: group, back: back) }
    return set.take(timed(bytes, time), of: group, back: back)
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
