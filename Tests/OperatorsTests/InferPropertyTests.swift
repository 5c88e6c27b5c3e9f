import Columns
import Instruments
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `infer`, against a model that is computed row by row.
@Suite("Inference")
struct InferPropertyTests {
  /// What a row becomes of one model; nil: it fails.
  private static func answer(_ row: InferRun.Row, factor: Double) -> Cell? {
    guard let x = row.x, let y = row.y else { return .null }
    return y == SimpleModel.poison ? nil : .float(factor * x + Double(y))
  }

  /// Whether it is asked about at all.
  private static func isWhole(_ row: InferRun.Row) -> Bool { row.x != nil && row.y != nil }

  private static func cells(_ row: InferRun.Row, _ answer: Cell, _ version: String) -> [Cell] {
    [
      .int(row.id), row.user.map(Cell.int) ?? .null, row.x.map(Cell.float) ?? .null,
      row.y.map(Cell.int) ?? .null, answer, .text(version),
    ]
  }

  private static func rows(
    from first: Int, _ count: Int, _ random: inout SeededRandom
  ) -> [InferRun.Row] {
    (0..<count).map { offset in
      InferRun.Row(
        id: Int64(first + offset),
        user: random.next() % 10 == 0 ? nil : Int64(random.next() % 50),
        x: random.next() % 8 == 0 ? nil : Double(random.next() % 1_000) / 10,
        y: random.next() % 8 == 0 ? nil : Int64(random.next() % 40))
    }
  }

  private static func spec(_ random: inout SeededRandom) -> ModelSpec {
    var spec = InferRun.spec()
    spec.batch = [1, 2, 7, 64, 4_096][Int(random.next() % 5)]
    spec.within = [nil, 1_000, 2_000][Int(random.next() % 3)]
    if random.next() % 3 == 0 {
      spec.fallback = LookupPolicy.Fallback([
        LookupPolicy.Fallback.Value(column: "probability", value: .float(-1))
      ])
    }
    return spec
  }

  @Test("Each row gets its answer in its order, and none waits too long or behind its watermark")
  func answers() throws {
    for seed in 1...200 {
      var random = SeededRandom(seed: UInt64(seed))
      let spec = Self.spec(&random)
      let run = try InferRun(spec, seed: UInt64(seed))
      var given: [InferRun.Row] = []
      var (main, failed) = ([[Cell]](), 0)
      var oldest: Int64?
      func collect() {
        main += run.take()
        failed += run.take(.errors).count
        #expect(run.stage.sumHolds && run.stage.output.violations == 0, "seed \(seed)")
        if main.count + failed == given.count { oldest = nil }
      }
      for _ in 0..<Int.random(in: 5...60, using: &random) {
        let action = random.next() % 8
        switch action {
        case 0...3:
          let count = [1, 2, 5, 63, 64, 65, 200][Int(random.next() % 7)]
          let rows = Self.rows(from: given.count, count, &random)
          if spec.within != nil, oldest == nil { oldest = run.now }
          given += rows
          try run.give(rows)
        case 4: try run.stage.watermark(Timestamp(microseconds: Int64(given.count)))
        case 5: try run.stage.barrier(Epoch(1))
        default: try run.advance(to: run.now + Int64(random.next() % 1_500))
        }
        collect()
        if action == 4 || action == 5 {
          #expect(main.count + failed == given.count && !run.op.holdsRows, "seed \(seed)")
          #expect(run.op.snapshot(Epoch(1), full: true) == nil)
        }
        if let oldest, let within = spec.within {
          #expect(run.now < oldest + within || !run.op.holdsRows, "seed \(seed)")
        }
        #expect(spec.within != nil || !run.op.holdsRows)
      }
      try run.stage.watermark(.endOfTime)
      collect()
      Self.check(run, spec, given, main, failed: failed, seed)
    }
  }

  private static func check(
    _ run: InferRun, _ spec: ModelSpec, _ given: [InferRun.Row], _ main: [[Cell]], failed: Int,
    _ seed: Int
  ) {
    let expected = given.compactMap { row -> [Cell]? in
      if let answer = answer(row, factor: 2) { return cells(row, answer, "hash") }
      return spec.fallback == nil ? nil : cells(row, .float(-1), "fallback")
    }
    #expect(main == expected, "seed \(seed)")
    #expect(failed == given.count - expected.count, "seed \(seed)")
    #expect(run.models[0].batches.isSubset(of: [spec.batch]))
    let counted = run.stage.context.metrics.inference.versions[0]
    #expect(counted.rows.value == Int64(given.filter(isWhole).count))
    let poisoned = given.filter { answer($0, factor: 2) == nil }.count
    #expect(counted.failed.value == Int64(poisoned), "seed \(seed)")
  }

  private static let versions = [
    ModelSpec.Version(name: "v3", path: .string("a"), share: 0.9),
    ModelSpec.Version(name: "v4", path: .string("b"), share: 0.1),
    ModelSpec.Version(name: "v5", path: .string("c"), share: 0, isShadow: true),
  ]

