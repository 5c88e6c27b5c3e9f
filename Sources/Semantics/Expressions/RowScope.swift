import Plans
package import Schemas

/// The columns that an expression may name.
package struct RowScope: Hashable, Sendable {
  /// Columns of joined sides are named `n.c`, those of the record `meta.c` (hidden).
  package var fields: [Field]
  /// Names that were given to joined sides (`enrich … as n`).
  package var sides: [String]

  /// Other names of columns: `n.c` of a joined side, whose column is called `c` alone.
  var synonyms: [String: String] = [:]

  /// Fields of structs that are known to hold a value: `user.id`.
  var settledParts: Set<String> = []

  /// Columns that are the start or end of the window whose end the row's event time stands at, as
  /// they were. Behind the watermark no row with such a value comes any more.
  var windowBounds: [String: WindowBound] = [:]

  /// Names of a `match`, each of which stands for rows with all these columns: `n.c`.
  var steps: Set<String> = []

  /// Something before was wrong or comes in a later version, so that any name may stand for a
  /// column; nothing is reported then.
  var hasUnknownColumns = false

  package init(_ fields: [Field], sides: [String] = []) {
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
    if let own = synonyms[name] { return fields.first { $0.name == own } }
    guard !steps.isEmpty, let (step, column) = Self.parts(of: name), steps.contains(step) else {
      return nil
    }
    guard let field = fields.first(where: { $0.name == column }) else {
      return column == Self.timeColumn ? Field(name, .timestamp) : nil
    }
    return Field(name, field.fieldType, hidden: field.isHidden)
  }

  /// What the event time of a step's rows is called where no column is called so.
  static let timeColumn = "event_time"

  /// `n` and `c` of `n.c`.
  static func parts(of name: String) -> (step: String, column: String)? {
    guard let dot = name.firstIndex(of: ".") else { return nil }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }

  /// What a message shows and a misspelt name is compared with.
  var visibleNames: [String] { fields.filter { !$0.isHidden }.map(\.name) }

  /// The columns of a side: `c` for `n.c`.
  package func columns(ofSide side: String) -> [(short: String, field: Field)] {
    if steps.contains(side) {
      return fields.map { ($0.name, Field("\(side).\($0.name)", $0.fieldType)) }
    }
    let names = Dictionary(synonyms.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return fields.compactMap { field in
      let full = [field.name, names[field.name]].compactMap(\.self).first {
        $0.hasPrefix(side + ".")
      }
      return full.map { (String($0.dropFirst(side.count + 1)), field) }
    }
  }

  /// Whether a column or side is called so.
  func hasName(_ name: String) -> Bool {
    sides.contains(name) || fields.contains { $0.name == name }
  }

  /// Whether `name.c` may be a column.
  func hasSide(_ name: String) -> Bool {
    sides.contains(name) || fields.contains { $0.name.hasPrefix(name + ".") }
  }

  /// A name for a side that nothing has in these rows.
  static func freeSide(_ rows: RowScope...) -> String {
    let free = ["n", "o", "p", "q"].first { name in
      rows.allSatisfy { !$0.hasName(name) && !$0.hasSide(name) }
    }
    return free ?? "other"
  }

  /// Which columns of a projection are bounds of windows.
  func bounds(carriedBy columns: [NamedExpression]) -> [String: WindowBound] {
    guard !windowBounds.isEmpty else { return [:] }
    var carried: [String: WindowBound] = [:]
    for column in columns {
      if case .column(let name) = column.expression.node, let bound = windowBounds[name] {
        carried[column.name] = bound
      }
    }
    return carried
  }

  /// The columns that are this bound of the row's window, the one that a `window` makes first.
  func columns(of bound: WindowBound) -> [Field] {
    let found = fields.filter { windowBounds[$0.name] == bound }
    return found.filter { $0.name == bound.rawValue } + found.filter { $0.name != bound.rawValue }
  }

  func without(_ name: String) -> RowScope {
    RowScope(fields.filter { $0.name != name }, sides: sides)
  }
}

/// What a `window` says of itself in each of its rows, by the column's name.
enum WindowBound: String, CaseIterable {
  case start = "window_start"
  case end = "window_end"
}

/// The columns of a row by what they may be called, for many look-ups.
struct ColumnIndex {
  private var fields: [String: Field] = [:]

  init(_ scope: RowScope) {
    for field in scope.fields where fields[field.name] == nil { fields[field.name] = field }
    for (name, own) in scope.synonyms where fields[name] == nil { fields[name] = fields[own] }
  }

  subscript(name: String) -> Field? { fields[name] }
}
