import KeyedState
import Testing

/// The hottest key of several workers, each of which looked at some of its rows.
struct HotSharesTests {
  private func hottest(_ key: String, _ count: Int, of samples: Int) -> HotKeys.Hottest {
    HotKeys.Hottest(key: key, count: count, samples: samples)
  }

  @Test func `a key weighs as much as the rows of its worker`() {
    var shares = HotShares()
    // Half of a thousand rows is less than a tenth of a million.
    shares.add(hottest("few", 50, of: 100), rows: 1_000)
    shares.add(hottest("many", 10, of: 100), rows: 1_000_000)
    let found = shares.hottest
    #expect(found?.key == "many")
    #expect(found?.samples == 100)
    #expect(abs((found?.share ?? 0) - 100_000.0 / 1_001_000) < 1e-9)
  }

  @Test func `rows of a worker without a hot key count too`() {
    var shares = HotShares()
    shares.add(nil, rows: 3_000)
    shares.add(hottest("a", 100, of: 100), rows: 1_000)
    shares.add(nil, rows: 0)
    #expect(abs((shares.hottest?.share ?? 0) - 0.25) < 1e-9)
  }

  @Test func `a key that comes to several workers has the rows of all`() {
    var shares = HotShares()
    for _ in 0..<4 { shares.add(hottest("all", 60, of: 100), rows: 1_000) }
    shares.add(hottest("one", 100, of: 100), rows: 2_000)
    let found = shares.hottest
    #expect(found?.key == "all")
    #expect(found?.samples == 400)
    #expect(abs((found?.share ?? 0) - 0.4) < 1e-9)
  }

  @Test func `workers without rows have none`() {
    var shares = HotShares()
    shares.add(nil, rows: 0)
    #expect(shares.hottest == nil)
  }
}
