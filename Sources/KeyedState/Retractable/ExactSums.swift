import Columns
import Schemas

/// A sum of floats, or of products of two, for each group, to the last bit: what is added and taken
/// away again leaves nothing, in whatever order.
///
/// The sum is a number of fixed point that is as wide as floats reach (Kulisch's accumulator), of
/// which only those blocks of 128 bits exist that something was added to: one or two where values
/// are of a size. Digits of 32 bits lie in 64, so that a carry is seldom (Neal, "Fast Exact
/// Summation Using Small and Large Superaccumulators", 2015).
final class ExactSums: @unchecked Sendable {
  /// Four digits; of the last block how often an infinity or no number was added.
  struct Block: BitwiseCopyable, Sendable {
    var digits: (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
    var place: UInt32 = 0
    var next: UInt32 = 0
  }

  private static let none = UInt32.max
  /// Of the block of values that are no numbers: +∞, −∞, NaN.
  private static let specialPlace: UInt32 = 1 << 16
  private static let blockBytes = 36
  /// A digit beyond it gives to the next one.
  private static let limit: UInt64 = 1 << 61

  /// The power of two of the first digit's one: −1074, of products twice that.
  let exponent: Int
  private let heads: Cells<UInt32>
  private let blocks: Cells<Block>
  private var free: [UInt32] = []

  init(ofProducts: Bool) {
    exponent = ofProducts ? -2_148 : -1_074
    heads = Cells(Self.none)
    blocks = Cells(Block())
  }

  private init(sharing other: ExactSums) {
    exponent = other.exponent
    heads = other.heads.share()
    blocks = other.blocks.share()
  }

  func share() -> ExactSums { ExactSums(sharing: self) }

  var byteCount: Int { blocks.count * Self.blockBytes }

  func grow(to groups: Int) { heads.grow(to: groups) }

  func own(_ groups: UnsafePointer<UInt32>, _ count: Int) { heads.own(groups, count) }

  /// Adds a float as often as `times` says, or takes it away.
  func add(_ value: Double, _ times: Int64, to group: UInt32) {
    guard value.isFinite else { return addSpecial(value, times, to: group) }
    let (magnitude, place) = Self.parts(value)
    add(UInt128(magnitude), place, value < 0 ? -times : times, to: group)
  }

  /// The same of the product of two floats.
  func add(_ x: Double, _ y: Double, _ times: Int64, to group: UInt32) {
    guard x.isFinite, y.isFinite else { return addSpecial(x * y, times, to: group) }
    let ((a, p), (b, q)) = (Self.parts(x), Self.parts(y))
    add(UInt128(a) * UInt128(b), p + q, (x < 0) != (y < 0) ? -times : times, to: group)
  }

  /// A float's magnitude as a whole number times 2^(place − 1074).
  private static func parts(_ value: Double) -> (magnitude: UInt64, place: Int) {
    let (fraction, power) = (value.significandBitPattern, Int(value.exponentBitPattern))
    return power == 0 ? (fraction, 0) : (fraction | 1 << 52, power - 1)
  }

  /// `times` is 1 or −1.
  private func add(_ magnitude: UInt128, _ place: Int, _ times: Int64, to group: UInt32) {
    var (rest, digit) = (magnitude, place / 32)
    let shift = UInt128(place % 32)
    var part = UInt64(truncatingIfNeeded: (rest & ((1 << (32 - shift)) - 1)) << shift)
    rest >>= 32 - shift
    while part != 0 || rest != 0 {
      if part != 0 { addDigit(digit, times &* Int64(part), to: group) }
      part = UInt64(truncatingIfNeeded: rest & 0xFFFF_FFFF)
      rest >>= 32
      digit += 1
    }
  }

  private func addDigit(_ digit: Int, _ amount: Int64, to group: UInt32) {
    var (digit, amount) = (digit, amount)
    while true {
      let target = self.digit(digit % 4, at: UInt32(truncatingIfNeeded: digit / 4), of: group)
      let sum = target.pointee &+ amount
      guard sum.magnitude >= Self.limit else {
        target.pointee = sum
        return
      }
      amount = sum >> 32
      target.pointee = sum &- amount << 32
      digit += 1
    }
  }

