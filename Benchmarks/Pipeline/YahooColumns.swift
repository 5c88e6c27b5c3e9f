import Columns
import Schemas

/// Ad events of the Yahoo Streaming Benchmark as columns, the same for the engine and the
/// yardstick: 100 campaigns of ten ads with 36-byte ids, a third of the events views.
struct YahooColumns {
  static let eventTypes = ["view", "click", "purchase"]
  static let adCount = 1_000
  static let adsPerCampaign = 10

  /// Ad ids, 36 bytes each, one after the other.
  let ads: [UInt8]
  let campaignOfAd: [UInt32]
  /// Text columns of each batch; batches are handed out round and round with growing times.
  let types: [Column]
  let adIDs: [Column]
  let typeCodes: [Column]
  let adCodes: [Column]

  init(batches: Int, seed: UInt64 = 1) {
    var random = SplitMix(state: seed)
    var ads: [UInt8] = []
    for _ in 0..<Self.adCount { ads += Self.identifier(&random) }
    self.ads = ads
    campaignOfAd = (0..<Self.adCount).map { UInt32($0 / Self.adsPerCampaign) }

    let typeDictionary = Self.column(of: Self.eventTypes.map { Array($0.utf8) })
    let adDictionary = Self.column(
      of: (0..<Self.adCount).map { Array(ads[$0 * 36..<$0 * 36 + 36]) })
    var types: [Column] = []
    var adIDs: [Column] = []
    var typeCodes: [Column] = []
    var adCodes: [Column] = []
    for _ in 0..<batches {
      let typeColumn = Column(dictionary: typeDictionary, rowCount: Batch.rowLimit)
      let adColumn = Column(dictionary: adDictionary, rowCount: Batch.rowLimit)
      for row in 0..<Batch.rowLimit {
        typeColumn.codes[row] = UInt32(random.next() % 3)
        adColumn.codes[row] = UInt32(random.next() % UInt64(Self.adCount))
      }
      typeCodes.append(typeColumn)
      adCodes.append(adColumn)
      types.append(Self.plain(typeColumn))
      adIDs.append(Self.plain(adColumn))
    }
    self.types = types
    self.adIDs = adIDs
    self.typeCodes = typeCodes
    self.adCodes = adCodes
  }

  var batchCount: Int { types.count }

  func campaign(_ ad: Int) -> String { "campaign-\(ad / Self.adsPerCampaign)" }

  func adText(_ ad: Int) -> String {
    String(decoding: ads[ad * 36..<ad * 36 + 36], as: UTF8.self)
  }

  private static func identifier(_ random: inout SplitMix) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    var text = (0..<36).map { _ in digits[Int(random.next() & 15)] }
    for dash in [8, 13, 18, 23] { text[dash] = UInt8(ascii: "-") }
    return text
  }

  private static func column(of texts: [[UInt8]]) -> Column {
    let builder = ColumnBuilder(.string, capacity: texts.count)
    for text in texts { text.withUnsafeBufferPointer { builder.append(text: $0) } }
    return builder.finish()
  }

  private static func plain(_ column: Column) -> Column {
    let builder = ColumnBuilder(
      .string, capacity: column.rowCount, byteCapacity: column.rowCount * 40)
    for row in 0..<column.rowCount { builder.append(from: column, row: row) }
    return builder.finish()
  }
}

/// Steele, Lea and Flood's SplitMix64: small, seeded, good enough for test data.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
