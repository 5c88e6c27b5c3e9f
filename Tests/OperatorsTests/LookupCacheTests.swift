import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// What the cache of answers holds, and how much memory.
@Suite("The cache of answers")
struct LookupCacheTests {
  private static let schema = Schema([Field("id", .int), Field("name", .string)])

  @Test("The cache holds no more than it may, and keeps what is asked for")
  func bound() {
    for seed in 1...50 {
      var random = SeededRandom(seed: UInt64(seed))
      let limit = Int.random(in: 1...6, using: &random)
      guard var cache = LookupCache(LookupPolicy.Cache(rows: limit, fresh: 100, stale: 50)) else {
        return
      }
      var since: [Int64: Int64] = [:]
      for time in 0..<Int64(400) {
        let (now, key) = (Timestamp(microseconds: time), Int64.random(in: 0..<9, using: &random))
        if Bool.random(using: &random) {
          cache.keep([.missing], for: [.number(key)], at: now)
          since[key] = time
          let look = cache.look(for: .number(key), at: now)
          #expect(look != nil)
        } else {
          let age = since[key].map { time - $0 }
          switch cache.look(for: .number(key), at: now) {
          case .fresh: #expect(age.map { $0 < 100 } == true)
          case .stale: #expect(age.map { (100..<150).contains($0) } == true)
          case nil: break
          }
        }
        #expect(cache.count <= limit)
      }
    }
  }

  @Test("It holds the last rows of keys, in no more than twice their memory", arguments: 1...10)
  func rows(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let limit = [3, 40, 100_000][Int(seed) % 3]
    let keys: ClosedRange<Int64> = 1...200
    let bytes = seed % 2 == 0 ? 60_000 : LookupPolicy.Cache.usualBytes
    let policy = LookupPolicy.Cache(rows: limit, bytes: bytes, fresh: 1_000_000)
    guard var cache = LookupCache(policy) else { return }
    var last: [Int64: String?] = [:]
    for round in 0..<800 {
      let now = Timestamp(microseconds: Int64(round))
      let count = Int.random(in: 1...30, using: &random)
      let asked = (0..<count).map { _ in Int64.random(in: keys, using: &random) }
      let batch = Batch(
        Self.schema,
        asked.map { key in
          let length = Int.random(in: 0...8_000, using: &random)
          return [.int(key), .text("\(key) of \(round)" + String(repeating: "x", count: length))]
        })
      let answer = AnswerBatch(batch)
      var found: [FoundRow] = []
      for (row, key) in asked.enumerated() {
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
          found.append(.missing)
          last[key] = .some(nil)
        case 1: found.append(.unreadable("no JSON"))
        default:
          found.append(.row(answer, row))
          last[key] = "\(key) of \(round)"
        }
      }
      cache.keep(found, for: asked.map { .number($0) }, at: now)
      #expect(cache.heldBytes <= 2 * cache.liveBytes + 1 << 20)
      #expect(cache.liveBytes >= 0 && cache.heldBytes >= cache.liveBytes)
      #expect(cache.liveBytes + cache.keyBytes <= bytes)
      let key = Int64.random(in: keys, using: &random)
      switch cache.look(for: .number(key), at: now) {
      case .fresh(.row(let rows, let row))?:
        guard case .text(let text) = rows.rows.cells[row][1], let wanted = last[key] ?? nil else {
          Issue.record("a row of \(key) that is none")
          continue
        }
        #expect(text.prefix { $0 != "x" } == wanted)
      case .fresh(.missing)?: #expect(last[key] == .some(nil))
      case nil: #expect(limit < 200 || bytes == 60_000 || last[key] == nil)
      default: Issue.record("something else is kept")
      }
    }
  }

  @Test("What is asked for anew holds its key, and not the rows that came with it")
  func refreshes() throws {
    var random = SeededRandom(seed: 1)
    var policy = LookupPolicy()
    policy.within = 10_000_000
    policy.batch = 2
    policy.cache = LookupPolicy.Cache(rows: 10, fresh: 1_000, stale: 1_000_000_000)
    var run = try AskRun(policy)
    try run.give([(n: 0, user: 1), (n: 1, user: 2)])
    try run.settle(&random)
    try run.advance(to: run.now + 2_000)
    weak var column: Column?
    do {
      let batch = Batch(AskRun.input, [[.int(2), .int(1)]])
      column = batch.columns[1]
      try run.stage.process(batch)
    }
    #expect(run.take(.main).count == 3)
    #expect(run.service.open == 0)
    #expect(column == nil)
    // It is asked with the next key that is wanted.
    try run.give([(n: 3, user: 2)])
    #expect(run.service.open == 1)
  }

  @Test("It holds no more bytes than it may, however few rows that are")
  func bytes() {
    let limit = 100_000
    let policy = LookupPolicy.Cache(bytes: limit, fresh: 1_000_000)
    guard var cache = LookupCache(policy) else { return }
    for key in Int64(0)..<300 {
      let length = key % 50 == 49 ? 2 * limit : 1_000
      let batch = Batch(Self.schema, [[.int(key), .text(String(repeating: "x", count: length))]])
      let now = Timestamp(microseconds: key)
      cache.keep([.row(AnswerBatch(batch), 0)], for: [.number(key)], at: now)
      #expect(cache.liveBytes <= limit)
      if key % 50 == 49 {
        #expect(cache.look(for: .number(key), at: now) == nil)
      } else if key > 0 {
        #expect(cache.look(for: .number(key), at: now) != nil)
      }
    }
  }
}
