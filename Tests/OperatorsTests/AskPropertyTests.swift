import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `enrich` of a table that is asked, against what each row must become.
@Suite("Asking a table")
struct AskPropertyTests {
  /// What a row must become, and where.
  private static func expected(_ n: Int64, _ user: Int64?, isRequired: Bool) -> (OutputPort, [Cell])
  {
    let own: [Cell] = [.int(n), user.map(Cell.int) ?? .null]
    guard let user else { return isRequired ? (.unmatched, own) : (.main, own + [.null]) }
    if SimulatedService.isUnreadable(user) { return (.errors, own) }
    if SimulatedService.isAbsent(user) {
      return isRequired ? (.unmatched, own) : (.main, own + [.null])
    }
    return (.main, own + [SimulatedService.name(user)])
  }

  private static func policy(_ random: inout SeededRandom) -> LookupPolicy {
    var policy = LookupPolicy()
    policy.batch = [1, 2, 5, 64][Int(random.next() % 4)]
    policy.within = [0, 2_000, 50_000][Int(random.next() % 3)]
    policy.concurrency = Int.random(in: 1...4, using: &random)
    policy.timeout = 1_000_000
    // Faults end, and no row may be given up before.
    policy.attempts = 1_000
    policy.isOrdered = Bool.random(using: &random)
    if random.next() % 2 == 0 {
      policy.cache = LookupPolicy.Cache(
        rows: [1, 3, 100][Int(random.next() % 3)], fresh: 3_000_000,
        stale: random.next() % 2 == 0 ? 0 : 2_000_000)
    }
    if random.next() % 3 == 0 {
      policy.breaker = LookupPolicy.Breaker(openAt: 0.5, of: 4, duration: 2_000_000)
    }
    return policy
  }

  @Test("Each row gets its answer, whatever the service does and wherever it is restored")
  func answers() throws {
    for seed in 1...300 {
      var random = SeededRandom(seed: UInt64(seed))
      let policy = Self.policy(&random)
      let isRequired = random.next() % 2 == 0
      // With a breaker rows wait where the route is to fail; unreadable ones would stop it.
      let stops = policy.breaker != nil
      var run = try AskRun(
        policy, isRequired: isRequired, route: stops ? .fail : .output, seed: UInt64(seed))
      var given: [(n: Int64, user: Int64?)] = []
      var (main, pending) = ([[Cell]](), [Int64]())
      var others: [OutputPort: [[Cell]]] = [:]
      func collect(_ run: AskRun) {
        main += run.take(.main)
        for port in [OutputPort.unmatched, .errors] { others[port, default: []] += run.take(port) }
        #expect(run.stage.sumHolds)
      }
      for _ in 0..<Int.random(in: 5...40, using: &random) {
        switch random.next() % 9 {
        case 0...2:
          let rows = Self.rows(from: given.count, stops: stops, &random)
          given += rows
          try run.give(rows)
        case 3 where pending.last != Int64(given.count):
          pending.append(Int64(given.count))
          try run.stage.watermark(Timestamp(microseconds: Int64(given.count)))
        case 3: break
        case 4: try run.advance(to: run.now + Int64.random(in: 0...1_500_000, using: &random))
        case 5...7: try Self.fault(run, &random)
        default:
          let store = try run.snapshot()
          collect(run)
          run = try AskRun(
            policy, isRequired: isRequired, route: stops ? .fail : .output, at: run.now + 10_000,
            seed: UInt64(seed))
          try Self.restore(run, store, watermark: pending.last)
        }
        collect(run)
        // No row that came in front of a released watermark is still here.
        let gone = main.count + others.values.reduce(0) { $0 + $1.count }
        #expect(gone >= max(run.op.releasedWatermark.microseconds, 0), "seed \(seed)")
      }
      try run.settle(&random)
      collect(run)
      #expect(!run.op.holdsRows, "seed \(seed)")
      #expect(run.service.largest <= policy.batch)
      let all = given.map { Self.expected($0.n, $0.user, isRequired: isRequired) }
      Self.check(all, main, others, isOrdered: policy.isOrdered, seed)
    }
  }

