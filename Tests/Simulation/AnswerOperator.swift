import Columns
import Instruments
import KeyedState
import Operators
import Schemas
import TestKit

/// What a simulated operator has told the outside world, over all processes: an answer once told
/// must never change.
package final class Outside: @unchecked Sendable {
  private(set) var told: [Int64: Int64] = [:]
  package private(set) var violations: [String] = []
  /// Entries given back at a restore.
  package private(set) var replayed = 0
  /// Of those, the ones that came to another worker than the one that wrote them.
  package private(set) var moved = 0

  /// Tasks that were done.
  private var carriedOut: Set<String> = []

  package init() {}

  func carryOut(_ task: String, isOnce: Bool) {
    let isNew = carriedOut.insert(task).inserted
    if isOnce, !isNew { complain("task \(task) was done twice") }
  }

  func isCarriedOut(_ task: String) -> Bool { carriedOut.contains(task) }

  func tell(_ id: Int64, _ answer: Int64) {
    if let before = told[id], before != answer { complain("row \(id) was answered twice") }
    told[id] = answer
  }

  func replay(movedFrom writer: Int, to worker: Int) {
    replayed += 1
    if writer != worker { moved += 1 }
  }

  func complain(_ line: String) { violations.append(line) }
}

/// Gives every row an answer by chance, which it journals before it tells anyone: so a row that is
/// read again gets the same answer.
///
/// An entry carries its number among those of its key, so that one too many or too few at a restore
/// is seen at once.
final class AnswerOperator: Operator {
  static let schema = Schema([Field("key", .string), Field("id", .int), Field("answer", .int)])
  static let state = StateDeclaration(
    name: "answers", kind: .keyed,
    schema: Schema([
      Field("key", .string), Field("id", .int), Field("answer", .int),
    ]), keyColumns: 2)
  /// Stands for an id in the row that has the number of a key's entries for its answer.
  private static let countRow: Int64 = -1

  private struct Answer {
    var key: String
    var id: Int64
    var answer: Int64

    var row: [Cell] { [.text(key), .int(id), .int(answer)] }
  }

  private let outside: Outside
  private var context: (any OperatorContext)?
  /// Entries of each key, in state or journal.
  private var counts: [String: Int64] = [:]
  private var restoredCounts: [String: Int64] = [:]
  /// Answers whose rows have not come again.
  private var known: [Int64: Answer] = [:]
  private var waiting: [Ticket: Answer] = [:]

  init(_ outside: Outside) { self.outside = outside }

  var states: [StateDeclaration] { [Self.state] }
  var needsJournal: Bool { true }
  var holdsBack: Bool { !waiting.isEmpty }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      for cells in block.rows.cells {
        guard case .int(let id) = cells[1], case .int(let answer) = cells[2] else { continue }
        let key = cells[0].plain
        if id == Self.countRow {
          counts[key] = answer
        } else {
          known[id] = Answer(key: key, id: id, answer: answer)
        }
      }
    }
    restoredCounts = counts
  }

  func replay(_ entry: [UInt8]) throws(OperatorError) {
    let parts = String(decoding: entry, as: UTF8.self).split(separator: "|")
    let numbers = parts.dropFirst().compactMap { Int64($0) }
    guard let key = parts.first.map(String.init), numbers.count == 4, let context else {
      return outside.complain("\(parts) is no entry")
    }
    let (id, answer, number) = (numbers[0], numbers[1], numbers[2])
    outside.replay(movedFrom: Int(numbers[3]), to: context.worker)
    if !context.keyGroups.contains(Int(Self.keyGroup(key).number)) {
      outside.complain("entry \(number) of \(key) came to worker \(context.worker)")
    }
    if number <= restoredCounts[key] ?? 0 {
      outside.complain("entry \(number) of \(key) came again behind the state that holds it")
    }
    let count = counts[key] ?? 0
    // A process that was taken over may leave entries beside its successor's.
    if number > count + 1 { outside.complain("entry \(number) of \(key) came behind \(count)") }
    counts[key] = max(count, number)
    known[id] = Answer(key: key, id: id, answer: answer)
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard let context, let journal = context.journal else { return .done }
    var ready: [Answer] = []
    for cells in batch.cells {
      guard case .int(let id) = cells[2] else { continue }
      let key = cells[0].plain
      if let answer = known.removeValue(forKey: id) {
        ready.append(answer)
        continue
      }
      let number = (counts[key] ?? 0) + 1
      counts[key] = number
      let answer = Int64(context.random() % 1_000_000)
      let entry = "\(key)|\(id)|\(answer)|\(number)|\(context.worker)"
      let ticket = journal.append(Array(entry.utf8), of: Self.keyGroup(key))
      waiting[ticket] = Answer(key: key, id: id, answer: answer)
    }
    context.metrics.rowsIn.add(batch.selectedCount)
    context.metrics.absorbed.add(batch.selectedCount)
    emit(ready, output)
    return .done
  }

  func completed(
    _ completion: Completion, output: any Output
  ) throws(OperatorError) -> Progress {
    if let answer = waiting.removeValue(forKey: completion.ticket) { emit([answer], output) }
    return .done
  }

  func finish(_ output: any Output) throws(OperatorError) -> Progress {
    if let left = known.values.first {
      outside.complain("the answer to row \(left.id) came back, and the row did not")
    }
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    let rows =
      counts.map { Answer(key: $0.key, id: Self.countRow, answer: $0.value) } + known.values
    let sorted = rows.sorted { ($0.key, $0.id) < ($1.key, $1.id) }
    return RowSnapshot(
      sorted.map { ($0.key, $0.row) }, of: Self.state, isDelta: false)
  }

  private func emit(_ answers: [Answer], _ output: any Output) {
    guard !answers.isEmpty else { return }
    for answer in answers { outside.tell(answer.id, answer.answer) }
    context?.metrics.made.add(answers.count)
    context?.metrics.rowsOut.add(answers.count)
    output.emit(Batch(Self.schema, answers.map(\.row)), port: .main)
  }

  private static func keyGroup(_ key: String) -> KeyGroup {
    var key = key
    return KeyGroup(hash: key.withUTF8 { KeyHasher.hash(text: $0) })
  }
}
