/// How much text a column or a batch of records holds: its offsets have 32 bits.
///
/// Batches are cut long before that where rows gather (sources, exchanges), and a row fails whose
/// call makes too much of it. Should something get past both, the process ends with the reason, for
/// offsets that wrap around would give wrong rows in silence.
package enum TextLimit {
  package static let bytes = Int(UInt32.max)
  /// A row fails that begins behind so many in a column that is being made.
  package static let columnBytes = 1 << 30
  /// Where rows gather a batch is cut behind so many bytes.
  package static let batchBytes = 64 << 20

  package static func check(_ count: Int, of limit: Int = bytes) {
    // Not a precondition, whose reason a release build does not print.
    guard count <= limit else {
      fatalError(
        "a column of one batch would hold \(count) bytes of text, and at most \(limit) fit: "
          + "drop the large columns that are not needed, or shorten them")
    }
  }
}

extension Batch {
  /// Bytes of text in its plain columns, of all rows; dictionaries are shared and do not count.
  package var textBytes: Int { columns.reduce(0) { $0 + $1.textBytes } }
}

extension Column {
  /// Bytes of a row's text, of plain and dictionary columns alike.
  package func textBytes(_ row: Int) -> Int { text(row).count }

  /// Bytes of text, if it is a plain column of text.
  package var textBytes: Int {
    guard let offsets else { return 0 }
    return Int(offsets[rowCount] &- offsets[0])
  }

  /// Bytes of the texts of all rows of a column of text, as a plain one would hold them.
  package var ownTextBytes: Int {
    if offsets != nil { return textBytes }
    return (0..<rowCount).reduce(0) { $0 + textBytes($1) }
  }
}
