import Columns
import KeyedState
import Operators
import Schemas

@testable import Dataflow

/// Asks the outside about each batch and puts it out when the answer comes.
final class AskOutside: Operator {
  private let isOrdered: Bool
  private let holds: Bool
  private var context: (any OperatorContext)?
  private var waiting: [Ticket: [Row]] = [:]

  init(ordered: Bool, holds: Bool) {
    isOrdered = ordered
    self.holds = holds
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard let context else { return .done }
    for row in Row.rows(batch) {
      let value = row.value
      let ticket = context.submit(ordered: isOrdered) { [UInt8(truncatingIfNeeded: value)] }
      waiting[ticket] = [row]
    }
    return .done
  }

  func completed(
    _ completion: Completion, output: any Output
  ) throws(OperatorError) -> Progress {
    guard let rows = waiting.removeValue(forKey: completion.ticket),
      rows.map({ UInt8(truncatingIfNeeded: $0.value) }) == completion.result
    else { throw OperatorError(stage: OperatorID("ask"), reason: "an answer to another question") }
    output.emit(Row.batch(rows), port: .main)
    return .done
  }

  var holdsBack: Bool { holds && !waiting.isEmpty }
}

/// Gives each row out again at its event time, and a mark a while later by the wall clock.
final class TwoTimers: Operator {
  static let wallDelay: Int64 = 3_000

  private var context: (any OperatorContext)?
  private var byEventTime: [Row] = []
  private(set) var nextWallTimer: Timestamp?

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    byEventTime += Row.rows(batch)
    if nextWallTimer == nil, let now = context?.now() {
      nextWallTimer = Timestamp(microseconds: now.microseconds + Self.wallDelay)
    }
    return .done
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    let due = byEventTime.filter { $0.time <= time.microseconds }.sorted { $0.time < $1.time }
    byEventTime.removeAll { $0.time <= time.microseconds }
    output.emit(Row.batch(due), port: .main)
    return .done
  }

  func wallTime(_ now: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    nextWallTimer = nil
    output.emit(Row.batch([Row(key: "wall", time: 0, value: 0)]), port: .main)
    return .done
  }
}

/// Has something to do again as soon as it has done it.
final class Restless: Operator {
  private var context: (any OperatorContext)?
  private(set) var nextWallTimer: Timestamp? = .beginning

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    output.emit(batch, port: .main)
    return .done
  }

  func wallTime(_ now: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    nextWallTimer = context.map { Timestamp(microseconds: $0.now().microseconds + 1) }
    return .done
  }

  func finish(_ output: any Output) throws(OperatorError) -> Progress {
    nextWallTimer = nil
    return .done
  }
}

/// Divides rows by their number: even ones go on, odd ones to `late`, multiples of ten to `errors`.
final class Divide: Operator {
  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    let rows = Row.rows(batch)
    output.emit(Row.batch(rows.filter { $0.value % 2 == 0 && $0.value % 10 != 0 }), port: .main)
    output.emit(Row.batch(rows.filter { $0.value % 2 == 1 }), port: .late)
    output.emit(Row.batch(rows.filter { $0.value % 10 == 0 }), port: .unmatched)
    precondition(!output.isRead(.failed), "nobody reads this port in the test")
    return .done
  }
}

/// Turns every row into a retraction and its replacement.
final class Revise: Operator {
  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    let rows = Row.rows(batch).flatMap { [$0, $0] }
    let revised = Row.batch(rows)
    let kinds = ColumnBuilder(.int)
    for index in rows.indices {
      let kind: RowKind = index % 2 == 0 ? .updateBefore : .updateAfter
      kinds.append(int: kind.rawValue)
    }
    revised.hidden.rowKinds = kinds.finish()
    output.emit(revised, port: .main)
    return .done
  }
}

/// Adds what it gets, taking off retractions: 0 for each pair.
final class SumKinds: Operator {
  private let diary: Diary
  private let worker: Int

  init(_ diary: Diary, worker: Int) {
    self.diary = diary
    self.worker = worker
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard let kinds = batch.hidden.rowKinds else { return .done }
    let rows = batch.selection?.rowNumbers ?? Array(0..<batch.rowCount)
    for (number, row) in zip(rows, Row.rows(batch)) {
      let isOld = RowKind.takesBack(kinds.ints[number])
      diary.write(worker, "\(row.key) \(isOld ? "-" : "+")\(row.value)")
    }
    output.emit(batch, port: .main)
    return .done
  }
}

/// Writes every row to its journal and puts it out once that is durable.
final class Journaled: Operator {
  private let replayed: Diary
  private let byKey: Bool
  private var context: (any OperatorContext)?
  private var waiting: [Ticket: [Row]] = [:]

  init(_ replayed: Diary, byKey: Bool = false) {
    self.replayed = replayed
    self.byKey = byKey
  }

  var needsJournal: Bool { true }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard let journal = context?.journal else { return .done }
    for row in Row.rows(batch) {
      waiting[journal.append(Array("\(row.value)".utf8), of: byKey ? row.keyGroup : nil)] = [row]
    }
    return .done
  }

  func completed(
    _ completion: Completion, output: any Output
  ) throws(OperatorError) -> Progress {
    output.emit(Row.batch(waiting.removeValue(forKey: completion.ticket) ?? []), port: .main)
    return .done
  }

  func replay(_ entry: [UInt8]) throws(OperatorError) {
    replayed.write(context?.worker ?? 0, String(decoding: entry, as: UTF8.self))
  }

  var holdsBack: Bool { !waiting.isEmpty }
}

/// One state of each of the kinds that are no keys: counts what it restored.
final class FourStates: Operator {
  private let diary: Diary
  private var context: (any OperatorContext)?
  private var partition: PartitionID

  init(_ diary: Diary, partition: PartitionID) {
    self.diary = diary
    self.partition = partition
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  var states: [StateDeclaration] {
    [("single", .single), ("replicated", .replicated), ("list", .list), ("partition", .partition)]
      .map { name, kind in
        StateDeclaration(name: name, kind: kind, schema: Row.schema, keyColumns: 0)
      }
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    output.emit(batch, port: .main)
    return .done
  }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      for row in Row.rows(block.rows) {
        diary.write(context?.worker ?? 0, "\(block.state) \(row.value)")
      }
    }
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    let worker = context?.worker ?? 0
    func block(_ state: String, _ scope: StateScope, _ value: Int) -> StateBlock {
      StateBlock(
        state: state, scope: scope,
        rows: Row.batch([Row(key: "", time: 0, value: Int64(value))]))
    }
    var blocks = [block("list", .whole, 10 + worker)]
    if worker == 0 {
      blocks += [
        block("single", .whole, 1), block("replicated", .whole, 2),
        block("partition", .partition(partition), 3),
      ]
    }
    return BlockSnapshot(blocks)
  }
}
