/// Shares a whole number out by weights, by the method of the largest remainder.
///
/// Of the amount A and weights w that sum to W, a share is first the floor of A × w / W; what is
/// left is given out in ones to the shares with the largest remainders of that division, of equal
/// ones to the first. So shares sum to the amount, and each is less than one away from its exact
/// part. All arithmetic is of whole numbers.
struct CreditSharing {
  private(set) var shares: [UInt128] = []
  private var remainders: [UInt64] = []
  private var scratch: [UInt64] = []

  /// Weights that sum to something. O(weights) on average.
  mutating func share(_ amount: UInt128, by weights: [UInt64]) {
    shares.removeAll(keepingCapacity: true)
    remainders.removeAll(keepingCapacity: true)
    let whole = weights.reduce(0, &+)
    guard whole > 0 else { return }
    if let small = UInt64(exactly: amount) {
      for weight in weights {
        let product = small.multipliedFullWidth(by: weight)
        let (share, rest) = whole.dividingFullWidth(product)
        shares.append(UInt128(share))
        remainders.append(rest)
      }
    } else {
      for weight in weights {
        let (share, rest) = Self.part(amount, weight, of: whole)
        shares.append(share)
        remainders.append(rest)
      }
    }
    let left = amount - shares.reduce(0, &+)
    if left > 0 { giveOut(Int(truncatingIfNeeded: left)) }
  }

  /// The quotient of amount × weight by the whole, which is no less than the weight, and what is
  /// left: division by a digit of 64 bits, three times.
  private static func part(
    _ amount: UInt128, _ weight: UInt64, of whole: UInt64
  ) -> (UInt128, UInt64) {
    let low = UInt64(truncatingIfNeeded: amount).multipliedFullWidth(by: weight)
    let high = UInt64(truncatingIfNeeded: amount >> 64).multipliedFullWidth(by: weight)
    let (middle, carries) = high.low.addingReportingOverflow(low.high)
    // The quotient has 128 bits, so the first digit is less than the whole.
    let top = high.high + (carries ? 1 : 0)
    let (second, rest) = whole.dividingFullWidth((top, middle))
    let (first, last) = whole.dividingFullWidth((rest, low.low))
    return (UInt128(second) << 64 | UInt128(first), last)
  }

  /// Gives one to each of so many shares.
  private mutating func giveOut(_ count: Int) {
    scratch.removeAll(keepingCapacity: true)
    scratch += remainders
    let bound = Self.largest(count, of: &scratch)
    var rest = count
    for (place, remainder) in remainders.enumerated() where remainder > bound {
      shares[place] += 1
      rest -= 1
    }
    for (place, remainder) in remainders.enumerated() where rest > 0 && remainder == bound {
      shares[place] += 1
      rest -= 1
    }
  }

  /// The `rank`th largest of the values, counted from one, which are put into another order.
  /// O(values) on average, whatever their order.
  static func largest(_ rank: Int, of values: inout [UInt64]) -> UInt64 {
    var (low, high) = (0, values.count - 1)
    let target = rank - 1
    // Picks places as a shift register does, so that no order of values is slow each time.
    var random: UInt64 = 0x9E37_79B9_7F4A_7C15
    while low < high {
      random ^= random << 13
      random ^= random >> 7
      random ^= random << 17
      let pivot = values[low + Int(random % UInt64(high - low + 1))]
      var (less, place, greater) = (high, low, low)
      while place <= less {
        if values[place] > pivot {
          values.swapAt(place, greater)
          greater += 1
          place += 1
        } else if values[place] < pivot {
          values.swapAt(place, less)
          less -= 1
        } else {
          place += 1
        }
      }
      if target < greater {
        high = greater - 1
      } else if target > less {
        low = less + 1
      } else {
        return pivot
      }
    }
    return values[low]
  }
}
