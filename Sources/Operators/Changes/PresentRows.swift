import Columns
import Expressions
import KeyedState

/// Names the row that failed.
protocol FailureOfRow { var row: Int { get } }

extension FailedRow: FailureOfRow {}
extension RowFailure: FailureOfRow {}

extension Array where Element: FailureOfRow {
  /// Without rows that are taken back: what a row was before has failed then.
  func present(in batch: Batch) -> [Element] {
    guard batch.hidden.rowKinds != nil else { return self }
    return filter { !batch.takesBack($0.row) }
  }
}
