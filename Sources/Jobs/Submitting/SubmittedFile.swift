import Connectors
import Plans

/// The file of a submission: which form its name says it has, and its records.
package struct SubmittedFile: Sendable {
  package var path: String
  let isParquet: Bool
  let format: DecodingSpec.Format
  let options: [Option]

  /// `separator`: between the cells of CSV, where it is no comma.
  package init(_ path: String, separator: String? = nil) throws(JobError) {
    self.path = path
    var name = path.lowercased()
    for packed in [".gz", ".zst", ".zstd", ".lz4"] where name.hasSuffix(packed) {
      name.removeLast(packed.utf8.count)
      break
    }
    func ends(_ endings: String...) -> Bool { endings.contains { name.hasSuffix($0) } }
    guard ends(".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet") else {
      throw JobError.usage(
        "\(path): a submitted file is `.csv`, `.tsv` or `.jsonl`, which may be packed (`.gz`,"
          + " `.zst`, `.lz4`), or `.parquet`; its name says which")
    }
    isParquet = ends(".parquet")
    guard !isParquet || (separator == nil && path.lowercased() == name) else {
      throw JobError.usage(
        separator == nil
          ? "\(path): Parquet is packed by itself; unpack the file"
          : "--separator: between values of Parquet stands nothing")
    }
    // Its rows are read as cells of CSV are.
    format = ends(".csv", ".tsv", ".parquet") ? .csv : .json
    let cut = separator ?? (ends(".tsv") ? "tab" : nil)
    options = cut.map { [Option("separator", .string($0))] } ?? []
  }

  /// Its name without folders.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// What its rows are counted by.
  var unit: String { isParquet ? "row" : "line" }

  func open(_ columns: TaskColumns) throws -> any SubmittedRecords {
    isParquet
      ? try ParquetRecords(path, columns.read + [columns.ownKey].compactMap(\.self))
      : try RecordFile(path, format: format, options: options)
  }
}
