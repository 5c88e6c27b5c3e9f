import Formats
import Plans
import Schemas

/// What a file source or table says.
struct FileOptions: Sendable {
  /// "source `events`".
  var place: String
  var names: FileNames
  var compression: String
  var format: DecodingSpec.Format
  var separator: UInt8
  var hasHeader: Bool
  var follows: Bool
  var isParallel: Bool
  var longestRecord: Int
  /// Columns of the heading that may not be null.
  var requiredColumns: [String]
  /// Tells the operator of the pipeline.
  var notify: @Sendable (String) -> Void

  init(
    place: String, _ options: ResolvedOptions, _ decoding: DecodingSpec,
    _ environment: ConnectorEnvironment
  ) throws(ConnectorError) {
    self.place = place
    names = FileNames(
      try options.requiredText("path", in: place), in: environment.directory)
    compression = try options.word(
      "compression", of: ["auto", "none", "zstd", "lz4", "gzip"], else: "auto", in: place)
    format = decoding.format
    do throws(FormatError) {
      separator = try CSVCell.separator(decoding.options)
    } catch {
      throw ConnectorError(.configuration, "\(place): \(error)")
    }
    hasHeader = decoding.format == .csv && CSVCell.hasHeader(decoding.options)
    follows = try options.bool("follow", else: false, in: place)
    isParallel = try options.bool("parallel", else: false, in: place)
    longestRecord = Int(
      try options.int("max_record", else: 64 << 20, atLeast: 1, in: place))
    requiredColumns = decoding.columns.compactMap { column in
      guard case .field(let name) = column.origin, !column.field.isNullable else { return nil }
      return name
    }
    notify = environment.notify
  }
}
