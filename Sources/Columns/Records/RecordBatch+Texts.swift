/// One record at a time, for cold paths: what commands read and say.
extension RecordBatch {
  /// Appends a record of that value without a key. The batch must not be full.
  package func append(text: String, offset: Int64) {
    var text = text
    text.withUTF8 { bytes in
      append(value: UnsafeRawBufferPointer(bytes), key: nil, timestamp: .min, offset: offset)
    }
  }

  /// The record's key as text; nil where it has none.
  package func key(of record: Int) -> String? {
    bytes(keys[record]).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether the record is no tombstone.
  package func hasValue(_ record: Int) -> Bool { !values[record].isNull }
}
