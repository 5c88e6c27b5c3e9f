package import Columns
package import Schemas

/// Which key most rows have, of a sample: space-saving over so few keys that a look at all of them
/// costs less than a table. Older rows count for less and less.
///
/// The first rows are all looked at, so that a short stream has its key too; then one row in 64,
/// until there are some, and from then on only of the first rows of each long stretch: what a look
/// costs is paid for a batch now and then, and not for each.
package final class HotKeys {
  private static let interval = 64
  /// The first samples, which lie side by side.
  private static let dense = 256
  /// Rows of a stretch, and of those the first that are looked at.
  private static let (stretch, looked) = (1 << 16, 1 << 12)
  private static let room = 64
  /// Behind so many samples all counts are halved.
  private static let halfLife = 1 << 10
  /// A share of fewer samples says nothing.
  private static let fewest = 16
  /// A key is worth telling that has more than one row in so many.
  private static let tellingShare = 32

  private struct Entry {
    var hash: UInt64
    var count: Int
    var error: Int
    /// Of keys that have a share worth telling: most have not.
    var text: String?
  }

  /// The key that comes most often.
  package struct Hottest: Hashable, Sendable {
    /// Its columns as JSON.
    package var key: String
    /// Samples that have it, at least, and all of them.
    package var count: Int
    package var samples: Int

    package init(key: String, count: Int, samples: Int) {
      self.key = key
      self.count = count
      self.samples = samples
    }
  }

  private let keys: [Int]
  private let schema: Schema
  private var entries: [Entry] = []
  private var samples = 0
  /// Whether so many were taken that few are enough from now on.
  private var hasEnough = false
  /// Rows of the stretch so far.
  private var seen = 0
  /// Rows until the next that is looked at.
  private var skipped = 0
  private let writer = JSONText()

  /// `keys`: columns of the rows, whose schema that is.
  package init(keys: [Int], of schema: Schema) {
    self.keys = keys
    self.schema = Schema(keys.map { Field(schema[$0].name, schema[$0].type, nullable: true) })
  }

  /// O(rows ÷ 64), of most batches O(1).
  package func take(_ batch: Batch) {
    let count = batch.selectedCount
    defer { seen = seen + count < Self.stretch ? seen + count : 0 }
    if hasEnough, seen >= Self.looked { return }
    guard skipped < count else {
      skipped -= count
      return
    }
    let chosen = Selection(capacity: (count - skipped) / Self.interval + 1 + Self.dense)
    var place = skipped
    while place < count {
      chosen.append(batch.selection?.rows[place] ?? UInt32(truncatingIfNeeded: place))
      place += hasEnough || samples + chosen.count >= Self.dense ? Self.interval : 1
    }
    skipped = place - count
    let columns = keys.map { batch.columns[$0].gathered(by: chosen) }
    let rows = Batch(schema: schema, columns: columns, rowCount: chosen.count)
    var hashes = [UInt64](repeating: 0, count: chosen.count)
    KeyHasher.hash(columns: columns, rowCount: chosen.count, selection: nil, into: &hashes)
    for (row, hash) in hashes.enumerated() { add(hash, row, of: rows) }
  }

  private func add(_ hash: UInt64, _ row: Int, of rows: Batch) {
    samples += 1
    if samples > Self.halfLife { halve() }
    if let known = entries.firstIndex(where: { $0.hash == hash }) {
      entries[known].count += 1
      let sure = entries[known].count - entries[known].error
      if entries[known].text == nil, sure * Self.tellingShare > samples {
        entries[known].text = text(row, of: rows)
      }
      return
    }
    guard entries.count == Self.room else {
      entries.append(Entry(hash: hash, count: 1, error: 0))
      return
    }
    var least = 0
    for index in entries.indices where entries[index].count < entries[least].count {
      least = index
    }
    let error = entries[least].count
    entries[least] = Entry(hash: hash, count: error + 1, error: error)
  }

  private func halve() {
    hasEnough = true
    samples /= 2
    for index in entries.indices {
      entries[index].count /= 2
      entries[index].error /= 2
    }
  }

  private func text(_ row: Int, of rows: Batch) -> String {
    writer.removeAll()
    writer.writeRow(row, of: rows)
    return String(decoding: writer.output, as: UTF8.self)
  }

  /// nil while too few rows were looked at, or no key has a share worth telling.
  package var hottest: Hottest? {
    guard samples >= Self.fewest else { return nil }
    let sure = entries.max { $0.count - $0.error < $1.count - $1.error }
    guard let sure, let text = sure.text else { return nil }
    let count = sure.count - sure.error
    guard count > 1, count * Self.tellingShare > samples else { return nil }
    return Hottest(key: text, count: count, samples: samples)
  }
}
