public import Schemas

/// An `over` whose keys, arguments and filters are plain columns of the input. It puts out the row
/// and a column of each aggregate.
public struct PhysicalOver: Hashable, Sendable, Codable {
  public var keys: [String]
  public var frame: OverSpec.Frame
  public var aggregates: [PhysicalWindow.Aggregate]

  public init(
    keys: [String], frame: OverSpec.Frame, aggregates: [PhysicalWindow.Aggregate]
  ) {
    self.keys = keys
    self.frame = frame
    self.aggregates = aggregates
  }

  /// The aggregates are parts of columns, and hidden.
  public func resultSchema(of row: Schema) -> Schema {
    Schema(row.fields + aggregates.map { Field($0.name, $0.fieldType, hidden: true) })
  }

  /// All columns that it reads.
  public var columns: [String] {
    keys + aggregates.compactMap(\.filter)
      + aggregates.flatMap(\.arguments).compactMap { argument in
        if case .column(let field) = argument { field.name } else { nil }
      }
  }

  var lines: [String] {
    ["over by \(keys.joined(separator: ", ")) \(frame) preceding"]
      + aggregates.map { "  \($0.name): \($0.fieldType) = \($0)" }
  }
}
