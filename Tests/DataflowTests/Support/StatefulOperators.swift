import Columns
import KeyedState
import Operators
import Schemas

@testable import Dataflow

/// Several keyed states as one snapshot, and blocks back to the state whose name they bear.
struct StateSet {
  let states: [any MergeableState]

  var declarations: [StateDeclaration] { states.map(\.declaration) }

  func snapshot(full: Bool) -> any StateSnapshot {
    JoinedSnapshot(states.map { $0.snapshot(full: full) }, isDelta: !full)
  }

  func restore(_ block: StateBlock) {
    for state in states where state.declaration.name == block.state { state.restore(block) }
  }
}

extension Row {
  static func keys(_ batch: Batch) -> [StateKey] {
    StateKey.keys(of: [batch.columns[0]], in: batch)
  }

  static func stateKey(_ name: String) -> StateKey {
    let batch = Row.batch([Row(key: name, time: 0, value: 0)])
    return keys(batch)[0]
  }

  static func name(_ key: StateKey) -> String {
    guard case .text(let bytes)? = key.values.first else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// All four keyed states, an expiry, and a merge: each row gives a number in which all of them
/// show. A negative value makes the state of the key's partner part of the key's own.
final class Ledger: Operator {
  static let timeToLive: Int64 = 120
  static let span: Int64 = 60

  private let partners: [String: String]
  private let sum = ValueState(
    "sum", keys: [Row.schema[0]], values: [Field("value", .int)], timeToLive: Ledger.timeToLive)
  private let trail = ListState("trail", keys: [Row.schema[0]], values: [Field("value", .int)])
  private let digits = MapState(
    "digits", keys: [Row.schema[0]], entry: Field("digit", .int), values: [Field("count", .int)])
  private let times = SortedState("times", keys: [Row.schema[0]], values: [Field("value", .int)])
  private var context: (any OperatorContext)?
  private var nextGroup = 0

  /// A key's partner must lie in its key group.
  init(partners: [String: String]) { self.partners = partners }

  private var kept: StateSet { StateSet(states: [sum, trail, digits, times]) }

  var states: [StateDeclaration] { kept.declarations }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    var out: [Row] = []
    for (key, row) in zip(Row.keys(batch), Row.rows(batch)) {
      guard let groups = context?.keyGroups, groups.contains(Int(key.keyGroup.number)) else {
        throw OperatorError(stage: OperatorID("ledger"), reason: "\(row) is another worker's")
      }
      if row.value < 0 {
        if let partner = partners[row.key] {
          for state in kept.states { state.merge(Row.stateKey(partner), into: key) }
        }
      } else {
        add(row, key)
      }
      out.append(Row(key: row.key, time: row.time, value: reading(row, key)))
    }
    output.emit(Row.batch(out), port: .main)
    return .done
  }

  private func add(_ row: Row, _ key: StateKey) {
    let time = Timestamp(microseconds: row.time)
    sum.set(key, [.int(Self.int(sum.value(key, at: time)) + row.value)], at: time)
    trail.append(key, [.int(row.value)], at: time)
    let digit = StateValue.int(row.value % 10)
    digits.set(key, digit, [.int(Self.int(digits.value(key, digit, at: time)) + 1)], at: time)
    times.insert(
      key, SortedState.Place(time: time, lane: 0, place: row.value), [.int(row.value)], at: time)
  }

  private func reading(_ row: Row, _ key: StateKey) -> Int64 {
    let time = Timestamp(microseconds: row.time)
    let from = Timestamp(microseconds: row.time - Self.span)
    return Self.reading(
      sum: Self.int(sum.value(key, at: time)), trail: trail.all(key, at: time).count,
      digits: digits.all(key, at: time).count, near: times.rows(key, from...time, at: time).count)
  }

  static func reading(sum: Int64, trail: Int, digits: Int, near: Int) -> Int64 {
    ((sum * 1_000 + Int64(trail)) * 100 + Int64(digits)) * 1_000 + Int64(near)
  }

  private static func int(_ values: [StateValue]?) -> Int64 {
    if case .int(let value)? = values?.first { value } else { 0 }
  }

  /// Clears up a few key groups at a time; nobody sees a difference.
  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    for _ in 0..<64 {
      sum.removeExpired(at: time, keyGroup: KeyGroup(UInt16(nextGroup)))
      nextGroup = (nextGroup + 1) % KeyGroup.count
    }
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? { kept.snapshot(full: full) }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() { kept.restore(block) }
  }
}

