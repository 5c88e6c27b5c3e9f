import Columns
import KeyedState
import Operators
import Plans
import Platform
import Schemas
import Synchronization
import Testing

@testable import Dataflow

/// The points of the operator contract that have state behind them: keyed states and timers, answers
/// that hold nothing back, and chance. Each through crashes, at changing parallelism, in both worlds.
struct StatefulContractTests {
  /// source → (by key) step → hold → sink: `hold` keeps each barrier up for a while.
  static func plan(_ step: String) -> PhysicalPlan {
    var plan = PlanWriter()
    let source = plan.source()
    let made = plan.step(step, .byKey(source))
    let hold = plan.step("hold", .from(made))
    _ = plan.sink("out", .from(hold))
    return plan.plan
  }

  /// What counts of three lives, each but the last ended by a crash some time behind a checkpoint.
  func lives(
    _ plan: PhysicalPlan, _ rows: [[Row]], in world: World,
    until isComplete: ([Row]) -> Bool, operators: [String: TestMaker.Make]
  ) throws -> [Row] {
    var random = SeededGenerator(seed: world.seed &+ 11)
    let topic = MemoryTopic(rows.map { _ in [] }, bounded: false, seed: world.seed)
    var operators = operators
    operators["hold"] = { _ in AskOutside(ordered: true, holds: true) }
    var counted: [Row] = []
    var restored: Restored?
    for life in 0..<3 {
      for (number, rows) in rows.enumerated() {
        let third = rows.count / 3
        topic.append(
          Array(life == 2 ? rows[(2 * third)...] : rows[(life * third)..<((life + 1) * third)]),
          to: number)
      }
      let workers = (life + Int(world.seed)) % 3 + 1
      let epoch = Epoch(UInt64(life))
      let table = MemoryTable(roomEvery: 2)
      let run = try TestRun(
        plan, in: world, knobs: TestRun.Knobs(workers: workers, batchRows: 4, epoch: epoch),
        sources: ["events": topic], sinks: ["out": table], operators: operators,
        restored: restored)
      defer { run.job.stop() }
      if life == 2 {
        run.run(until: { isComplete(counted + table.rows) || !run.log.failures.isEmpty })
        counted += table.rows
      } else {
        let enough = Int.random(in: 0...20, using: &random)
        run.run(until: { table.rows.count >= enough || !run.log.failures.isEmpty })
        restored = try run.checkpoint(epoch.next, workers: workers)
        counted += table.contents.withLock { contents in
          contents.prepared.values.flatMap { $0[epoch.next] ?? [] }
        }
      }
      #expect(run.log.failures.isEmpty, "\(run.log.failures)")
    }
    return counted
  }

  static let worlds: [World] = [.threads] + World.seeds(25).map { .simulated(seed: $0) }

  /// Two names of one key group, for each of a few partitions.
  static let pairs: [(String, String)] = {
    var pairs: [(String, String)] = []
    var names: [KeyGroup: String] = [:]
    for number in 0... {
      let name = "k\(number)"
      let group = Row.stateKey(name).keyGroup
      if let other = names.removeValue(forKey: group) {
        pairs.append((other, name))
        if pairs.count == 3 { break }
      } else {
        names[group] = name
      }
    }
    return pairs
  }()

  static var partners: [String: String] {
    Dictionary(uniqueKeysWithValues: pairs.flatMap { [($0, $1), ($1, $0)] })
  }

  /// A partition for each pair of keys, with long silences of a key and merges.
  static func ledgerRows(_ seed: UInt64) -> [[Row]] {
    var random = SeededGenerator(seed: seed)
    return pairs.map { first, second in
      var time: Int64 = 0
      return (0..<60).map { index in
        time += Int64.random(in: 0...80, using: &random)
        let isMerge = Int.random(in: 0..<8, using: &random) == 0
        return Row(
          key: Bool.random(using: &random) ? first : second, time: time,
          value: isMerge ? -1 - Int64(index) : Int64(index))
      }
    }
  }

