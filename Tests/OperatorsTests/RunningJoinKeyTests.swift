import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Joins of two streams that update, each by a key: the result updates by both, so who reads it by
/// that key has one row of each at any time, and in the end those of the join.
struct RunningJoinKeyTests {
  private static let kinds: [JoinSpec.Kind] = [.inner, .left, .right, .full, .semi, .anti]

  @Test(arguments: JoinPropertyTests.seeds)
  func `the result updates by its key`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 91 &+ 5)
    let model = JoinModel(
      kind: Self.kinds[Int(seed % 6)], before: .max, after: .max, keys: 1)
    var run = try KeyedJoinRun(model, seed: seed, random: &random)
    for _ in 0..<40 { try run.round(&random) }
    try run.releaseAll()
    #expect(run.table.problems == [])
    let want = model.results(Array(run.rows.values)).map { "\($0.dropFirst())" }.sorted()
    #expect(run.table.rows.values.sorted() == want)
  }
}

/// What a reader holds who knows rows by their key.
private struct KeyedRows {
  private let key: [Int]
  private(set) var rows: [String: String] = [:]
  private(set) var problems: [String] = []

  init(key: [Int]) { self.key = key }

  mutating func apply(_ batch: Batch) {
    var before: String?
    for (row, cells) in batch.cells.enumerated() {
      let (name, text) = ("\(key.map { cells[$0] })", "\(cells[...])")
      let kind = batch.kind(row)
      if (kind == .updateAfter) != (before != nil) { problems.append("a half alone: \(text)") }
      if kind == .updateAfter, before != name { problems.append("an update of \(before ?? "")") }
      before = kind == .updateBefore ? name : nil
      if batch.takesBack(row) {
        if rows[name] != text { problems.append("not there: \(text), but \(rows[name] ?? "")") }
        rows[name] = nil
      } else {
        if rows[name] != nil { problems.append("two of a key: \(text)") }
        rows[name] = text
      }
    }
    if before != nil { problems.append("a batch ends in the middle of an update") }
  }
}

private struct KeyedJoinRun {
  /// Rows of a side, each with its own key.
  private static let slots: UInt64 = 9
  private static let texts: [Cell] = ["a", "b", .null]

  private let model: JoinModel
  private let stage: Stage
  private var number = 0
  /// By side and slot.
  private(set) var rows: [Int: JoinRow] = [:]
  private(set) var table: KeyedRows

  init(_ model: JoinModel, seed: UInt64, random: inout SeededRandom) throws {
    self.model = model
    let isFilter = model.kind == .semi || model.kind == .anti
    let plan = PhysicalRunningJoin(
      join: model.plan,
      running: RunningJoinSpec(
        leftUpdates: true, rightUpdates: true, expiry: nil, mode: .updates(key: nil)),
      pairs: isFilter ? ["k", "n"] : ["k", "n", "m"], origin: "")
    let step = PhysicalOperator(
      id: OperatorID("test"), kind: .runningJoin(plan), inputs: [], schema: model.result,
      segment: 0)
    let op = try RunningJoinOperator(
      step, plan, inputs: [JoinModel.left, JoinModel.right],
      rowLimit: random.next() % 2 == 0 ? 4_096 : 1 + Int(random.next() % 5))
    stage = try Stage(op, output: CollectingOutput(scarcity: 1 + seed % 4, seed: seed))
    table = KeyedRows(
      key: model.columns.indices.filter { plan.pairs.contains(model.columns[$0].name) })
  }

  /// A batch of a side: rows come, go, and are updated.
  mutating func round(_ random: inout SeededRandom) throws {
    let side = Int(random.next() % 2)
    var sent: [(row: JoinRow, kind: RowKind)] = []
    for _ in 0..<1 + random.next() % 12 {
      let slot = Int(random.next() % Self.slots)
      let place = slot * 2 + side
      let old = rows[place]
      if let old { sent.append((old, random.next() % 3 == 0 ? .delete : .updateBefore)) }
      guard old == nil || sent[sent.count - 1].kind == .updateBefore else {
        rows[place] = nil
        continue
      }
      number += 1
      let row = JoinRow(
        side: side, keys: [Self.texts[slot % 3], .null], number: Int64(slot),
        text: random.next() % 3 == 0 ? nil : "\(random.next() % 3)", time: 0, mark: .min,
        place: Int64(number))
      rows[place] = row
      sent.append((row, old == nil ? .insert : .updateAfter))
    }
    let batch = JoinModel.batch(sent.map(\.row), side, coded: number % 2 == 0)
    batch.hidden.rowKinds = .kinds(sent.map(\.kind))
    try stage.process(batch, input: side)
    read()
    if random.next() % 3 == 0, stage.hasMore {
      try stage.release()
      read()
    }
  }

  mutating func releaseAll() throws {
    while stage.hasMore {
      try stage.release()
      read()
    }
  }

  private mutating func read() {
    for batch in stage.output.take() { table.apply(batch) }
  }
}
