import Columns
import Formats
import Plans
import Schemas

/// Reads the rows that a sink has written, or that a command has.
final class RowReading {
  /// The columns, each of which may be null.
  let schema: Schema
  private let decoder: any RecordDecoder

  /// - Parameter encoding: how they were written.
  init(_ schema: Schema, _ encoding: EncodingSpec = EncodingSpec()) throws(JobError) {
    let format: TimeFormat =
      switch encoding.timestamps {
      case .rfc3339: .standard
      case .epochSeconds: .epochSeconds
      case .epochMilliseconds: .epochMilliseconds
      case .epochMicroseconds: .epochMicroseconds
      }
    // Null stands for what a record doesn't have: it may be of an older definition.
    let columns = schema.fields.map { field in
      DecodedColumn(
        field: Field(field.name, field.type, nullable: true), origin: .field(field.name),
        timeFormat: format)
    }
    self.schema = Schema(columns.map(\.field))
    do {
      decoder = try makeDecoder(DecodingSpec(format: .json, columns: columns, coerce: true))
    } catch {
      throw JobError(error.description)
    }
  }

  /// The rows of those records that are rows; tombstones and what is broken are left out.
  func rows(_ records: RecordBatch) -> Batch { decoder.decode(records).batch }
}

extension Batch {
  /// The numbers of the rows that count, ascending.
  var numbers: [Int] { selection?.rowNumbers ?? Array(0..<rowCount) }

  func column(_ name: String) -> Column? { schema.index(of: name).map { columns[$0] } }

  func text(_ name: String, _ row: Int) -> String? {
    guard let column = column(name), column.isValid(row), column.type == .string else { return nil }
    return column.string(row)
  }

  /// Of an `int` or `timestamp`.
  func int(_ name: String, _ row: Int) -> Int64? {
    guard let column = column(name), column.isValid(row),
      column.type == .int || column.type == .timestamp
    else { return nil }
    return column.int(row)
  }

  func float(_ name: String, _ row: Int) -> Double? {
    guard let column = column(name), column.isValid(row), column.type == .float else { return nil }
    return column.float(row)
  }
}
