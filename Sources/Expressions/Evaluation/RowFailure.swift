import Columns
package import Schemas

/// A row for which an expression has no value.
package struct RowFailure: Error, Sendable, Equatable {
  /// The row's number in its batch.
  package let row: Int
  package let reason: FailureReason

  package init(row: Int, reason: FailureReason) {
    self.row = row
    self.reason = reason
  }
}

/// Why a row has no value.
package enum FailureReason: Sendable, Equatable {
  /// A result outside of the type's range.
  case overflow(operation: String, type: DataType)
  case divisionByZero
  /// A value that the type can't hold, as text cut to 64 bytes.
  case cast(value: String, to: DataType)
  /// A regular expression that took too long or too deep on this row.
  case patternLimit(pattern: String)
  /// Text beyond `Limits.textBytes`.
  case textTooLong(operation: String)
  /// The rows before it in its batch have filled a column with text: `Limits.columnBytes`.
  case batchTooLarge
  /// A pattern, zone or path that came with the row makes no sense.
  case setting(function: String, problem: String)
  /// A function of the embedding program failed.
  case foreign(function: String, problem: String)
  /// JSON that is no value of the nested type, and where.
  case document(value: String, to: DataType, reason: String)
  /// `element` of a list of several.
  case severalElements(Int)
  case unequalLengths(keys: Int, values: Int)
}

extension FailureReason: CustomStringConvertible {
  /// How an author writes the operators that plans have by name.
  private static let written = [
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "modulo": "%", "negate": "-",
    "concat": "++",
  ]

  package var description: String {
    switch self {
    case .overflow(let operation, let type):
      "the result of `\(Self.written[operation] ?? operation)` is outside of the range of \(type)"
    case .divisionByZero: "division by zero"
    case .cast(let value, let type): "`\(value)` is no \(type)"
    case .patternLimit(let pattern):
      "the regular expression `\(pattern)` takes too many steps on this text"
    case .textTooLong(let operation):
      "the result of `\(operation)` is longer than \(Limits.textBytes >> 20) MiB"
    case .batchTooLarge:
      "the text of one batch of rows is longer than \(Limits.columnBytes >> 20) MiB: shorten it"
    case .setting(let function, let problem), .foreign(let function, let problem):
      "`\(function)`: \(problem)"
    case .document(let value, let type, let reason): "`\(value)` is no \(type): \(reason)"
    case .severalElements(let count): "`element` of a list of \(count) elements"
    case .unequalLengths(let keys, let values):
      "`map_from_arrays` of \(keys) keys and \(values) values"
    }
  }
}

/// Bounds on what one row may ask for.
enum Limits {
  /// The longest text that a function makes.
  static let textBytes = 16 << 20
  /// Text that a call makes of one batch, and one row more; far from what a column's offsets count.
  static let columnBytes = TextLimit.columnBytes
  /// Steps of a regular expression's search in one text.
  static let patternSteps: UInt32 = 1_000_000
}
