import Schemas

/// Finds a plan's columns in the schema of an operator's input.
enum ColumnPlaces {
  /// The places of these columns; throws if one is missing.
  static func find(
    _ names: [String], in schema: Schema, _ stage: OperatorID
  ) throws(OperatorError) -> [Int] {
    var places: [Int] = []
    for name in names {
      guard let place = schema.index(of: name) else {
        throw OperatorError(
          stage: stage, reason: "the plan reads column \(name), the input has only: \(schema)")
      }
      places.append(place)
    }
    return places
  }
}
