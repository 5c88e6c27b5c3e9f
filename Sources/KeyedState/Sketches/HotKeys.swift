package import Columns
package import Schemas

/// Which key most rows have, of one row in 64, and of one in 1,024 once enough were looked at:
/// space-saving over so few keys that a look at all of them costs less than a table. Older rows
/// count for less and less.
package final class HotKeys {
  /// One row in so many is looked at, of the first samples and of all others.
  private static let (firstInterval, interval) = (64, 1_024)
  private static let firstSamples = 1_024
  private static let room = 64
  /// Behind so many samples all counts are halved.
  private static let halfLife = 1 << 14
  /// A share of fewer samples says nothing.
  private static let fewest = 16

  private struct Entry {
    var hash: UInt64
    var count: Int
    var error: Int
    /// Of keys that were met twice: most are met once.
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
  /// Rows until the next that is looked at.
  private var skipped = 0
  private let writer = JSONText()

  /// `keys`: columns of the rows, whose schema that is.
  package init(keys: [Int], of schema: Schema) {
    self.keys = keys
    self.schema = Schema(keys.map { Field(schema[$0].name, schema[$0].type, nullable: true) })
  }

  /// O(rows ÷ 64), later O(rows ÷ 1,024).
  package func take(_ batch: Batch) {
    let count = batch.selectedCount
    guard skipped < count else {
      skipped -= count
      return
    }
    let interval = hasEnough ? Self.interval : Self.firstInterval
    let chosen = Selection(capacity: (count - skipped) / interval + 1)
    var place = skipped
    while place < count {
      chosen.append(batch.selection?.rows[place] ?? UInt32(truncatingIfNeeded: place))
      place += interval
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
    if samples == Self.firstSamples { hasEnough = true }
    if samples > Self.halfLife { halve() }
    if let known = entries.firstIndex(where: { $0.hash == hash }) {
      entries[known].count += 1
      if entries[known].text == nil { entries[known].text = text(row, of: rows) }
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

  /// nil while too few rows were looked at, or no key was met twice.
  package var hottest: Hottest? {
    guard samples >= Self.fewest else { return nil }
    let sure = entries.max { $0.count - $0.error < $1.count - $1.error }
    guard let sure, let text = sure.text, sure.count - sure.error > 1 else { return nil }
    return Hottest(key: text, count: sure.count - sure.error, samples: samples)
  }
}
