public import Schemas

/// A running aggregate whose keys, arguments and filters are plain columns of the input, behind an
/// exchange by its keys. It puts out the keys and a column of each aggregate.
public struct PhysicalRunning: Hashable, Sendable, Codable {
  public var keys: [Field]
  public var aggregates: [PhysicalWindow.Aggregate]
  /// Whether rows may be taken back.
  public var takesUpdates: Bool
  /// Whether an update of nothing but a row's event time is one too: a later step orders the rows
  /// that it takes back by it.
  public var tellsTimes = false
  /// What is computed of rows, as text, and where they are taken back by what they came (see
  /// `UpdateOrigin`).
  public var origin: String

  public init(
    keys: [Field], aggregates: [PhysicalWindow.Aggregate], takesUpdates: Bool, origin: String = ""
  ) {
    self.origin = origin
    self.keys = keys
    self.aggregates = aggregates
    self.takesUpdates = takesUpdates
  }

  /// Whether its results hang on the order of rows.
  public var dependsOnOrder: Bool {
    aggregates.contains { aggregate in
      AggregateCatalogue.signatures(named: aggregate.function).contains(where: \.dependsOnOrder)
    }
  }

  /// The aggregates that are parts of a column are hidden.
  public var resultSchema: Schema {
    Schema(keys + aggregates.map { Field($0.name, $0.fieldType, hidden: $0.name != $0.result) })
  }

  /// All columns that it reads.
  public var columns: [String] {
    keys.map(\.name) + aggregates.compactMap(\.filter)
      + aggregates.flatMap(\.arguments).compactMap { argument in
        if case .column(let field) = argument { field.name } else { nil }
      }
  }

  var lines: [String] {
    ["aggregate" + (keys.isEmpty ? "" : " by \(keys.map(\.name).joined(separator: ", "))")]
      + aggregates.map { "  \($0.name): \($0.fieldType) = \($0)" }
      + (tellsTimes ? ["  tells times"] : [])
  }
}

/// How a stream of changes becomes rows for a sink that only appends.
public enum ChangeForm: Hashable, Sendable, Codable {
  /// A row for each change: this column as it was (`before`) and as it is (`after`), and `op`; the
  /// other columns are carried, those of the newer row where there are two.
  case envelope(row: String)
  /// The rows that are left when the input ends.
  /// `origin`: see `UpdateOrigin`.
  case final(origin: String)
}
