import Columns
import Formats
import Plans
import Schemas

/// The rows of a report as CSV or lines of JSON.
package final class ReportForm {
  package enum Format: String, Sendable, CaseIterable { case table, csv, json }

  private let encoder: any RecordEncoder
  /// Whether the heading is still to be written.
  private var isFirst = true

  init(_ format: Format, _ schema: Schema) throws {
    encoder = try makeEncoder(
      EncodingSpec(format: format == .json ? .json : .csv), schema: schema)
  }

  /// Lines, each with its end.
  func text(_ batch: Batch) -> String {
    var lines = ""
    if isFirst, let heading = encoder.heading {
      lines = String(decoding: heading, as: UTF8.self) + "\n"
    }
    isFirst = false
    let records = encoder.encode(batch)
    for index in 0..<records.count { lines += records.text(index) + "\n" }
    return lines
  }
}
