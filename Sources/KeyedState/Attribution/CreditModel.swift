import Glibc

/// How the touches before a conversion share its value: each has a weight, a whole number.
package enum CreditModel: Hashable, Sendable {
  case first, last, linear
  /// Half as much for each `halfLife` (microseconds) that a touch is older.
  case decay(halfLife: Int64)
  /// In millionths of the value; the rest goes evenly to the touches in the middle.
  case position(first: Int64, last: Int64)

  /// What all positions share.
  package static let whole: Int64 = 1_000_000

  /// Of touches in their order, so many of them, that one alone that gets all; nil: all may get
  /// something.
  func only(of count: Int) -> Int? {
    switch self {
    case .first: 0
    case .last: count - 1
    case .linear, .decay, .position: count == 1 ? 0 : nil
    }
  }

  /// The weights of two touches or more; `age` says how much older one is than the last. None is
  /// given to where the model gives nothing, whatever the value. O(touches).
  func weigh(_ count: Int, into weights: inout [UInt64], age: (Int) -> Int64) {
    weights.removeAll(keepingCapacity: true)
    switch self {
    case .first, .last, .linear: weights += repeatElement(1, count: count)
    case .decay(let halfLife):
      // All weights together have 64 bits.
      let bits = min(40, 63 - (Int.bitWidth - count.leadingZeroBitCount))
      for touch in 0..<count {
        let share = exp2(Double(bits) - Double(age(touch)) / Double(halfLife))
        // What is old has little, but not nothing.
        weights.append(max(1, UInt64(share.rounded())))
      }
    case .position(let first, let last):
      let (begin, end) = (UInt64(clamping: first), UInt64(clamping: last))
      guard count > 2 else { return weights += [begin, end] }
      let middle = UInt64(clamping: count - 2)
      weights += repeatElement(UInt64(clamping: Self.whole) - begin - end, count: count)
      weights[0] = begin * middle
      weights[count - 1] = end * middle
    }
  }
}

/// As states hold it.
extension CreditModel {
  var text: String {
    switch self {
    case .first: "first"
    case .last: "last"
    case .linear: "linear"
    case .decay(let halfLife): "decay \(halfLife)"
    case .position(let first, let last): "position \(first) \(last)"
    }
  }

  init?(_ text: String) {
    let words = text.split(separator: " ")
    let numbers = words.dropFirst().compactMap { Int64($0) }
    switch (words.first, numbers.count) {
    case ("first", 0): self = .first
    case ("last", 0): self = .last
    case ("linear", 0): self = .linear
    case ("decay", 1) where numbers[0] > 0: self = .decay(halfLife: numbers[0])
    case ("position", 2) where numbers.allSatisfy({ (0...Self.whole).contains($0) }):
      let sum = numbers[0] + numbers[1]
      guard sum > 0, sum <= Self.whole else { return nil }
      self = .position(first: numbers[0], last: numbers[1])
    default: return nil
    }
  }
}
