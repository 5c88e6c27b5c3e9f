package import Columns

/// One record at a time, for commands.
extension EncodedRecords {
  /// The hash of a record's value.
  package func hash(_ index: Int) -> WideHash {
    WideHash(bytes(records[index].value) ?? UnsafeBufferPointer(start: nil, count: 0))
  }

  /// A record's value as text.
  package func text(_ index: Int) -> String {
    bytes(records[index].value).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
