/// A model that answers rows in this process: the same answer for the same row, whatever rows
/// stand beside it.
package protocol InferenceModel: Sendable {
  /// Who answers, where the definition gives it no name: the hash of the model's file.
  var version: String { get }

  /// How its outputs were spread once; nil: nobody said so.
  var baseline: ModelBaseline? { get }

  /// The answers for rows in the columns of its inputs, in their order; all answers of a row with
  /// a null are null. It runs over at most `batch` rows at a time. Any thread, several at a time.
  func run(
    _ columns: [Column], rowCount: Int, batch: Int
  ) throws(InferenceFailure) -> [Column]
}

extension InferenceModel {
  package var baseline: ModelBaseline? { nil }
}

/// Why a model gave no answers: what happened, without the row's number.
package struct InferenceFailure: Error, Hashable, Sendable {
  package var reason: String

  package init(_ reason: String) { self.reason = reason }
}
