/// Why a Parquet file can't be read, with the place in it.
package struct ParquetError: Error, Hashable, CustomStringConvertible {
  package var message: String

  package init(_ message: String) { self.message = message }

  package var description: String { message }
}

/// What is wrong with some bytes, before anybody has said where they are.
struct ParquetFault: Error {
  var text: String
  /// More bytes might mend it.
  var isShort = false

  init(_ text: String) { self.text = text }

  static let ended: ParquetFault = {
    var fault = ParquetFault("its bytes end too early")
    fault.isShort = true
    return fault
  }()
}
