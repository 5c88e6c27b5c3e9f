import Columns
package import Schemas

/// What rows an attribution takes, and what it makes of them.
///
/// Conversions and touches come as rows of one schema: the keys, then among others a column that
/// says which a row is, an int. Of a touch it says, as bits, the look-backs that see it; of a
/// conversion it is 0.
package struct AttributionShape: Sendable {
  /// A column of the result.
  package enum Source: Hashable, Sendable {
    case conversion(Int)
    case touch(Int)
  }

  let row: Schema
  let keyCount: Int
  let mask: Int
  let value: Int
  /// Microseconds. The first that sees a touch is the one that counts.
  let lookBacks: [Int64]
  let model: CreditModel
  /// The columns of the result but for the last, the credit.
  let columns: [Source]
  let result: Schema
  /// What makes touches what they are, as text.
  let parameters: String

  /// The columns that are kept of touches: the keys, the mask, and those of the result.
  let touchColumns: [Int]
  /// Those of conversions: the keys, the value, and those of the result.
  let conversionColumns: [Int]

  package init(
    row: Schema, keyCount: Int, mask: Int, value: Int, lookBacks: [Int64], model: CreditModel,
    columns: [Source], result: Schema, parameters: String
  ) {
    self.row = row
    self.keyCount = keyCount
    self.mask = mask
    self.value = value
    self.lookBacks = lookBacks
    self.model = model
    self.columns = columns
    self.result = result
    self.parameters = parameters
    let keys = Array(0..<keyCount)
    touchColumns =
      keys + [mask] + columns.compactMap { if case .touch(let place) = $0 { place } else { nil } }
    conversionColumns =
      keys + [value]
      + columns.compactMap { if case .conversion(let place) = $0 { place } else { nil } }
  }

  var keys: [Field] { Array(row.fields.prefix(keyCount)) }

  var touches: Schema { Schema(touchColumns.map { row.fields[$0] }) }

  /// Behind its columns a number that counts conversions as they come.
  var conversions: Schema {
    Schema(conversionColumns.map { row.fields[$0] } + [Field("$serial", .int)])
  }
}
