/// Answers that are too large to be taken.
extension LookupPool {
  /// Why a row cannot be read. `size`: its bytes.
  package static func tooLarge(_ size: String, key: String) -> String {
    "the row of the key `\(key)` has \(size) bytes, and no more than \(answerLimit) are taken"
  }

  /// Why there is no answer, where no row is too large alone. `key`: whose row was the last that
  /// was taken, or is the largest.
  package static func tooMuch(behind key: String) -> String {
    "the rows of a call have more than \(answerLimit) bytes, the key `\(key)` among them; make"
      + " `batch` smaller"
  }
}
