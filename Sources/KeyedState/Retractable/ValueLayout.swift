import Columns
import Schemas

/// How a row's values lie in a `ValueSet`: as bytes that are in order where the values are.
///
/// What decides comes first: the second argument of `arg_min` and `arg_max`, then the row's order
/// tag, last the value itself. Numbers are big-endian with their sign turned, floats in the one
/// order of keys. A text that something follows has its zeros doubled (0, 255) and ends with two.
struct ValueLayout: Hashable, Sendable {
  enum Form: Hashable, Sendable {
    /// The value.
    case plain
    /// The order tag, the value.
    case tagged
    /// What decides, the order tag, the value.
    case argued
  }

  static let tagBytes = 24

  let form: Form
  let value: DataType
  let order: DataType?

  init?(_ spec: AggregateSpec) {
    guard let value = spec.arguments.first?.type else { return nil }
    self.value = value
    switch spec.function {
    case "min", "max", "median", "percentile", "count_distinct": (form, order) = (.plain, nil)
    case "first", "last", "any", "collect": (form, order) = (.tagged, nil)
    case "arg_min", "arg_max":
      guard spec.arguments.count == 2 else { return nil }
      (form, order) = (.argued, spec.arguments[1].type)
    default: return nil
    }
  }

  /// No row's bytes are more.
  func mostBytes(_ input: AggregateInput, _ row: Int) -> Int {
    var count = form == .plain ? 0 : Self.tagBytes
    count += value.isText ? input.columns[0].text(row).count : value.width
    guard let order else { return count }
    return count + (order.isText ? 2 + 2 * input.columns[1].text(row).count : order.width)
  }

  /// Writes a row's bytes; how many it wrote.
  func write(
    _ input: AggregateInput, _ row: Int, to target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var count = 0
    if let order {
      if order.isText {
        count = Self.writeEnded(input.columns[1].text(row), target)
      } else {
        count = Self.write(input.columns[1], row, order, target)
      }
    }
    if form != .plain {
      let tag = input.tag(row)
      for word in [tag.time, tag.lane, tag.place] {
        Self.write(word, target + count)
        count += 8
      }
    }
    guard value.isText else {
      return count + Self.write(input.columns[0], row, value, target + count)
    }
    let text = input.columns[0].text(row)
    if let start = text.baseAddress { (target + count).update(from: start, count: text.count) }
    return count + text.count
  }

  private static func write(_ word: Int64, _ target: UnsafeMutablePointer<UInt8>) {
    let ordered = UInt64(bitPattern: word) ^ (1 << 63)
    UnsafeMutableRawPointer(target).storeBytes(of: ordered.bigEndian, as: UInt64.self)
  }

  private static func write(
    _ column: Column, _ row: Int, _ type: DataType, _ target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    switch type {
    case .bool: target.pointee = column.bools[row]
    case .float: write(orderedWord(column.floats[row]), target)
    case .decimal:
      let ordered = UInt128(bitPattern: column.decimals[row]) ^ (1 << 127)
      UnsafeMutableRawPointer(target).storeBytes(of: ordered.bigEndian, as: UInt128.self)
    default: write(column.ints[row], target)
    }
    return type.width
  }

  private static func writeEnded(
    _ text: UnsafeBufferPointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var end = 0
    for byte in text {
      target[end] = byte
      end &+= 1
      guard byte == 0 else { continue }
      target[end] = 0xFF
      end &+= 1
    }
    target[end] = 0
    target[end &+ 1] = 0
    return end &+ 2
  }

  /// How many of the bytes decide before the order tag does.
  func orderBytes(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    guard let order else { return 0 }
    guard order.isText else { return min(order.width, bytes.count) }
    var end = 0
    while end + 1 < bytes.count {
      if bytes[end] == 0 {
        if bytes[end + 1] == 0 { return end + 2 }
        end += 1
      }
      end += 1
    }
    return bytes.count
  }

  /// The value's own bytes.
  func valueBytes(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    let head = orderBytes(bytes) + (form == .plain ? 0 : Self.tagBytes)
    return UnsafeBufferPointer(rebasing: bytes[min(head, bytes.count)...])
  }

  /// Appends the value that stands in a row's bytes.
  func append(_ bytes: UnsafeBufferPointer<UInt8>, to builder: ColumnBuilder) {
    let own = valueBytes(bytes)
    if value.isText { return builder.append(text: own) }
    guard let start = own.baseAddress, own.count >= value.width else { return builder.appendNull() }
    let raw = UnsafeRawPointer(start)
    switch value {
    case .bool: builder.append(bool: start[0] != 0)
    case .float: builder.append(float: floatOfOrdered(Self.word(raw)))
    case .decimal:
      let ordered = UInt128(bigEndian: raw.loadUnaligned(as: UInt128.self))
      builder.append(decimal: Int128(bitPattern: ordered ^ (1 << 127)))
    default: builder.append(int: Self.word(raw))
    }
  }

  private static func word(_ raw: UnsafeRawPointer) -> Int64 {
    Int64(bitPattern: UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self)) ^ (1 << 63))
  }
}
