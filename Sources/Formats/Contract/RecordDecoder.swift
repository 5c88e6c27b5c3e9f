package import Columns
package import Plans
package import Schemas

/// Turns records into rows. One thread at a time uses it; it remembers the shape of what it read to
/// be faster on what follows, never to read it differently.
package protocol RecordDecoder: AnyObject {
  /// The columns of the spec, in its order.
  var schema: Schema { get }

  /// Row *i* of the batch is record *i*, or where there are more the one that `recordRows` says;
  /// records that could not be read are left out of its
  /// selection and listed, in order. The batch keeps `records`, which must not change any more.
  func decode(_ records: RecordBatch) -> Decoded
}

/// What became of a batch of records.
package struct Decoded {
  package var batch: Batch
  /// `RecordFailure.row` is the number of a row of the batch.
  package var failures: [RecordFailure]

  package init(batch: Batch, failures: [RecordFailure]) {
    self.batch = batch
    self.failures = failures
  }
}

/// Why a decoder or encoder cannot be made.
package struct FormatError: Error, Hashable, Sendable, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}

/// Makes the decoder that a definition asks for.
package func makeDecoder(_ spec: DecodingSpec) throws(FormatError) -> any RecordDecoder {
  let rows: any RecordDecoder =
    switch spec.format {
    case .json: try JSONDecoder(spec: spec)
    case .csv: try CSVDecoder(spec: spec)
    case .text, .raw: try WholeRecordDecoder(spec: spec)
    case .debezium: try ChangeDecoder(spec)
    }
  guard let deletions = spec.deletions, spec.format != .debezium else { return rows }
  return try DeletionDecoder(rows, spec, deletions)
}
