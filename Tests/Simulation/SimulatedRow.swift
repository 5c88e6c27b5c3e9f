import Schemas

/// A row of the simulated source.
package struct SimulatedRow: Hashable, Sendable {
  /// Rows with this key don't pass the filter, and those with that one are in no table.
  package static let filteredKey = "filtered"
  package static let unmatchedKey = "unmatched"
  /// What can't be read as a number.
  package static let badValue = "bad"

  static let schema = Schema([
    Field("key", .string), Field("time", .timestamp, nullable: true), Field("id", .int),
    Field("value", .string),
  ])

  package var key: String
  /// nil: the source can't take the row.
  package var time: Int64?
  /// Distinct among all rows.
  package var id: Int64
  package var value: String

  package init(key: String, time: Int64?, id: Int64, value: String = "1") {
    self.key = key
    self.time = time
    self.id = id
    self.value = value
  }

  /// Where a row comes out.
  package enum Fate: Hashable, Sendable { case error, filtered, unmatched, taken }

  package var fate: Fate {
    if time == nil { return .error }
    if key == Self.filteredKey { return .filtered }
    if key == Self.unmatchedKey { return .unmatched }
    return value == Self.badValue ? .error : .taken
  }
}