  private static func restore(_ run: AskRun, _ store: BlockStore, watermark: Int64?) throws {
    try run.op.restore(from: store.reader(worker: 0, of: 1))
    while run.stage.hasMore { try run.stage.release() }
    // A watermark that waited is sent again by whoever restores.
    if let watermark { try run.stage.watermark(Timestamp(microseconds: watermark)) }
  }

  /// `stops`: rows that cannot be read would stop the run.
  private static func rows(
    from first: Int, stops: Bool, _ random: inout SeededRandom
  ) -> [(n: Int64, user: Int64?)] {
    (0..<Int.random(in: 1...9, using: &random)).map { offset in
      var user = Int64.random(in: 0..<24, using: &random)
      if stops, SimulatedService.isUnreadable(user) { user = 0 }
      return (n: Int64(first + offset), user: random.next() % 8 == 0 ? nil : user)
    }
  }

  private static func check(
    _ all: [(OutputPort, [Cell])], _ main: [[Cell]], _ others: [OutputPort: [[Cell]]],
    isOrdered: Bool, _ seed: Int
  ) {
    let wanted = all.filter { $0.0 == .main }.map(\.1)
    #expect(sorted(main) == sorted(wanted), "seed \(seed)")
    if isOrdered { #expect(main == wanted, "seed \(seed)") }
    let unmatched = all.filter { $0.0 == .unmatched }.map(\.1)
    #expect(sorted(others[.unmatched] ?? []) == sorted(unmatched), "seed \(seed)")
    #expect(others[.errors]?.count ?? 0 == all.filter { $0.0 == .errors }.count)
  }

  /// Answers one question: well, twice, with an error, or never.
  private static func fault(_ run: AskRun, _ random: inout SeededRandom) throws {
    guard let question = run.service.take(&random) else { return try run.deliver() }
    switch random.next() % 6 {
    case 0: break
    case 1: question.answer(.failure(LookupFailure("it is away", isRetriable: true)))
    case 2:
      question.answer(.success(SimulatedService.answer(question.keys, &random)))
      question.answer(.failure(LookupFailure("once more", isRetriable: true)))
    default: question.answer(.success(SimulatedService.answer(question.keys, &random)))
    }
    if random.next() % 4 > 0 { try run.deliver() }
  }

  private static func sorted(_ rows: [[Cell]]) -> [String] { rows.map { "\($0)" }.sorted() }

  @Test("Unordered rows leave between the watermarks that they came between")
  func watermarks() throws {
    for seed in 1...100 {
      var random = SeededRandom(seed: UInt64(seed))
      var policy = Self.policy(&random)
      policy.isOrdered = false
      policy.breaker = nil
      var run = try AskRun(policy, seed: UInt64(seed))
      var n: Int64 = 0
      /// Rows of a section have numbers from ten times its number on; its watermark is the next.
      func step(_ body: (inout AskRun) throws -> Void) throws {
        let before = max(run.op.releasedWatermark.microseconds, 0)
        try body(&run)
        let after = max(run.op.releasedWatermark.microseconds, 0)
        for row in run.take(.main) {
          guard case .int(let number) = row[0] else { continue }
          #expect(number / 10 >= before / 10 && number / 10 <= after / 10, "seed \(seed)")
        }
      }
      for section in 1...Int64(8) {
        for _ in 0..<Int.random(in: 0...3, using: &random) {
          let row = (n: (section - 1) * 10 + n % 10, user: Int64(random.next() % 20) as Int64?)
          n += 1
          try step { try $0.give([row]) }
          if random.next() % 2 == 0 { try step { try Self.fault($0, &random) } }
        }
        try step { try $0.stage.watermark(Timestamp(microseconds: section * 10)) }
        try step { try $0.advance(to: $0.now + 100_000) }
      }
      try step { try $0.settle(&random) }
      #expect(run.op.releasedWatermark.microseconds == 80, "seed \(seed)")
    }
  }
}
