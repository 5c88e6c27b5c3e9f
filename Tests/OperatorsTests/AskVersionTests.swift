import Columns
import Instruments
import KeyedState
import Plans
import Schemas
import Synchronization
import TestKit
import Testing

@testable import Operators

/// A server that runs one version of a model, and answers when it is told to.
private final class VersionService: Sendable {
  typealias Answer = @Sendable (Result<LookupAnswer, LookupFailure>) -> Void

  let name: String
  private let state = Mutex<(open: [(keys: [Int64], answer: Answer)], asked: [Int64])>(([], []))

  init(_ name: String) { self.name = name }

  var asked: [Int64] { state.withLock { $0.asked } }
  var openCount: Int { state.withLock { $0.open.count } }

  func ask(_ keys: Batch, _ answer: @escaping Answer) {
    let numbers = (0..<keys.rowCount).map { keys.columns[0].ints[$0] }
    state.withLock { state in
      state.asked += numbers
      state.open.append((numbers, answer))
    }
  }

  func answerAll(failing: Bool = false) {
    let open = state.withLock { state in
      defer { state.open = [] }
      return state.open
    }
    for question in open {
      guard !failing else {
        question.answer(.failure(LookupFailure("\(name) is away", isRetriable: false)))
        continue
      }
      let rows = question.keys.map { key -> [Cell] in
        [.text("\(name) of \(key)"), .float(Double(key % 10) / 10)]
      }
      question.answer(
        .success(
          LookupAnswer(
            rows: Batch(AskVersionTests.answers, rows), keys: Array(question.keys.indices))))
    }
  }
}

/// Versions of a model elsewhere that share the rows of a stage.
@Suite struct AskVersionTests {
  static let answers = Schema([Field("name", .string), Field("score", .float)])
  private static let input = Schema([Field("n", .int), Field("user", .int, nullable: true)])

  private static let versions = [
    ModelSpec.Version(name: "v1", options: [], share: 0.7),
    ModelSpec.Version(name: "v2", options: [], share: 0.3),
    ModelSpec.Version(name: "dark", options: [], share: 0, isShadow: true),
  ]

  private struct Run {
    let services: [VersionService]
    let op: AskOperator
    let stage: Stage

    init(
      _ versions: [ModelSpec.Version] = AskVersionTests.versions, hasFallback: Bool = false,
      baseline: ModelBaseline? = nil, _ change: (inout LookupPolicy) -> Void = { _ in }
    ) throws {
      var policy = LookupPolicy()
      (policy.within, policy.batch, policy.attempts) = (0, 64, 1)
      change(&policy)
      if hasFallback {
        policy.fallback = LookupPolicy.Fallback([
          LookupPolicy.Fallback.Value(column: "name", value: .string("fallback"))
        ])
      }
      var table = TableSpec(
        name: "m", keys: ["user"], connector: ConnectorSpec(connector: "model", options: []),
        decoding: DecodingSpec(
          format: .json,
          columns: AskVersionTests.answers.fields.map {
            DecodedColumn(field: $0, origin: .field($0.name))
          }), lookup: policy)
      var model = ModelSpec(
        name: "m", kind: "http", inputs: [], outputs: [], versions: versions, sticky: ["n"])
      model.remote = RemoteModel()
      table.model = model
      table.version = 0
      let columns = [EnrichedColumn(tableColumn: "name", name: "name")]
      let step = PhysicalOperator(
        id: OperatorID("s.infer"),
        kind: .ask(lookup: 0, keys: ["user", "n"], columns: columns, isRequired: false),
        inputs: [PhysicalEdge(from: 0)],
        schema: Schema(
          AskVersionTests.input.fields + [Field("name", .string, nullable: true)]), segment: 0,
        errorRoute: .output)
      services = (versions.isEmpty ? ["m"] : versions.map { $0.name ?? "" })
        .map { VersionService($0) }
      op = try AskOperator(
        step, input: AskVersionTests.input, table: table, keys: ["user", "n"], columns: columns,
        isRequired: false, baseline: baseline,
        questions: services.map { service in { service.ask($0, $1) } })
      stage = try Stage(op, output: CollectingOutput())
    }

