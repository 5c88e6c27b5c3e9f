import Columns
import Connectors
import Formats
import Parquet
import Plans
import Schemas

/// The records of a submitted file, from front to back. Calls block.
protocol SubmittedRecords: AnyObject {
  /// The names of its columns, where all records have the same.
  var heading: RecordHeading? { get }
  /// Columns whose times are written by RFC 3339, whatever the form in which the task reads them.
  var times: Set<String> { get }
  /// Rows of the last batch that can't become tasks, which its decoder can't see.
  var lacks: [RecordFailure] { get }

  func next() throws -> RecordBatch?
}

extension RecordFile: SubmittedRecords {
  var times: Set<String> { [] }
  var lacks: [RecordFailure] { [] }
}

/// Those of a Parquet file: of its columns the ones that tasks have.
final class ParquetRecords: SubmittedRecords {
  private let path: String
  private let file: ParquetFile
  /// Of columns that may not be null.
  private let types: [String: DataType]

  init(_ path: String, _ columns: [DecodedColumn]) throws(JobError) {
    self.path = path
    types = Dictionary(
      columns.filter { !$0.field.isNullable }.map { ($0.recordName, $0.field.type) },
      uniquingKeysWith: { first, _ in first })
    let binary = columns.filter { $0.field.type == .bytes }
    let input: ParquetInput
    // Its words name the file.
    do throws(ParquetError) { input = try ParquetInput(path: path) } catch {
      throw JobError(error.message)
    }
    do throws(ParquetError) {
      file = try ParquetFile(
        input, name: path, wanted: columns.map(\.recordName),
        binary: Set(binary.map(\.recordName)), required: Set(types.keys))
    } catch {
      throw Self.told(error, path)
    }
  }

  private static func told(_ error: ParquetError, _ path: String) -> JobError {
    JobError("\(path): \(error.message)")
  }

  var heading: RecordHeading? { file.heading }
  var times: Set<String> { file.times }

  /// The first of each row.
  var lacks: [RecordFailure] {
    var last: Int?
    return file.lacks.compactMap { lack in
      defer { last = lack.record }
      guard lack.record != last, let type = types[lack.column] else { return nil }
      return RecordFailure(
        row: lack.record, reason: "`\(lack.column)` is null, but its type is not `\(type)?`")
    }
  }

  func next() throws -> RecordBatch? {
    do throws(ParquetError) { return try file.next() } catch { throw Self.told(error, path) }
  }
}
