package import Columns

/// The events of the Yahoo Streaming Benchmark: JSON of seven fields and about 245 bytes, the same
/// for the same seed and ordinal in every run.
package struct AdEventGenerator: Sendable {
  package static let adTypes = ["banner", "modal", "sponsored-search", "mail", "mobile"]
  package static let eventTypes = ["view", "click", "purchase"]

  package let seed: UInt64
  package let campaigns: Int
  package let adsPerCampaign: Int
  /// Adds `cost`, a decimal of six digits behind the point.
  package let hasCost: Bool
  private let ads: [[UInt8]]

  /// At least one campaign, and one ad in each.
  package init(
    seed: UInt64, campaigns: Int = 100, adsPerCampaign: Int = 10, hasCost: Bool = false
  ) {
    self.seed = seed
    self.campaigns = max(campaigns, 1)
    self.adsPerCampaign = max(adsPerCampaign, 1)
    self.hasCost = hasCost
    ads = (0..<(self.campaigns * self.adsPerCampaign)).map {
      Self.uuid(seed ^ 0xAD, UInt64($0))
    }
  }

  /// Appends event `ordinal` with that event time (microseconds since 1970), without a newline.
  package func append(_ ordinal: UInt64, eventTime: Int64, to buffer: ByteBuffer) {
    let dice = Self.mix(seed &+ ordinal &* 0x9E37_79B9_7F4A_7C15)
    buffer.append("{\"user_id\":\"")
    append(Self.uuid(seed ^ 0x05E2, dice % 10_000), to: buffer)
    buffer.append("\",\"page_id\":\"")
    append(Self.uuid(seed ^ 0x9A6E, dice >> 16 % 1_000), to: buffer)
    buffer.append("\",\"ad_id\":\"")
    append(ads[Int((dice >> 8) % UInt64(ads.count))], to: buffer)
    buffer.append("\",\"ad_type\":\"")
    append(Self.adTypes, dice >> 40, to: buffer)
    buffer.append("\",\"event_type\":\"")
    append(Self.eventTypes, dice >> 48, to: buffer)
    if hasCost {
      buffer.append("\",\"cost\":")
      DecimalText.write(Int128(dice >> 20 & 0xF_FFFF), scale: 6, to: buffer)
      buffer.append(",\"event_time\":\"")
    } else {
      buffer.append("\",\"event_time\":\"")
    }
    TimestampText.write(eventTime, to: buffer)
    buffer.append("\",\"ip_address\":\"10.")
    for shift: UInt64 in [24, 32, 56] {
      IntegerText.write(Int64(dice >> shift & 0xFF), to: buffer)
      if shift != 56 { buffer.append(".") }
    }
    buffer.append("\"}")
  }

  /// The table of ads as CSV: `ad_id,campaign_id`.
  package func adsTable() -> [UInt8] {
    let buffer = ByteBuffer(capacity: ads.count * 76)
    buffer.append("ad_id,campaign_id\n")
    for (index, ad) in ads.enumerated() {
      append(ad, to: buffer)
      buffer.append(",")
      append(Self.uuid(seed ^ 0xCA, UInt64(index / adsPerCampaign)), to: buffer)
      buffer.append("\n")
    }
    return Array(buffer.bytes)
  }

  /// The campaign of the ad at that place in the table.
  package func campaign(ofAd index: Int) -> String {
    String(decoding: Self.uuid(seed ^ 0xCA, UInt64(index / adsPerCampaign)), as: UTF8.self)
  }

  private func append(_ words: [String], _ dice: UInt64, to buffer: ByteBuffer) {
    var word = words[Int((dice & 0xFF) % UInt64(words.count))]
    word.withUTF8 { buffer.append($0) }
  }

  private func append(_ bytes: [UInt8], to buffer: ByteBuffer) {
    bytes.withUnsafeBufferPointer { buffer.append($0) }
  }

  /// SplitMix64's finaliser (Steele et al. 2014).
  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// 36 characters in the form of a UUID.
  private static func uuid(_ seed: UInt64, _ number: UInt64) -> [UInt8] {
    let high = mix(seed &* 0xD6E8_FEB8_6659_FD93 &+ number)
    let low = mix(high &+ 0x9E37_79B9_7F4A_7C15)
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for digit in 0..<32 {
      if [8, 12, 16, 20].contains(digit) { text.append(UInt8(ascii: "-")) }
      let word = digit < 16 ? high : low
      let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit % 16)) & 15)
      text.append(value < 10 ? 0x30 + value : 0x57 + value)
    }
    return text
  }
}
