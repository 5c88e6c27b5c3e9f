import TestKit
import Testing

@testable import KeyedState

/// Shares of whole numbers by weights.
struct CreditSharingTests {
  private static func shares(_ amount: UInt128, _ weights: [UInt64]) -> [UInt128] {
    var sharing = CreditSharing()
    sharing.share(amount, by: weights)
    return sharing.shares
  }

  @Test func `what is left goes to the largest remainders, of equal ones to the first`() {
    #expect(Self.shares(10, [1, 1, 1]) == [4, 3, 3])
    #expect(Self.shares(11, [1, 1, 1]) == [4, 4, 3])
    // 3.2, 1.4 and 0.4 of 5, and 3.4, 1.4 and 0.2.
    #expect(Self.shares(5, [16, 7, 2]) == [3, 2, 0])
    #expect(Self.shares(5, [17, 7, 1]) == [4, 1, 0])
    #expect(Self.shares(0, [3, 4]) == [0, 0])
    #expect(Self.shares(7, [0, 1]) == [0, 7])
  }

  @Test(arguments: UInt64(0)..<400)
  func `shares sum to the amount and are less than one away from their part`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let count = 1 + Int(random.next() % 40)
    let width = random.next() % 57
    let weights = (0..<count).map { _ in 1 + random.next() >> (7 + width) }
    let high = UInt128(random.next()) << 64 | UInt128(random.next())
    // Up to 38 digits.
    let amount = min(high >> UInt128(random.next() % 128), 99_999_999_999_999_999_999 << 62)
    let shares = Self.shares(amount, weights)
    #expect(shares.reduce(0, +) == amount)
    let whole = weights.reduce(0, +)
    var rests: [(rest: Double, gotOne: Bool)] = []
    for (share, weight) in zip(shares, weights) {
      let exact = amount.multipliedFullWidth(by: UInt128(weight))
      let (floor, rest) = UInt128(whole).dividingFullWidth(exact)
      #expect(share == floor || share == floor + 1)
      rests.append((Double(rest) / Double(whole), share > floor))
    }
    let least = rests.filter(\.gotOne).map(\.rest).min() ?? 1
    let most = rests.filter { !$0.gotOne }.map(\.rest).max() ?? 0
    #expect(least >= most)
  }

  @Test(arguments: UInt64(0)..<50)
  func `the nth largest value is found in any order`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let count = 1 + Int(random.next() % 200)
    let kinds = 1 + random.next() % 50
    var values = (0..<count).map { _ in random.next() % kinds }
    if seed % 3 == 0 { values.sort() }
    let sorted = values.sorted(by: >)
    for rank in [1, count, 1 + Int(random.next() % UInt64(count))] {
      var copy = values
      #expect(CreditSharing.largest(rank, of: &copy) == sorted[rank - 1])
    }
  }

  @Test func `weights of a model`() {
    func weights(_ model: CreditModel, _ ages: [Int64]) -> [UInt64] {
      var found: [UInt64] = []
      model.weigh(ages.count, into: &found) { ages[$0] }
      return found
    }
    let one = UInt64(1) << 40
    #expect(weights(.decay(halfLife: 7), [14, 7, 0]) == [one / 4, one / 2, one])
    #expect(weights(.decay(halfLife: 1), [.max, 100, 0]) == [1, 1, one])
    #expect(weights(.position(first: 400_000, last: 400_000), [1, 0]) == [400_000, 400_000])
    #expect(
      weights(.position(first: 400_000, last: 300_000), [3, 2, 1, 0])
        == [800_000, 300_000, 300_000, 600_000])
    // Of so many touches weights have fewer bits, and their sum has 64.
    var many: [UInt64] = []
    CreditModel.decay(halfLife: 1).weigh(20_000_000, into: &many) { _ in 0 }
    #expect(many.allSatisfy { $0 == many[0] } && many[0] > 1 << 36)
    #expect(many.reduce(0, &+) / UInt64(many.count) == many[0])
  }

  @Test func `a model is what its text says`() {
    let models: [CreditModel] = [
      .first, .last, .linear, .decay(halfLife: 7), .position(first: 0, last: 1_000_000),
    ]
    for model in models { #expect(CreditModel(model.text) == model) }
    for text in ["", "decay", "decay 0", "position 1", "position 0 0", "position 900000 200000"] {
      #expect(CreditModel(text) == nil)
    }
  }
}
