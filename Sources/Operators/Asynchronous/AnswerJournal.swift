import Columns
import KeyedState
import Plans
import Schemas

/// Writes the answers of a stage's rows down before the rows leave, so that a row that is read
/// again behind a restart gets the answer that it had.
///
/// A row that leaves has its answer in the journal of its own epoch or in a checkpoint since, and
/// in both under the row's identity. What was written before a restart is in the book until its row
/// has come and a barrier has passed: then it is written anew, or its row is before the barrier.
struct AnswerJournal {
  /// What a row will be answered with when that is durable.
  struct Given {
    var piece: AskedRows
    var row: Int
    var found: FoundRow
  }

  /// For so long answers are kept of rows that do not come again, in microseconds: a day, and an
  /// hour where another row may be taken for one of them, as its time does not count.
  private var memory: Int64 { (form.isTimed ? 24 : 1) * 3_600_000_000 }

  private let id: OperatorID
  private let book: AnswerBook
  private let form: AnswerForm
  /// The last barrier that has passed.
  private var epoch = Epoch(0)
  private(set) var bell: Ticket?
  private var isOpen = false
  /// Rows that came before the book was whole.
  private var early: [AskedRows] = []
  private var fresh: [Given] = []
  private var rounds: [Ticket: [Given]] = [:]

  init(_ id: OperatorID, _ form: AnswerForm, _ book: AnswerBook) {
    self.id = id
    self.form = form
    self.book = book
  }

  /// Puts an answer that was written before into the book.
  func replay(_ entry: [UInt8]) throws(OperatorError) {
    guard let answer = WrittenAnswer(decoding: entry) else {
      throw OperatorError(
        stage: id,
        reason: "its journal holds an entry that this program does not know: it was written by "
          + "a newer raudal, go on with that one")
    }
    book.add(answer)
  }

  /// To be called whenever the stage is: what this worker knew is in the book now. The rows that
  /// may be answered since it is whole.
  mutating func settle(_ context: any OperatorContext) -> [AskedRows] {
    if bell == nil {
      let (ticket, ring) = context.expect()
      bell = ticket
      book.join(of: context.workers, bell: ring)
    }
    guard !isOpen, book.isWhole else { return [] }
    isOpen = true
    defer { early = [] }
    return early
  }

  /// Whether these rows have to wait until the book is whole.
  mutating func keepsWaiting(_ piece: AskedRows) -> Bool {
    piece.identities = form.identities(of: piece.rows)
    piece.numbers = Array(repeating: 0, count: piece.rows.rowCount)
    if !isOpen { early.append(piece) }
    return !isOpen
  }

  /// What a row was answered before, with the number of that answer.
  func known(_ piece: AskedRows, _ row: Int) -> (found: FoundRow, number: UInt64)? {
    guard let answer = book.take(piece.identities[row], in: epoch),
      let found = form.found(answer)
    else { return nil }
    return (found, answer.number)
  }

  mutating func write(_ given: Given, number: UInt64) {
    // Zero says that there is none.
    given.piece.numbers[given.row] = max(number, 1)
    fresh.append(given)
  }

  /// Appends what was given since the last time. Where there is no journal, as in a look at what a
  /// pipeline does, that can be given at once, and is returned.
  mutating func append(_ context: any OperatorContext) -> [Given] {
    guard !fresh.isEmpty else { return [] }
    defer { fresh = [] }
    guard let journal = context.journal else { return fresh }
    let now = context.now()
    let lines = fresh.map { given in
      let answer = answer(given, at: now)
      return JournalLine(answer.bytes, of: KeyGroup(hash: answer.identity.digest))
    }
    rounds[journal.append(lines)] = fresh
    return []
  }

  /// What may be given since its entries are durable; nil if the ticket is none of theirs.
  mutating func durable(_ ticket: Ticket) -> [Given]? { rounds.removeValue(forKey: ticket) }

  /// As a state: what was written before and is still in the book, and what rows have been given
  /// that have not left. `answered`: those among these whose answers are durable.
  mutating func blocks(
    at barrier: Epoch, answered: [Given], _ context: any OperatorContext
  ) -> [StateBlock] {
    epoch = barrier
    let now = context.now()
    let left = book.left(
      of: context.keyGroups, at: barrier, since: now.microseconds &- memory)
    var groups: [KeyGroup: [[UInt8]]] = [:]
    for answer in left {
      groups[KeyGroup(hash: answer.identity.digest), default: []].append(answer.bytes)
    }
    let own = answered.filter { $0.piece.numbers[$0.row] != 0 } + fresh + rounds.values.joined()
    let first = KeyGroup(UInt16(context.keyGroups.lowerBound))
    groups[first, default: []] += own.map { answer($0, at: now).bytes }
    return groups.keys.sorted().flatMap { AnswerForm.blocks(groups[$0] ?? [], of: $0) }
  }

  /// Nobody wants rows any more.
  mutating func letGo() { (early, fresh, rounds) = ([], [], [:]) }

  private func answer(_ given: Given, at time: Timestamp) -> WrittenAnswer {
    form.written(
      given.found, of: given.piece.identities[given.row],
      number: given.piece.numbers[given.row], at: time)
  }
}
