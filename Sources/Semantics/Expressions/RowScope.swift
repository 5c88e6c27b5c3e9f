import Plans
package import Schemas

/// The columns that an expression may name.
package struct RowScope: Hashable, Sendable {
  /// Columns of joined sides are named `n.c`, those of the record `meta.c` (hidden).
  package var fields: [Field]
  /// Names that were given to joined sides (`enrich … as n`).
  var sides: [String]

  /// Fields of structs that are known to hold a value: `user.id`.
  var settledParts: Set<String> = []

  /// Something before was wrong or comes in a later version, so that any name may stand for a
  /// column; nothing is reported then.
  var hasUnknownColumns = false

  init(_ fields: [Field], sides: [String] = []) {
    self.fields = fields
    self.sides = sides
  }

  static var unknown: RowScope {
    var scope = RowScope([])
    scope.hasUnknownColumns = true
    return scope
  }

  var schema: Schema { Schema(fields) }

  func field(named name: String) -> Field? { fields.first { $0.name == name } }

  /// What a message shows and a misspelt name is compared with.
  var visibleNames: [String] { fields.filter { !$0.isHidden }.map(\.name) }

  /// The columns of a side: `c` for `n.c`.
  func columns(ofSide side: String) -> [(short: String, field: Field)] {
    fields.compactMap { field in
      guard field.name.hasPrefix(side + ".") else { return nil }
      return (String(field.name.dropFirst(side.count + 1)), field)
    }
  }

  func without(_ name: String) -> RowScope {
    RowScope(fields.filter { $0.name != name }, sides: sides)
  }
}
