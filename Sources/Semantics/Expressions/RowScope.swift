import Plans
package import Schemas

/// The columns that an expression may name.
package struct RowScope: Hashable, Sendable {
  /// Columns of joined sides are named `n.c`, those of the record `meta.c` (hidden).
  package var fields: [Field]
  /// Names that were given to joined sides (`enrich … as n`).
  var sides: [String]

  /// Other names of columns: `n.c` of a joined side, whose column is called `c` alone.
  var synonyms: [String: String] = [:]

  /// Fields of structs that are known to hold a value: `user.id`.
  var settledParts: Set<String> = []

  /// Columns that are the start or end of the window that the row is a result of, as they were.
  /// Behind the watermark no row with such a value comes any more.
  var windowBounds: Set<String> = []

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

  func field(named name: String) -> Field? {
    if let field = fields.first(where: { $0.name == name }) { return field }
    return synonyms[name].flatMap { own in fields.first { $0.name == own } }
  }

  /// What a message shows and a misspelt name is compared with.
  var visibleNames: [String] { fields.filter { !$0.isHidden }.map(\.name) }

  /// The columns of a side: `c` for `n.c`.
  func columns(ofSide side: String) -> [(short: String, field: Field)] {
    let names = Dictionary(synonyms.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return fields.compactMap { field in
      let full = [field.name, names[field.name]].compactMap(\.self).first {
        $0.hasPrefix(side + ".")
      }
      return full.map { (String($0.dropFirst(side.count + 1)), field) }
    }
  }

  /// Which columns of a projection are bounds of windows.
  func bounds(carriedBy columns: [NamedExpression]) -> Set<String> {
    guard !windowBounds.isEmpty else { return [] }
    let carried = columns.filter { column in
      if case .column(let name) = column.expression.node {
        windowBounds.contains(name)
      } else {
        false
      }
    }
    return Set(carried.map(\.name))
  }

  func without(_ name: String) -> RowScope {
    RowScope(fields.filter { $0.name != name }, sides: sides)
  }
}