    func give(_ rows: [(n: Int64, user: Int64?)]) throws {
      let cells = rows.map { row -> [Cell] in [.int(row.n), row.user.map(Cell.int) ?? .null] }
      try stage.process(Batch(AskVersionTests.input, cells))
    }

    func deliver() throws {
      let tickets = stage.context.done.list.withLock { list in
        defer { list = [] }
        return list
      }
      for ticket in tickets { try stage.completed(Completion(ticket: ticket, result: [])) }
      while stage.hasMore { try stage.release() }
    }

    /// Answers until no row waits.
    func settle(without silent: Set<String> = [], failing: Set<String> = []) throws {
      var rounds = 0
      repeat {
        rounds += 1
        for service in services where !silent.contains(service.name) {
          service.answerAll(failing: failing.contains(service.name))
        }
        try deliver()
      } while rounds < 1_000
        && (op.holdsRows
          || services.contains { !silent.contains($0.name) && $0.openCount > 0 })
    }

    func take() -> [[Cell]] { stage.output.take(.main).flatMap(\.cells) }
  }

  private static let rows = (0..<1_000).map { (n: Int64($0), user: Int64?(Int64($0 % 90))) }

  /// Who answered each row, by its number.
  private static func answerers(_ rows: [[Cell]]) -> [Int64: String] {
    var found: [Int64: String] = [:]
    for row in rows {
      guard case .int(let n) = row[0], case .text(let text) = row[2] else { continue }
      found[n] = text.split(separator: " ").first.map(String.init)
    }
    return found
  }

  @Test func `a key has one version, in every run, and shares are kept`() throws {
    var first: [Int64: String]?
    for size in [1_000, 37] {
      let run = try Run()
      var out: [[Cell]] = []
      for start in stride(from: 0, to: Self.rows.count, by: size) {
        try run.give(Array(Self.rows[start..<min(start + size, Self.rows.count)]))
        try run.settle()
        out += run.take()
      }
      #expect(out.map { $0[0] } == Self.rows.map { .int($0.n) })
      // Each has its own version's answer for its own key.
      for row in out {
        guard case .int(let user) = row[1], case .text(let text) = row[2] else { continue }
        #expect(text.hasSuffix(" of \(user)"))
      }
      let found = Self.answerers(out)
      #expect(found.count == 1_000)
      let share = Double(found.values.filter { $0 == "v2" }.count) / 1_000
      #expect(abs(share - 0.3) < 0.06, "\(share)")
      #expect(first == nil || first == found)
      first = found
      let counted = run.stage.context.metrics.inference.versions
      #expect(counted.map(\.name) == ["v1", "v2", "dark"])
      #expect(counted.map(\.isShadow) == [false, false, true])
      #expect(counted[0].rows.value + counted[1].rows.value == 1_000)
      #expect(counted[2].rows.value == 1_000 && counted[2].calls.value > 0)
      #expect(counted[0].scores.counts.reduce(0, +) == counted[0].rows.value)
      #expect(counted[2].scores.counts.reduce(0, +) == 1_000)
      #expect(counted.allSatisfy { $0.failed.value == 0 })
      #expect(run.stage.sumHolds)
    }
  }

  @Test func `equal inputs are asked for once of each version, and each has its own answers`()
    throws
  {
    let run = try Run { $0.cache = LookupPolicy.Cache(rows: 100, fresh: 1_000) }
    for _ in 0..<2 {
      try run.give(Self.rows.map { (n: $0.n, user: 5) })
      try run.settle()
    }
    #expect(run.services.map(\.asked) == [[5], [5], [5]])
    #expect(Set(Self.answerers(run.take()).values) == ["v1", "v2"])
    let counted = run.stage.context.metrics.inference.versions
    #expect(counted[0].rows.value + counted[1].rows.value == 2_000)
    #expect(counted.map(\.calls.value) == [1, 1, 1])
    #expect(counted[0].hits.value + counted[1].hits.value == 1_000)
    #expect(counted[2].hits.value == 1_000)
  }

