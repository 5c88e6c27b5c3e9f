import Columns
import KeyedState
import Platform
import Schemas
import TestKit
import Testing

@testable import Checkpoints

struct RestoreTests {
  let store = CheckpointStore(pipeline: "p", files: MemoryFiles())

  @Test(arguments: 1...5)
  func `keyed rows come back whole at any number of workers, each where its group lives`(
    workers: Int
  ) throws {
    let manifest = try PartTests.sample(store)
    let contents = try CheckpointContents(manifest.id, in: store)
    let id = OperatorID("views.window")
    var all: [String] = []
    for worker in 0..<workers {
      let rows = try restored(contents, id, [.counts], worker: worker, of: workers)
      if worker == KeyGroup(3).worker(of: workers) {
        #expect(rows.first?.contains("group 3") == true)
      }
      all += rows
    }
    // Base before delta: the last row of a key counts.
    #expect(
      all.sorted() == [
        #"counts group 3 ["a", 1]"#, #"counts group 3 ["a", 2]"#, #"counts group 3 ["b", null]"#,
        #"counts group 900 ["c", 5]"#, #"counts group 900 ["c", 6]"#,
      ])
    let one = all.firstIndex(of: #"counts group 3 ["a", 1]"#)
    let two = all.firstIndex(of: #"counts group 3 ["a", 2]"#)
    #expect(one! < two!)
  }

  @Test(arguments: 1...4)
  func `rows of a list are dealt out, a single state goes to one, a replicated one to all`(
    workers: Int
  ) throws {
    let incarnation = try store.takeIncarnation()
    let schema = Schema([Field("x", .int)])
    let states = [StateKind.list, .single, .replicated, .partition].map {
      StateDeclaration(name: $0.rawValue, kind: $0, schema: schema, keyColumns: 0)
    }
    let partition = PartitionID(source: "s", topic: "t", number: 2)
    let blocks = [
      StateBlock(state: "list", scope: .whole, rows: Batch(schema, [[1], [2], [3], [4], [5]])),
      StateBlock(state: "single", scope: .whole, rows: Batch(schema, [[6]])),
      StateBlock(state: "replicated", scope: .whole, rows: Batch(schema, [[7]])),
      StateBlock(state: "partition", scope: .partition(partition), rows: Batch(schema, [[8]])),
    ]
    let manifest = try store.save(
      1, as: incarnation, workers: [[(OperatorID("o"), states, Snapshot(blocks))]])
    let contents = try CheckpointContents(manifest.id, in: store)
    var list: [String] = []
    for worker in 0..<workers {
      let rows = try restored(contents, OperatorID("o"), states, worker: worker, of: workers)
      let listed = rows.filter { $0.hasPrefix("list") }
      #expect(abs(listed.count - 5 / workers) <= 1)
      list += listed
      #expect(rows.contains("single whole [6]") == (worker == 0))
      #expect(rows.contains("replicated whole [7]"))
      #expect(rows.contains("partition s:t[2] [8]") == (worker == 2 % workers))
    }
    #expect(list.sorted() == (1...5).map { "list whole [\($0)]" })
  }

  @Test func `a full snapshot makes the operator's earlier parts count for nothing`() throws {
    let incarnation = try store.takeIncarnation()
    let schema = StateDeclaration.counts.schema
    func snapshot(_ count: Int64, isDelta: Bool) -> Snapshot {
      let rows = Batch(schema, [["a", .int(count)]])
      return Snapshot(
        [StateBlock(state: "counts", scope: .keyGroup(KeyGroup(0)), rows: rows)], isDelta: isDelta)
    }
    let id = OperatorID("o")
    var parts: [PartReference] = []
    for (epoch, isDelta) in [(UInt64(1), false), (2, true), (3, false), (4, true)] {
      parts = try store.save(
        epoch, as: incarnation, earlier: parts,
        workers: [[(id, [.counts], snapshot(Int64(epoch), isDelta: isDelta))]]
      ).parts
    }
    let contents = try store.contents(of: Epoch(4))
    #expect(
      try restored(contents, id, [.counts])
        == [#"counts group 0 ["a", 3]"#, #"counts group 0 ["a", 4]"#])
  }

  @Test func `changed columns are converted where nothing is lost`() throws {
    let incarnation = try store.takeIncarnation()
    let id = OperatorID("o")
    let block = StateBlock(
      state: "counts", scope: .keyGroup(KeyGroup(0)),
      rows: Batch(StateDeclaration.counts.schema, [["a", 3], ["b", nil]]))
    let manifest = try store.save(
      1, as: incarnation, workers: [[(id, [.counts], Snapshot([block]))]])
    var now = StateDeclaration.counts
    now.schema = Schema([
      Field("renamed_key", .string), Field("spent", .int, nullable: true),
      Field("views", .decimal(precision: 25, scale: 2), nullable: true),
    ])
    let decisions = StateDecision.all(
      stored: manifest.operators, declared: [OperatorStates(id: id, states: [now])])
    #expect(decisions.map(\.outcome) == [.converted])
    let contents = try CheckpointContents(manifest.id, in: store)
    #expect(
      try restored(contents, id, [now]) == [
        #"counts group 0 ["a", null, 300e-2]"#, #"counts group 0 ["b", null, null]"#,
      ])
  }

  @Test func `a state's parameters are told as the definition writes them`() {
    let shown = [
      "tumbling 3600000000 offset 0: count": "tumbling 1h: count",
      "hopping 5400000000 250000 offset 60000000: sum, count":
        "hopping 1h30m every 250ms offset 1m: sum, count",
      "tumbling 86400000000 offset 0 zone Europe/Madrid: count":
        "tumbling 1d zone Europe/Madrid: count", "tumbling(10s)": "tumbling(10s)",
      "cumulative 86400000000 3600000000 offset 0: sum": "cumulative 1d every 1h: sum",
      "gap 1800000000, max 43200000000: count": "gap 30m, max 12h: count",
      "count 10: sum": "count 10: sum", "per 86400000000": "per 1d",
      "within 600000000": "within 10m", "within 86400000000, strict": "within 1d, strict",
      "left, 604800000000 before, 0 after": "left, 7d before, 0s after",
      "expires after 2592000000000": "expires after 30d", "rows(5)": "rows 5 preceding",
      "time(600000000)": "10m preceding",
      "a = price > 5, b = paid: a, b, within 1h": "a = price > 5, b = paid: a, b, within 1h",
    ]
    for (stored, text) in shown { #expect(ParameterText.shown(stored) == text) }
  }

  @Test func `what would lose state is refused by name, until it is allowed`() throws {
    var changed = StateDeclaration.counts
    changed.parameters = "tumbling(1m)"
    let other = StateDeclaration(
      name: "seen", kind: .single, schema: Schema([Field("x", .int)]), keyColumns: 0)
    let decisions = StateDecision.all(
      stored: [
        OperatorStates(id: OperatorID("views.window"), states: [.counts]),
        OperatorStates(id: OperatorID("views.old"), states: [other]),
      ],
      declared: [
        OperatorStates(id: OperatorID("views.window"), states: [changed]),
        OperatorStates(id: OperatorID("views.fresh"), states: [other]),
      ])
    #expect(
      decisions.map(\.outcome) == [
        .changed(reason: "it was made with `tumbling(10s)`, now with `tumbling(1m)`"), .dropped,
        .new,
      ])
    let id = CheckpointID(epoch: Epoch(7), incarnation: 1)
    let error = #expect(throws: CheckpointError.self) {
      try StateDecision.refuseLoss(decisions, allowed: [], checkpoint: id)
    }
    #expect(error?.reason.contains("--allow-drop views.old --allow-drop views.window") == true)
    try StateDecision.refuseLoss(
      decisions, allowed: [OperatorID("views.old"), OperatorID("views.window")], checkpoint: id)
  }

