import Columns
import Plans
import Schemas

/// What a `fold` tells of the keys that it forgets: the keys that are columns of its input, its
/// states, and when they were over.
struct ExpiredRows {
  private let schema: Schema
  /// By column of the schema: its place among the keys and states of the store; nil: the time.
  private let places: [Int?]

  /// `keys`: the names that the store's keys have. nil: nothing is ever told.
  init?(_ spec: FoldSpec, keys: [String]) {
    guard let schema = spec.expiredSchema else { return nil }
    self.schema = schema
    let names = keys + spec.states.map(\.field.name)
    places = schema.fields.map { names.firstIndex(of: $0.name) }
  }

  func rows(of told: Batch) -> Batch {
    let times = told.hidden.eventTimes ?? .repeating(0, .timestamp, rowCount: told.rowCount)
    return Batch(
      schema: schema, columns: places.map { $0.map { told.columns[$0] } ?? times },
      rowCount: told.rowCount, hidden: told.hidden)
  }
}
