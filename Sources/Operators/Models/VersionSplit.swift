import Columns
import Plans

/// Which version of a model answers each row: the one that the row names, and else the one that its
/// key chooses.
struct VersionSplit {
  private let split: ValueSplit
  /// The column of names, and the numbers of the versions that answer.
  private let choice: (column: Int, numbers: [String: UInt32])?

  /// `sticky` and `choice`: columns of the rows.
  init(_ model: ModelSpec, sticky: Int, choice: Int?) {
    let answering = model.answering
    split = ValueSplit(column: sticky, shares: answering.map(\.share), salt: model.salt)
    self.choice = choice.map { column in
      let named = answering.enumerated().map { number, version in
        (version.name ?? "", UInt32(truncatingIfNeeded: number))
      }
      return (column, Dictionary(named) { first, _ in first })
    }
  }

  /// Of each row of a batch without selection.
  func parts(of rows: Batch) -> [UInt32] {
    var parts = split.parts(of: rows)
    guard let choice else { return parts }
    let names = rows.columns[choice.column]
    for row in 0..<rows.rowCount where names.isValid(row) {
      if let number = choice.numbers[names.string(row)] { parts[row] = number }
    }
    return parts
  }
}
