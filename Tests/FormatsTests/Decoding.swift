import Columns
import Formats
import Plans
import Schemas
import TestKit

/// Records as texts, one partition.
func records(_ texts: [String?], heading: [String]? = nil) -> RecordBatch {
  byteRecords(texts.map { $0.map { Array($0.utf8) } }, heading: heading)
}

func byteRecords(_ values: [[UInt8]?], heading: [String]? = nil) -> RecordBatch {
  let batch = RecordBatch(
    partition: PartitionID(source: "s", topic: "events", number: 3),
    capacity: max(values.count, 1), byteCapacity: 16)
  batch.heading = heading.map { RecordHeading($0) }
  for (i, value) in values.enumerated() {
    let offset = Int64(100 + i)
    if let value {
      value.withUnsafeBytes {
        batch.append(value: $0, key: nil, timestamp: Int64(i) * 1000, offset: offset)
      }
    } else {
      batch.append(value: nil, key: nil, timestamp: .min, offset: offset)
    }
  }
  return batch
}

func column(
  _ name: String, _ type: DataType, nullable: Bool = false, from field: String? = nil,
  time: TimeFormat = .standard
) -> DecodedColumn {
  DecodedColumn(
    field: Field(name, type, nullable: nullable), origin: .field(field ?? name),
    timeFormat: time)
}

func decode(
  _ columns: [DecodedColumn], _ texts: [String?], format: DecodingSpec.Format = .json,
  coerce: Bool = false, options: [Option] = [], heading: [String]? = nil
) throws -> Decoded {
  let decoder = try makeDecoder(
    DecodingSpec(format: format, columns: columns, coerce: coerce, options: options))
  return decoder.decode(records(texts, heading: heading))
}

/// The cells of the rows that were decoded.
func cells(
  _ columns: [DecodedColumn], _ texts: [String?], coerce: Bool = false
) throws -> [[Cell]] {
  try decode(columns, texts, coerce: coerce).batch.cells
}

/// The reason why a single record fails, nil where it does not.
func refusal(
  _ columns: [DecodedColumn], _ text: String?, coerce: Bool = false
) throws -> String? {
  try decode(columns, [text], coerce: coerce).failures.first?.reason
}
