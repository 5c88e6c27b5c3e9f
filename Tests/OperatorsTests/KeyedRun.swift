import Columns
import Plans
import Schemas
import TestKit

@testable import Operators

/// Random rows through an `OrderedChain`, with checkpoints that are written while others come, and
/// restores of them at another parallelism.
struct KeyedRun {
  var chain: OrderedChain
  private(set) var rows: [ModelRow] = []
  private var source: RowSource
  private var random: SeededRandom
  private let shift: Int64
  private let batch: ([ModelRow]) -> Batch

  /// `batch` makes rows of the chain's schema.
  init(_ chain: OrderedChain, seed: UInt64, batch: @escaping ([ModelRow]) -> Batch) {
    self.chain = chain
    self.batch = batch
    random = SeededRandom(seed: seed &+ 1_000)
    source = RowSource(partitions: 3, lateness: 8, seed: seed)
    // Around 1970, so before it too, and in the year 9999.
    shift = random.next() % 4 == 0 ? 253_402_300_000_000_000 : 0
  }

  private mutating func make(_ count: Int) -> [ModelRow] {
    source.rows(count, step: 1).map { row in
      var row = row
      row.time += shift
      if row.watermark != .min { row.watermark += shift }
      return row
    }
  }

  private mutating func send(_ fresh: [ModelRow]) throws {
    var rest = fresh[...]
    while !rest.isEmpty {
      let size = 1 + Int(random.next() % 40)
      try chain.send(batch(Array(rest.prefix(size))))
      rest = rest.dropFirst(size)
    }
  }

  private mutating func advance() throws {
    guard source.watermark != .min else { return }
    try chain.advance(to: source.watermark + shift)
  }

  mutating func run() throws {
    for round in 0..<20 {
      let fresh = make(1 + Int(random.next() % 60))
      rows += fresh
      try send(fresh)
      if Bool.random(using: &random) { try advance() }
      guard random.next() % 3 == 0 else { continue }
      let snapshots = try chain.snapshot(full: round % 4 == 0)
      let kept = (chain.results, chain.late, chain.errors, chain.unmatched, chain.expired)
      let more = make(10)
      try send(more)
      rows += more
      guard Bool.random(using: &random) else {
        try advance()
        try chain.write(snapshots)
        continue
      }
      try chain.write(snapshots)
      (chain.results, chain.late, chain.errors, chain.unmatched, chain.expired) = kept
      try chain.restore(workers: 1 + Int(random.next() % 3))
      try send(more)
    }
    try chain.finish()
  }

  /// Rows that were not too late, by key and in order.
  var onTime: [[ModelRow]] {
    Dictionary(grouping: rows.filter { $0.time >= $0.watermark }, by: \.key).values
      .map { $0.sorted { $0.tag < $1.tag } }
  }
}

extension Batch {
  /// The rows as text, with their order tags.
  var taggedLines: [String] { lines(of: Array(columns.indices)) }
}

extension Batch {
  /// Some columns of the rows as text, with their order tags.
  func lines(of places: [Int]) -> [String] {
    zip(cells, countedRows).map { cells, row in
      let tags = [hidden.eventTimes, hidden.lanes, hidden.places].map { $0?.cell(row) ?? .null }
      return "\(places.map { cells[$0] }) \(tags)"
    }
  }
}

extension ModelRow {
  /// Cells that are made of the row, with its order tags.
  func line(_ cells: [Cell]) -> String {
    let tags: [Cell] = [.int(time), .int(Int64(partition)), .int(place)]
    return "\(cells) \(tags)"
  }
}

extension Array {
  /// The elements in parts, of which a new one begins wherever two neighbours say so.
  func parted(_ isParted: (Element, Element) -> Bool) -> [[Element]] {
    var parts: [[Element]] = []
    for element in self {
      if let last = parts.last?.last, !isParted(last, element) {
        parts[parts.count - 1].append(element)
      } else {
        parts.append([element])
      }
    }
    return parts
  }
}