  private func addSpecial(_ value: Double, _ times: Int64, to group: UInt32) {
    let index = value.isNaN ? 2 : value > 0 ? 0 : 1
    digit(index, at: Self.specialPlace, of: group).pointee &+= times
  }

  /// A digit of the group's block at a place, which is made if it is not there.
  private func digit(
    _ index: Int, at place: UInt32, of group: UInt32
  ) -> UnsafeMutablePointer<Int64> {
    var block = heads[group]
    while block != Self.none, blocks[block].place != place { block = blocks[block].next }
    if block == Self.none {
      block = free.popLast() ?? UInt32(truncatingIfNeeded: blocks.count)
      blocks.grow(to: Int(block) + 1)
      blocks.set(block, Block(place: place, next: heads[group]))
      heads[group] = block
    }
    blocks.own(&block, 1)
    // The digits come first in a block.
    return UnsafeMutableRawPointer(blocks.address(of: block)).assumingMemoryBound(to: Int64.self)
      + index
  }

  func clear(_ group: UInt32) {
    var block = heads[group]
    while block != Self.none {
      free.append(block)
      block = blocks[block].next
    }
    heads.set(group, Self.none)
  }

  private func forEach(_ group: UInt32, _ body: (UInt32, UnsafeMutablePointer<Int64>) -> Void) {
    var block = heads[group]
    while block != Self.none {
      let target = blocks.address(of: block)
      body(
        target.pointee.place,
        UnsafeMutableRawPointer(target).assumingMemoryBound(to: Int64.self))
      block = target.pointee.next
    }
  }
}

extension ExactSums {
  /// The sum of what are numbers.
  func number(_ group: UInt32) -> ExactNumber {
    var (least, most) = (UInt32.max, UInt32.min)
    forEach(group) { place, _ in
      guard place != Self.specialPlace else { return }
      (least, most) = (min(least, place), max(most, place))
    }
    guard least <= most else { return ExactNumber([], exponent: exponent) }
    var digits = [Int64](repeating: 0, count: Int(most - least + 1) * 4)
    forEach(group) { place, block in
      guard place != Self.specialPlace else { return }
      for index in 0..<4 { digits[Int(place - least) * 4 + index] = block[index] }
    }
    return ExactNumber(digits, exponent: exponent + Int(least) * 128)
  }

  /// What is no number makes of the sum; nil where there is none.
  func special(_ group: UInt32) -> Double? {
    var result: Double?
    forEach(group) { place, block in
      guard place == Self.specialPlace else { return }
      let (up, down, none) = (block[0] > 0, block[1] > 0, block[2] > 0)
      if none || up && down {
        result = .nan
      } else if up || down {
        result = up ? .infinity : -.infinity
      }
    }
    return result
  }

  /// The nearest float to the sum.
  func value(_ group: UInt32) -> Double { special(group) ?? number(group).value }

  /// The groups' blocks, each its place and four digits.
  func column(_ groups: RowList) -> Column {
    let builder = ColumnBuilder(.bytes, capacity: groups.count)
    let bytes = ByteBuffer()
    for i in 0..<groups.count {
      bytes.removeAll()
      forEach(groups.rows[i]) { place, block in
        guard (0..<4).contains(where: { block[$0] != 0 }) else { return }
        withUnsafeBytes(of: place) { bytes.append($0.bindMemory(to: UInt8.self)) }
        bytes.append(
          UnsafeBufferPointer(
            start: UnsafeRawPointer(block).assumingMemoryBound(to: UInt8.self), count: 32))
      }
      builder.append(text: bytes.bytes)
    }
    return builder.finish()
  }

  /// Adds blocks as `column` gives them.
  func merge(_ bytes: UnsafeBufferPointer<UInt8>, to group: UInt32) {
    guard let base = bytes.baseAddress else { return }
    let raw = UnsafeRawPointer(base)
    for start in stride(from: 0, to: bytes.count - Self.blockBytes + 1, by: Self.blockBytes) {
      let place = raw.loadUnaligned(fromByteOffset: start, as: UInt32.self)
      for index in 0..<4 {
        let amount = raw.loadUnaligned(fromByteOffset: start + 4 + index * 8, as: Int64.self)
        if place == Self.specialPlace {
          digit(index, at: place, of: group).pointee &+= amount
        } else if amount != 0 {
          addDigit(Int(place) * 4 + index, amount, to: group)
        }
      }
    }
  }
}