/// Timers of each key in both domains: a row is given out again a while after its event time, and
/// by the wall clock it is told now and then how many rows of the key came since.
final class KeyedTimers: Operator {
  static let eventDelay: Int64 = 50
  static let wallDelay: Int64 = 2_000

  private let timers = TimerTable("timers", keys: [Row.schema[0]])
  private let counts = ValueState(
    "counts", keys: [Row.schema[0]], values: [Field("count", .int)])
  private var context: (any OperatorContext)?

  var states: [StateDeclaration] { [timers.declaration, counts.declaration] }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard let now = context?.now() else { return .done }
    for (key, row) in zip(Row.keys(batch), Row.rows(batch)) {
      let due = Timestamp(microseconds: row.time + Self.eventDelay)
      timers.set(key, at: due, .event, purpose: row.value)
      var count: Int64 = 0
      if case .int(let value)? = counts.value(key, at: now)?.first { count = value }
      if count == 0 {
        timers.set(key, at: Timestamp(microseconds: now.microseconds + Self.wallDelay), .wall)
      }
      counts.set(key, [.int(count + 1)], at: now)
    }
    return .done
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    var due: [Row] = []
    while let timer = timers.popDue(.event, at: time) {
      due.append(
        Row(
          key: Row.name(timer.key), time: timer.time.microseconds - Self.eventDelay,
          value: timer.purpose))
    }
    output.emit(Row.batch(due), port: .main)
    return .done
  }

  var nextWallTimer: Timestamp? { timers.next(.wall) }

  func wallTime(_ now: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    var told: [Row] = []
    while let timer = timers.popDue(.wall, at: now) {
      if case .int(let count)? = counts.value(timer.key, at: now)?.first {
        told.append(Row(key: "wall \(Row.name(timer.key))", time: 0, value: count))
      }
      counts.clear(timer.key)
    }
    output.emit(Row.batch(told), port: .main)
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    JoinedSnapshot(
      [timers.snapshot(full: full), counts.snapshot(full: full)], isDelta: !full)
  }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      if block.state == "timers" { timers.restore(block) } else { counts.restore(block) }
    }
    timers.finishRestore()
  }
}

/// Asks the outside about each row and lets barriers and watermarks pass meanwhile: what waits for
/// its answer is in the snapshot, and asked again behind a restore.
final class AskFreely: Operator {
  private let waitingRows = StateDeclaration(
    name: "list", kind: .list, schema: Row.schema, keyColumns: 0)
  private var context: (any OperatorContext)?
  private var waiting: [(ticket: Ticket, row: Row)] = []

  var states: [StateDeclaration] { [waitingRows] }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    ask(Row.rows(batch))
    return .done
  }

  private func ask(_ rows: [Row]) {
    guard let context else { return }
    for row in rows { waiting.append((context.submit(ordered: false) { [] }, row)) }
  }

  func completed(
    _ completion: Completion, output: any Output
  ) throws(OperatorError) -> Progress {
    guard let place = waiting.firstIndex(where: { $0.ticket == completion.ticket }) else {
      throw OperatorError(stage: OperatorID("ask"), reason: "an answer to no question")
    }
    output.emit(Row.batch([waiting.remove(at: place).row]), port: .main)
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    guard !waiting.isEmpty else { return nil }
    return BlockSnapshot([
      StateBlock(state: "list", scope: .whole, rows: Row.batch(waiting.map(\.row)))
    ])
  }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() { ask(Row.rows(block.rows)) }
  }
}

/// Gives every row a number of its own luck.
final class Dice: Operator {
  private var context: (any OperatorContext)?

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    let rows = Row.rows(batch).map { row in
      let luck = context.map { Int64(truncatingIfNeeded: $0.random() >> 1) } ?? 0
      return Row(key: row.key, time: row.time, value: luck)
    }
    output.emit(Row.batch(rows), port: .main)
    return .done
  }
}
