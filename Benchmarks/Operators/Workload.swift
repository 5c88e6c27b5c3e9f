import Columns
import Schemas
import TestKit

/// Ad events in columns, as the Yahoo streaming benchmark has them: 1,000 ads of 100 campaigns, a
/// third of the events views.
struct Workload {
  static let schema = Schema([
    Field("ad_id", .string), Field("event_type", .string), Field("campaign_id", .string),
  ])
  static let batches = 64

  let text: [Batch]
  let coded: [Batch]
  let ads: Batch

  init(rows: Int = Batch.rowLimit) {
    var random = SeededRandom(seed: 7)
    let ids = (0..<1_000).map { Self.identifier($0, &random) }
    let campaigns = (0..<100).map { Self.identifier($0 + 5_000, &random) }
    let kinds = ["view", "click", "purchase"]
    var text: [Batch] = []
    var coded: [Batch] = []
    let adEntries = Column(.string, ids.map { .text($0) })
    let kindEntries = Column(.string, kinds.map { .text($0) })
    let campaignEntries = Column(.string, campaigns.map { .text($0) })
    for number in 0..<Self.batches {
      let picks = (0..<rows).map { _ in Int(random.next() % 1_000) }
      let types = (0..<rows).map { _ in Int(random.next() % 3) }
      let time = (0..<rows).map { Int64(number * rows + $0) * 100 }
      let plain = [
        Column(.string, picks.map { .text(ids[$0]) }),
        Column(.string, types.map { .text(kinds[$0]) }),
        Column(.string, picks.map { .text(campaigns[$0 % 100]) }),
      ]
      let codes = [
        Self.coded(adEntries, picks), Self.coded(kindEntries, types),
        Self.coded(campaignEntries, picks.map { $0 % 100 }),
      ]
      text.append(Self.batch(plain, time))
      coded.append(Self.batch(codes, time))
    }
    self.text = text
    self.coded = coded
    ads = Batch(
      Schema([Field("ad_id", .string), Field("campaign_id", .string)]),
      ids.enumerated().map { [.text($1), .text(campaigns[$0 % 100])] })
  }

  private static func identifier(_ number: Int, _ random: inout SeededRandom) -> String {
    let digits = Array("0123456789abcdef")
    let text = (0..<36).map { _ in digits[Int(random.next() % 16)] }
    return String(text.dropLast(4)) + String(1_000 + number % 9_000)
  }

  private static func coded(_ entries: Column, _ picks: [Int]) -> Column {
    let column = Column(dictionary: entries, rowCount: picks.count)
    for (row, pick) in picks.enumerated() { column.codes[row] = UInt32(pick) }
    return column
  }

  private static func batch(_ columns: [Column], _ times: [Int64]) -> Batch {
    let batch = Batch(schema: schema, columns: columns, rowCount: times.count)
    batch.hidden.eventTimes = Column(.timestamp, times.map { .int($0) })
    return batch
  }
}
