import Columns
import Connectors
import Plans
import Platform

/// Pays for calls, where a model has a budget.
struct TokenPurse: Sendable {
  /// Rows that may be asked for, and who pays what for them.
  struct Part: Sendable {
    var rows: [Int]
    fileprivate var payer: [UInt8] = []
    fileprivate var reserved: Int64 = 0
  }

  private let budgets: TokenBudgets?
  /// The column of the payer.
  private let column: Int?

  init(_ model: ModelSpec, _ clock: any Clock) {
    let budget = model.remote?.budget
    budgets = budget.map { TokenBudgets($0, clock) }
    column = budget?.column == nil ? nil : model.inputs.count
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

  /// The parts that may be asked for; the rows of the others are postponed in the answer.
  func ask(
    _ rows: Batch, _ parts: [[Int]], _ none: LookupAnswer
  ) -> (parts: [Part], rest: LookupAnswer) {
    guard let budgets else { return (parts.map { Part(rows: $0) }, none) }
    var rest = none
    var permitted: [Part] = []
    for part in parts {
      let payer = column.map { KeyText.text(rows.columns[$0], part[0]) } ?? []
      switch budgets.ask(payer) {
      case .granted(let reserved):
        permitted.append(Part(rows: part, payer: payer, reserved: reserved))
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
    budgets?.settle(part.payer, part.reserved, used: usage.read + usage.written)
  }
}
