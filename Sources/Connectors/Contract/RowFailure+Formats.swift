package import Formats

extension RowFailure {
  /// What a decoder or encoder said.
  package init(_ failure: RecordFailure) { self.init(row: failure.row, reason: failure.reason) }
}