  @Test(arguments: [("user", "$(lower(user))"), ("$(lower(user))", "$(upper(user))")])
  func `a key that is computed in another way is another one`(before: String, now: String) {
    func states(_ name: String) -> [OperatorStates] {
      let state = StateDeclaration(
        name: "s", kind: .keyed, schema: Schema([Field(name, .string)]), keyColumns: 1)
      return [OperatorStates(id: OperatorID("o"), states: [state])]
    }
    let decisions = StateDecision.all(stored: states(before), declared: states(now))
    #expect(
      decisions.map(\.outcome) == [.changed(reason: "its key was `\(before)` and is `\(now)`")])
    let same = StateDecision.all(stored: states(now), declared: states(now))
    #expect(same.map(\.outcome) == [.kept])
  }

  @Test(arguments: [
    ("views", DataType.string, "column `views` was int and is string"),
    ("gone", .int, "column `views` is gone"),
  ])
  func `a column that cannot be converted says why`(
    name: String, type: DataType, reason: String
  ) throws {
    var now = StateDeclaration.counts
    now.schema.fields[1] = Field(name, type, nullable: true)
    let decisions = StateDecision.all(
      stored: [OperatorStates(id: OperatorID("o"), states: [.counts])],
      declared: [OperatorStates(id: OperatorID("o"), states: [now])])
    #expect(decisions.map(\.outcome) == [.changed(reason: reason)])
  }
}
