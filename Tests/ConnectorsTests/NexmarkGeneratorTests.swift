import Columns
import Connectors
import Foundation
import Testing

/// The events of the Nexmark suite: the same in every run, in the suite's proportions.
struct NexmarkGeneratorTests {
  private static let start: Int64 = 1_767_225_600_000_000

  private func events(
    _ range: Range<UInt64>, seed: UInt64 = 1, rate: Int64 = 10_000
  ) -> [String] {
    let generator = NexmarkGenerator(seed: seed, rate: rate)
    let buffer = ByteBuffer()
    return range.map { ordinal in
      buffer.removeAll()
      generator.append(ordinal, eventTime: Self.start + Int64(ordinal) * 1_000, to: buffer)
      return String(decoding: buffer.bytes, as: UTF8.self)
    }
  }

  /// The events of a kind as objects.
  private func objects(_ kind: NexmarkGenerator.Kind, _ count: UInt64) throws -> [[String: Any]] {
    try zip(0..<count, events(0..<count)).filter { NexmarkGenerator.kind(of: $0.0) == kind }.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.1.utf8)) as? [String: Any])
    }
  }

  @Test func `an event hangs on its seed and number alone`() {
    let all = events(0..<200)
    #expect(Array(all[120...]) == events(120..<200))
    #expect(all != events(0..<200, seed: 2))
    // As it always was: what was measured with these events stays comparable.
    let bid = #"{"auction":1000,"bidder":1001,"price":339920,"channel":"channel-2486","#
    #expect(all[4].hasPrefix(bid), "\(all[4])")
  }

  @Test func `of fifty events one is a person and three are auctions, with ids that count on`()
    throws
  {
    let people = try objects(.person, 5_000).compactMap { $0["id"] as? Int }
    #expect(people == Array(1_000..<1_100))
    let auctions = try objects(.auction, 5_000).compactMap { $0["id"] as? Int }
    #expect(auctions == Array(1_000..<1_300))
    #expect(try objects(.bid, 5_000).count == 4_600)
  }

  @Test func `half of the bids go to hot auctions, three in four come from hot bidders`() throws {
    let bids = try objects(.bid, 100_000)
    let auctions = bids.compactMap { $0["auction"] as? Int }
    let hotAuctions = auctions.filter { $0 % 100 == 0 }.count
    // And one in a hundred of the others.
    #expect((0.49..<0.52).contains(Double(hotAuctions) / Double(bids.count)))
    let hotBidders = bids.compactMap { $0["bidder"] as? Int }.filter { $0 % 100 == 1 }.count
    #expect((0.74..<0.77).contains(Double(hotBidders) / Double(bids.count)))
    let sales = try objects(.auction, 100_000)
    let hotSellers = sales.compactMap { $0["seller"] as? Int }.filter { $0 % 100 == 0 }.count
    #expect((0.73..<0.78).contains(Double(hotSellers) / Double(sales.count)))
    // An auction is open, or one of the next ten.
    for (place, auction) in auctions.enumerated() {
      let last = 1_000 + place / 46 * 3 + 2
      #expect(auction <= last + 10 && auction >= min(last - 100, last / 100 * 100))
    }
  }

  @Test func `prices are spread evenly over six decades`() throws {
    let prices = try objects(.bid, 100_000).compactMap { $0["price"] as? Int }
    for power in 2..<8 {
      let low = Int(pow(10, Double(power)))
      let share = Double(prices.filter { $0 >= low && $0 < low * 10 }.count) / Double(prices.count)
      #expect((0.155..<0.18).contains(share), "\(power)")
    }
    #expect(prices.allSatisfy { $0 >= 100 && $0 <= 100_000_000 })
  }

  @Test func `auctions end after their beginning, in the time of two hundred at most`() throws {
    for auction in try objects(.auction, 10_000) {
      let format = ISO8601DateFormatter()
      format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
      func time(_ name: String) throws -> Double {
        let text = try #require(auction[name] as? String)
        let whole = text.contains(".") ? text : text.replacing("Z", with: ".000Z")
        return try #require(format.date(from: whole)).timeIntervalSince1970
      }
      let length = try time("expires") - time("date_time")
      #expect(length > 0.0009 && length < 0.334)
    }
  }

  @Test func `values are as large as the suite says on average`() throws {
    func size(_ kind: NexmarkGenerator.Kind, of names: [String], and words: Int) throws -> Double {
      let objects = try objects(kind, 50_000)
      let sizes = objects.map { object in
        names.reduce(words) { $0 + ((object[$1] as? String)?.utf8.count ?? 0) }
      }
      return Double(sizes.reduce(0, +)) / Double(sizes.count)
    }
    #expect((97..<103).contains(try size(.bid, of: ["extra"], and: 32)))
    let texts = ["item_name", "description", "extra"]
    #expect((485..<515).contains(try size(.auction, of: texts, and: 48)))
    let words = ["name", "email_address", "credit_card", "city", "state", "extra"]
    #expect((190..<206).contains(try size(.person, of: words, and: 8)))
  }
}
