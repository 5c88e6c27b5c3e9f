import Columns
import KeyedState
import Schemas

/// The answers of rows that a checkpoint holds, of a stage without a journal: rows that have theirs
/// and wait behind others keep it, and nobody is asked, or paid, for them again behind a restart.
///
/// They lie in the key group in which the rows lie that they are for, so both come to one worker.
struct KeptAnswers {
  private let form: AnswerForm
  /// What a checkpoint says of rows that have not been taken out of it.
  private var kept: [RowIdentity: [WrittenAnswer]] = [:]

  init(_ form: AnswerForm) { self.form = form }

  /// An entry that this program does not know is of no use, and its row is asked about.
  mutating func restore(_ entry: [UInt8]) {
    guard let answer = WrittenAnswer(decoding: entry) else { return }
    kept[answer.identity, default: []].append(answer)
  }

  /// All rows of the checkpoint are there.
  mutating func removeAll() { kept = [:] }

  /// What a row of the checkpoint was answered. Rows that are equal take their answers in turn.
  mutating func take(_ piece: AskedRows, _ row: Int) -> FoundRow? {
    guard !kept.isEmpty else { return nil }
    identify(piece)
    return kept[piece.identities[row]]?.popLast().flatMap { form.found($0) }
  }

  /// As a state: the answers of rows that have not left.
  func blocks(_ answered: [AnswerJournal.Given], _ context: any OperatorContext) -> [StateBlock] {
    let now = context.now()
    let entries = answered.map { given in
      identify(given.piece)
      return form.written(
        given.found, of: given.piece.identities[given.row], number: max(context.random(), 1),
        at: now
      ).bytes
    }
    return AnswerForm.blocks(entries, of: KeyGroup(UInt16(context.keyGroups.lowerBound)))
  }

  private func identify(_ piece: AskedRows) {
    if piece.identities.isEmpty { piece.identities = form.identities(of: piece.rows) }
  }
}
