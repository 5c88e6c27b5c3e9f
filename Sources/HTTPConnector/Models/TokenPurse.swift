import Columns
import Connectors
import Plans
import Synchronization

/// Pays for the calls of one client, where its model has a budget.
final class TokenPurse: Sendable {
  /// Rows that may be asked for, and who pays what for them.
  struct Part: Sendable {
    var rows: [Int]
    fileprivate var payer: [UInt8] = []
    fileprivate var reserved: Int64 = 0
  }

  private let budgets: TokenBudgets?
  /// The column of the payer.
  private let column: Int?
  /// What calls under way are taken for, by payer.
  private let reserved = Mutex<[[UInt8]: Int64]>([:])

  init(_ model: ModelSpec, _ budgets: TokenBudgets?) {
    self.budgets = budgets
    column = model.remote?.budget?.column == nil ? nil : model.inputs.count
  }

  /// Rows by who pays for them.
  func byPayer(_ rows: Batch) -> [[Int]] {
    guard let column, rows.rowCount > 1 else { return [Array(0..<rows.rowCount)] }
    var parts: [[UInt8]: [Int]] = [:]
    for row in 0..<rows.rowCount {
      parts[KeyText.text(rows.columns[column], row), default: []].append(row)
    }
    return Array(parts.values)
  }

  /// The parts that may be asked for; the rows of the others are postponed in the answer. `bytes`:
  /// how much is said for each part.
  func ask(
    _ rows: Batch, _ parts: [[Int]], bytes: [Int], _ none: LookupAnswer
  ) -> (parts: [Part], rest: LookupAnswer) {
    guard let budgets else { return (parts.map { Part(rows: $0) }, none) }
    var rest = none
    var permitted: [Part] = []
    for (part, bytes) in zip(parts, bytes) {
      let payer = column.map { KeyText.text(rows.columns[$0], part[0]) } ?? []
      switch budgets.ask(payer, guess: TokenPrice.tokens(of: bytes)) {
      case .granted(let taken):
        reserved.withLock { $0[payer, default: 0] += taken }
        permitted.append(Part(rows: part, payer: payer, reserved: taken))
      case .refused(let wait): for row in part { rest.postponed[row] = wait }
      }
    }
    return (permitted, rest)
  }

  func settle(_ part: Part, _ result: Result<LookupAnswer, LookupFailure>) {
    let usage =
      switch result {
      case .success(let answer): answer.usage
      case .failure(let failure): failure.usage
      }
    let used = usage.read + usage.written
    reserved.withLock { reserved in
      // Behind the end nothing is reserved any more.
      guard let all = reserved[part.payer] else {
        budgets?.settle(part.payer, 0, used: used)
        return
      }
      reserved[part.payer] = all == part.reserved ? nil : all - part.reserved
      budgets?.settle(part.payer, part.reserved, used: used)
    }
  }

  /// Nobody waits for the calls under way any more.
  func close() {
    reserved.withLock { reserved in
      for (payer, tokens) in reserved { budgets?.settle(payer, tokens, used: 0) }
      reserved = [:]
    }
  }
}
