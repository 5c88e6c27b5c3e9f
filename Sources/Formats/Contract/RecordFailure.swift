/// A row that a decoder, a kernel or a writer could not take.
package struct RecordFailure: Sendable, Hashable {
  /// The number of the record or row in its batch.
  package var row: Int
  package var reason: String

  package init(row: Int, reason: String) {
    self.row = row
    self.reason = reason
  }
}
