import Connectors
import Plans

/// The file of a submission: which form its name says it has, and its records.
package struct SubmittedFile: Sendable {
  package var path: String
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
    if ends(".parquet") {
      throw JobError.usage(
        "\(path): Parquet is not read; write the file as CSV or as JSON lines (DuckDB:"
          + " `COPY (FROM 'x.parquet') TO 'x.csv'`)")
    }
    guard ends(".csv", ".tsv", ".jsonl", ".ndjson", ".json") else {
      throw JobError.usage(
        "\(path): a submitted file is `.csv`, `.tsv` or `.jsonl`, which may be packed (`.gz`,"
          + " `.zst`, `.lz4`); its name says which")
    }
    format = ends(".csv", ".tsv") ? .csv : .json
    let cut = separator ?? (ends(".tsv") ? "tab" : nil)
    options = cut.map { [Option("separator", .string($0))] } ?? []
  }

  /// Its name without folders.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  func open() throws(ConnectorError) -> RecordFile {
    try RecordFile(path, format: format, options: options)
  }
}
