import TestKit
import Testing

@testable import Engine

/// Which expected rows are which actual ones, held against trying every order.
struct RowMatchingTests {
  @Test func `a row that fits several leaves each of them to those that fit nothing else`() {
    let fits: [Set<Int>] = [[0, 1], [0], [1, 2]]
    let matching = RowMatching(expected: 3, actual: 3) { fits[$0].contains($1) }
    #expect(matching.partners == [1, 0, 2])
  }

  @Test func `as many rows are matched as can be, and none twice`() {
    var random = SeededRandom(seed: 7)
    for _ in 0..<2_000 {
      let (expected, actual) = (
        Int.random(in: 0...4, using: &random), Int.random(in: 0...4, using: &random)
      )
      let fits = (0..<expected).map { _ in
        (0..<actual).map { _ in Int.random(in: 0...2, using: &random) == 0 }
      }
      let matching = RowMatching(expected: expected, actual: actual) { fits[$0][$1] }
      let found = matching.partners.compactMap { $0 }
      #expect(Set(found).count == found.count)
      for (row, partner) in matching.partners.enumerated() where partner != nil {
        #expect(partner.map { fits[row][$0] } == true)
      }
      #expect(found.count == Self.most(fits, row: 0, taken: []))
    }
  }

  /// The size of a largest matching of the rows from `row` on.
  private static func most(_ fits: [[Bool]], row: Int, taken: Set<Int>) -> Int {
    guard row < fits.count else { return 0 }
    let with = fits[row].indices.filter { fits[row][$0] && !taken.contains($0) }
      .map { 1 + most(fits, row: row + 1, taken: taken.union([$0])) }
    return max(with.max() ?? 0, most(fits, row: row + 1, taken: taken))
  }
}
