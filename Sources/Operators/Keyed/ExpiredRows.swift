import Columns
import Plans
import Schemas

/// What a `fold` tells of the keys that it forgets: the keys that are columns of its input, and its
/// states.
struct ExpiredRows {
  private let schema: Schema
  /// By column of the schema: its place among the keys and states of the store.
  private let places: [Int]

  /// `keys`: the names that the store's keys have. nil: nothing is ever told.
  init?(_ spec: FoldSpec, keys: [String]) {
    guard let schema = spec.expiredSchema else { return nil }
    self.schema = schema
    let names = keys + spec.states.map(\.field.name)
    places = schema.fields.compactMap { names.firstIndex(of: $0.name) }
  }

  func rows(of told: Batch) -> Batch {
    Batch(
      schema: schema, columns: places.map { told.columns[$0] }, rowCount: told.rowCount,
      hidden: told.hidden)
  }
}