  @Test func `nobody waits for a shadow, whatever becomes of it`() throws {
    let run = try Run()
    for round in 0..<3 {
      try run.give((0..<1_000).map { (n: $0, user: Int64(round) * 1_000 + $0) })
      try run.stage.watermark(Timestamp(microseconds: Int64(round)))
      try run.settle(without: ["dark"])
      #expect(!run.op.holdsRows && run.take().count == 1_000)
      #expect(run.op.releasedWatermark == Timestamp(microseconds: Int64(round)))
    }
    // It is asked for so much, and no more waits for it.
    #expect(run.op.versions[2].waiters.count == AskedVersion.shadowCapacity)
    #expect(run.stage.context.metrics.inference.versions[2].rows.value == 1_024)
    try run.settle(failing: ["dark"])
    #expect(run.stage.context.metrics.inference.versions[2].failed.value == 1_024)
    #expect(run.op.versions[2].waiters.isEmpty && run.take().isEmpty)
    #expect(run.stage.output.take(.errors).isEmpty)
  }

  @Test func `a version that fails spares the others`() throws {
    let run = try Run(hasFallback: true) {
      $0.batch = 1
      $0.breaker = LookupPolicy.Breaker(openAt: 0.5, of: 5, duration: 1_000_000)
    }
    try run.give(Self.rows)
    try run.settle(failing: ["v2", "dark"])
    let found = Self.answerers(run.take())
    #expect(found.count == 1_000 && Set(found.values) == ["v1", "fallback"])
    let counted = run.stage.context.metrics.inference.versions
    #expect(counted[0].failed.value == 0)
    #expect(counted[1].failed.value == counted[1].rows.value && counted[1].calls.value < 100)
    #expect(counted[2].failed.value == counted[2].rows.value)
    #expect(run.op.versions.map(\.calls.isOpen) == [false, true, true])
  }

  @Test func `what waits at a checkpoint goes on with other shares and versions`() throws {
    let run = try Run()
    try run.give(Self.rows)
    let store = BlockStore()
    try run.stage.barrier(Epoch(1))
    try run.op.snapshot(Epoch(1), full: true)?.write(to: store)
    var versions = Self.versions
    (versions[0].share, versions[1].share) = (0.4, 0.3)
    versions.insert(ModelSpec.Version(name: "v3", options: [], share: 0.3), at: 2)
    versions.removeLast()
    let next = try Run(versions)
    try next.op.restore(from: store.reader(worker: 0, of: 1))
    try next.settle()
    let found = Self.answerers(next.take())
    #expect(found.count == 1_000 && Set(found.values) == ["v1", "v2", "v3"])
    // Back to what there was before.
    let back = try Run()
    try back.op.restore(from: store.reader(worker: 0, of: 1))
    try back.settle()
    try run.settle()
    #expect(Self.answerers(back.take()) == Self.answerers(run.take()))
  }

  @Test func `answers are held against a baseline, with versions and without`() throws {
    let baseline = try ModelBaseline(
      csv: "output,up_to,rows\nscore,0.35,1\nscore,,1\nother,1,1\nother,,1\n")
    for versions in [Self.versions, []] {
      let run = try Run(versions, baseline: baseline)
      try run.give((0..<1_000).map { (n: $0, user: $0) })
      try run.settle()
      let counted = run.stage.context.metrics.inference.versions
      #expect(counted.map(\.name) == (versions.isEmpty ? ["m"] : ["v1", "v2", "dark"]))
      for version in counted {
        #expect(version.drifts.map(\.baseline.output) == ["score"])
        #expect(version.drifts[0].counts.reduce(0, +) == version.rows.value)
        #expect(version.scores.counts.reduce(0, +) == version.rows.value)
      }
      // Of all rows, as a shadow is asked about them: four of ten keys are at 0.3 or below.
      #expect(counted.last?.drifts[0].counts == [400, 600])
    }
  }

  @Test func `a null asks nobody, shadows neither`() throws {
    let run = try Run()
    try run.give([(n: 1, user: nil), (n: 2, user: nil)])
    #expect(run.services.allSatisfy { $0.asked.isEmpty } && !run.op.holdsRows)
    #expect(run.take().map { $0[2] } == [.null, .null])
    #expect(run.stage.context.metrics.inference.versions.allSatisfy { $0.rows.value == 0 })
  }
}