  private static func choices(_ spec: ModelSpec, users: Range<Int64>) throws -> [Int64: String] {
    let run = try InferRun(spec, scarcity: 1)
    try run.give(users.map { InferRun.Row(id: $0, user: $0, x: 1, y: 0) })
    var found: [Int64: String] = [:]
    for row in run.take() {
      guard case .int(let user) = row[1], case .text(let version) = row[5] else { continue }
      found[user] = version
    }
    return found
  }

  @Test("A key has one version, whatever the batches, and shares are kept")
  func sticky() throws {
    var spec = InferRun.spec(Self.versions)
    spec.sticky = ["user"]
    let chosen = try Self.choices(spec, users: 0..<4_000)
    let share = Double(chosen.values.filter { $0 == "v4" }.count) / 4_000
    #expect(abs(share - 0.1) < 0.02, "\(share)")
    for seed in 1...50 {
      var random = SeededRandom(seed: UInt64(seed))
      spec.batch = [1, 5, 64][Int(random.next() % 3)]
      let run = try InferRun(spec, seed: UInt64(seed))
      var given: [InferRun.Row] = []
      for _ in 0..<10 {
        let rows = Self.rows(from: given.count, 37, &random)
        given += rows
        try run.give(rows)
      }
      // Those without a key are of one version too.
      #expect(Set(run.take().filter { $0[1] == .null }.map { "\($0[5])" }).count == 1)
      #expect(run.stage.context.metrics.inference.versions.map(\.name) == ["v3", "v4", "v5"])
      let whole = given.filter(Self.isWhole).count
      #expect(run.stage.context.metrics.inference.versions[2].rows.value == Int64(whole))
      #expect(run.models[2].calls > 0 && run.stage.sumHolds)
    }
  }

  @Test("Rows of several versions come out in their order, each with its version's answer")
  func divided() throws {
    var spec = InferRun.spec(Self.versions)
    spec.sticky = ["user"]
    let chosen = try Self.choices(spec, users: 0..<50)
    for seed in 1...50 {
      var random = SeededRandom(seed: UInt64(seed))
      spec.batch = [1, 5, 64][Int(random.next() % 3)]
      let run = try InferRun(spec, seed: UInt64(seed))
      var given: [InferRun.Row] = []
      for _ in 0..<10 {
        let rows = Self.rows(from: given.count, 41, &random).filter { $0.user != nil }
        given += rows
        try run.give(rows)
      }
      let expected = given.compactMap { row -> [Cell]? in
        let version = chosen[row.user ?? 0] ?? ""
        return Self.answer(row, factor: version == "v3" ? 2 : 3)
          .map { Self.cells(row, $0, version) }
      }
      #expect(run.take() == expected, "seed \(seed)")
      #expect(run.take(.errors).count == given.count - expected.count)
    }
  }

  @Test("A wider share moves keys to it, and none away from it")
  func wider() throws {
    var spec = InferRun.spec(Self.versions)
    spec.sticky = ["user"]
    let before = try Self.choices(spec, users: 0..<2_000)
    spec.versions[0].share = 0.6
    spec.versions[1].share = 0.4
    let after = try Self.choices(spec, users: 0..<2_000)
    #expect(before.allSatisfy { user, version in version == "v3" || after[user] == "v4" })
    #expect(after.values.filter { $0 == "v4" }.count > 700)
  }

  @Test("Without a fallback and a route the run stops and names the row")
  func stops() throws {
    let run = try InferRun(InferRun.spec(), route: .fail)
    let rows = (0..<100).map {
      InferRun.Row(id: $0, user: 1, x: 1, y: $0 == 77 ? SimpleModel.poison : 1)
    }
    let error = try #require(throws: OperatorError.self) { try run.give(rows) }
    #expect(error.reason.contains("model `m`: thirteen is too much"), "\(error)")
    #expect(error.reason.contains("on_error skip"))
    #expect(error.origin?.contains(#""id":77"#) ?? false, "\(error)")
    #expect(run.models[0].calls < 20)
  }

  @Test("Rows with a null are not asked about, nor counted")
  func nulls() throws {
    let run = try InferRun(InferRun.spec())
    let rows = (0..<5).map { InferRun.Row(id: $0, user: 1, x: nil, y: SimpleModel.poison) }
    try run.give(rows)
    #expect(run.models[0].calls == 0)
    try run.give(rows + [InferRun.Row(id: 5, user: 1, x: 1, y: 1)])
    let counted = run.stage.context.metrics.inference.versions[0]
    #expect(run.models[0].calls == 1 && counted.calls.value == 1 && counted.rows.value == 1)
    #expect(run.take().map { $0[4] } == Array(repeating: .null, count: 10) + [.float(3)])
  }

  @Test("Rows that nobody wants are not asked for")
  func unwanted() throws {
    var spec = InferRun.spec()
    (spec.batch, spec.within) = (10, 1_000)
    let run = try InferRun(spec)
    try run.give([InferRun.Row(id: 1, user: 1, x: 1, y: 1)])
    run.op.letGo()
    try run.give([InferRun.Row(id: 2, user: 1, x: 1, y: 1)])
    try run.stage.watermark(.endOfTime)
    #expect(run.models[0].calls == 0 && run.take().isEmpty && !run.op.holdsRows)
  }
}
