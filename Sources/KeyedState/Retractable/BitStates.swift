import Columns
import Schemas

/// `bool_and` and `bool_or` where values are taken back: how many there are, and how many are true.
final class BoolCountState: RetractableState, @unchecked Sendable {
  private let spec: AggregateSpec
  private let counts: Cells<Int64>
  private let trues: Cells<Int64>

  init(_ spec: AggregateSpec) {
    self.spec = spec
    counts = Cells(0)
    trues = Cells(0)
  }

  private init(sharing other: BoolCountState) {
    spec = other.spec
    counts = other.counts.share()
    trues = other.trues.share()
  }

  func grow(to groups: Int) {
    counts.grow(to: groups)
    trues.grow(to: groups)
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) { add(1, rows, input) }

  func retract(_ rows: GroupRows, _ input: AggregateInput) { add(-1, rows, input) }

  private func add(_ step: Int64, _ rows: GroupRows, _ input: AggregateInput) {
    counts.touch(rows) { $0 &+ step }
    trues.fold(rows, UnsafePointer(input.columns[0].bools)) { $0 &+ step &* Int64($1) }
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    counts.fold(rows, UnsafePointer(partials[0].ints)) { $0 &+ $1 }
    trues.fold(rows, UnsafePointer(partials[1].ints)) { $0 &+ $1 }
  }

  func clear(_ group: UInt32) {
    counts.set(group, 0)
    trues.set(group, 0)
  }

  func partials(_ groups: RowList) -> [Column] {
    [counts.column(groups, .int), trues.column(groups, .int)]
  }

  func result(_ groups: RowList) -> AggregateResult {
    let column = Column(
      fixed: .bool, rowCount: groups.count, withValidity: !spec.isAlwaysSet)
    for i in 0..<groups.count {
      let (count, true_) = (counts[groups.rows[i]], trues[groups.rows[i]])
      let isTrue = spec.function == "bool_and" ? true_ == count : true_ > 0
      column.validity?[i] = count > 0 ? 1 : 0
      column.bools[i] = count > 0 && isTrue ? 1 : 0
    }
    return AggregateResult(column: column, failed: [])
  }

  func share() -> any AggregateState { BoolCountState(sharing: self) }
}

/// `bit_and`, `bit_or` and `bit_xor` where values are taken back: how many values there are, and
/// how many have each bit set.
final class BitCountState: RetractableState, @unchecked Sendable {
  private static let width: UInt32 = 64

  private let spec: AggregateSpec
  private let counts: Cells<Int64>
  /// 64 of a group, one behind the other.
  private let bits: Cells<Int64>

  init(_ spec: AggregateSpec) {
    self.spec = spec
    counts = Cells(0)
    bits = Cells(0)
  }

  private init(sharing other: BitCountState) {
    spec = other.spec
    counts = other.counts.share()
    bits = other.bits.share()
  }

  func grow(to groups: Int) {
    counts.grow(to: groups)
    bits.grow(to: groups * Int(Self.width))
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) { add(1, rows, input) }

  func retract(_ rows: GroupRows, _ input: AggregateInput) { add(-1, rows, input) }

  private func add(_ step: Int64, _ rows: GroupRows, _ input: AggregateInput) {
    counts.touch(rows) { $0 &+ step }
    let values = input.columns[0].ints
    for i in 0..<rows.count {
      var first = rows.groups[i] &* Self.width
      // A page holds a whole number of groups.
      bits.own(&first, 1)
      let target = bits.address(of: first)
      var word = UInt64(bitPattern: values[Int(rows.rows[i])])
      while word != 0 {
        target[word.trailingZeroBitCount] &+= step
        word &= word &- 1
      }
    }
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    counts.fold(rows, UnsafePointer(partials[0].ints)) { $0 &+ $1 }
    for i in 0..<rows.count {
      let text = partials[1].text(Int(rows.rows[i]))
      guard let start = text.baseAddress, text.count == Int(Self.width) * 8 else { continue }
      var first = rows.groups[i] &* Self.width
      bits.own(&first, 1)
      let target = bits.address(of: first)
      for bit in 0..<Int(Self.width) {
        target[bit] &+= UnsafeRawPointer(start).loadUnaligned(
          fromByteOffset: bit * 8, as: Int64.self)
      }
    }
  }

  func clear(_ group: UInt32) {
    counts.set(group, 0)
    var first = group &* Self.width
    bits.own(&first, 1)
    bits.address(of: first).update(repeating: 0, count: Int(Self.width))
  }

  func partials(_ groups: RowList) -> [Column] {
    let builder = ColumnBuilder(.bytes, capacity: groups.count)
    for i in 0..<groups.count {
      let start = UnsafeRawPointer(bits.address(of: groups.rows[i] &* Self.width))
      builder.append(
        text: UnsafeBufferPointer(
          start: start.assumingMemoryBound(to: UInt8.self), count: Int(Self.width) * 8))
    }
    return [counts.column(groups, .int), builder.finish()]
  }

  func result(_ groups: RowList) -> AggregateResult {
    let column = Column(fixed: .int, rowCount: groups.count, withValidity: !spec.isAlwaysSet)
    for i in 0..<groups.count {
      let count = counts[groups.rows[i]]
      column.validity?[i] = count > 0 ? 1 : 0
      column.ints[i] = count > 0 ? word(groups.rows[i], count) : 0
    }
    return AggregateResult(column: column, failed: [])
  }

  private func word(_ group: UInt32, _ count: Int64) -> Int64 {
    let target = bits.address(of: group &* Self.width)
    var word: UInt64 = 0
    for bit in 0..<Int(Self.width) {
      let isSet =
        switch spec.function {
        case "bit_and": target[bit] == count
        case "bit_or": target[bit] > 0
        default: target[bit] & 1 == 1
        }
      if isSet { word |= 1 << UInt64(bit) }
    }
    return Int64(bitPattern: word)
  }

  func share() -> any AggregateState { BitCountState(sharing: self) }
}