  @Test(arguments: worlds)
  func `named keyed states expire and merge, through crashes and at any parallelism`(
    world: World
  ) throws {
    let rows = Self.ledgerRows(world.seed)
    let partners = Self.partners
    let output = try lives(
      Self.plan("ledger"), rows, in: world, until: { $0.count == 180 },
      operators: ["ledger": { _ in Ledger(partners: partners) }])
    var model = LedgerModel(partners: partners)
    let expected = rows.joined().map { model.take($0) }
    #expect(output.sorted() == expected.sorted())
    // The order of a key's rows is that of its partition.
    let byKey = Dictionary(grouping: output, by: \.key)
    #expect(byKey == Dictionary(grouping: expected, by: \.key))
  }

  @Test(arguments: worlds)
  func `keyed timers of both domains fire once, through crashes and at any parallelism`(
    world: World
  ) throws {
    let rows = FirstJobTests.rows(partitions: 3, each: 45)
    // Of the last rows the watermark does not pass the timers.
    let due = Set(rows.joined().filter { $0.time + KeyedTimers.eventDelay <= 440 })
    func told(_ output: [Row]) -> Int64 {
      output.reduce(0) { $0 + ($1.key.hasPrefix("wall") ? $1.value : 0) }
    }
    func fired(_ output: [Row]) -> [Row] { output.filter { !$0.key.hasPrefix("wall") } }
    let output = try lives(
      Self.plan("timers"), rows, in: world,
      until: { told($0) >= 135 && fired($0).count >= due.count },
      operators: ["timers": { _ in KeyedTimers() }])
    #expect(told(output) == 135)
    #expect(fired(output).sorted() == due.sorted())
    for (_, own) in Dictionary(grouping: fired(output), by: \.key) {
      #expect(own == own.sorted { $0.time < $1.time })
    }
  }

  @Test(arguments: worlds)
  func `answers that hold no barrier are neither lost nor doubled by a crash`(
    world: World
  ) throws {
    let rows = FirstJobTests.rows(partitions: 3, each: 45)
    let output = try lives(
      Self.plan("ask"), rows, in: world, until: { $0.count >= 135 },
      operators: ["ask": { _ in AskFreely() }])
    #expect(output.sorted() == rows.joined().sorted())
  }

  @Test(arguments: World.both)
  func `chance comes from the context, and replays with the seed of a simulation`(
    world: World
  ) throws {
    func luck() throws -> [Row] {
      let table = MemoryTable()
      let run = try TestRun(
        ContractTests.plan("dice"), in: world,
        sources: ["events": MemoryTopic(ContractTests.input, seed: world.seed)],
        sinks: ["out": table], operators: ["dice": { _ in Dice() }])
      run.runToEnd()
      run.job.stop()
      return table.rows
    }
    let first = try luck()
    #expect(Set(first.map(\.value)).count == 180)
    guard case .simulated = world else { return }
    #expect(try luck() == first)
  }
}

/// What a ledger says, from plain lists.
private struct LedgerModel {
  struct Entry {
    var sum: (value: Int64, written: Int64)?
    var rows: [(time: Int64, value: Int64)] = []
  }

  let partners: [String: String]
  var entries: [String: Entry] = [:]

  mutating func take(_ row: Row) -> Row {
    var entry = entries[row.key] ?? Entry()
    if row.value < 0 {
      if let other = partners[row.key].flatMap({ entries.removeValue(forKey: $0) }) {
        if let sum = other.sum, entry.sum.map({ $0.written <= sum.written }) ?? true {
          entry.sum = sum
        }
        entry.rows += other.rows
      }
    } else {
      let sum = Self.living(entry.sum, row.time)
      entry.sum = (sum + row.value, row.time)
      entry.rows.append((row.time, row.value))
    }
    entries[row.key] = entry
    let near = entry.rows.count { row.time - Ledger.span <= $0.time && $0.time <= row.time }
    return Row(
      key: row.key, time: row.time,
      value: Ledger.reading(
        sum: Self.living(entry.sum, row.time), trail: entry.rows.count,
        digits: Set(entry.rows.map { $0.value % 10 }).count, near: near))
  }

  private static func living(_ sum: (value: Int64, written: Int64)?, _ time: Int64) -> Int64 {
    guard let sum, time - sum.written < Ledger.timeToLive else { return 0 }
    return sum.value
  }
}
