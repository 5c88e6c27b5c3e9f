import Plans
import Schemas

/// The columns of two streams side by side: how they are named in a join's condition and behind it.
struct JoinedRow {
  struct Column {
    var field: Field
    var source: JoinedColumn.Source
  }

  let kind: JoinSpec.Kind
  /// The name of the other side.
  let alias: String?
  private let left: RowScope
  private let right: RowScope
  /// Columns that are one, for they are equal.
  private let shared: Set<String>
  /// What the other stream calls the bounds of its windows, where it has other names for them, by
  /// this one's.
  private let bounds: [String: String]
  private let isSameWindow: Bool
  /// The other side's columns by what they are called beside this one's.
  private(set) var otherNames: [String: String] = [:]
  /// What the other side's columns are called beside this one's.
  private var names: [String: String] = [:]
  /// `n.c` for a column that is called `c` alone.
  private var synonyms: [String: String] = [:]
  /// Sides of the other stream whose columns keep their names.
  private var otherSides: [String] = []
  /// A column of both that no name tells apart.
  private(set) var clash: String?

  init(
    _ kind: JoinSpec.Kind, _ left: RowScope, _ right: RowScope, alias: String?, shared: [String],
    bounds: [String: String] = [:], isSameWindow: Bool
  ) {
    self.kind = kind
    self.left = left
    self.right = right
    self.alias = alias
    self.shared = Set(shared)
    self.bounds = bounds
    self.isSameWindow = isSameWindow
    nameOthers()
  }

  private mutating func nameOthers() {
    let taken = ColumnIndex(left)
    let (sides, takenSides) = (Set(left.sides), right.sides.filter(left.hasName))
    for field in right.fields where !field.isHidden {
      let full = alias.map { "\($0).\(field.name)" }
      let isOfTakenSide = takenSides.contains { field.name.hasPrefix($0 + ".") }
      if taken[field.name] == nil, !sides.contains(field.name), !isOfTakenSide {
        names[field.name] = field.name
        if let full { synonyms[full] = field.name }
      } else if let full {
        names[field.name] = full
      } else if !shared.contains(field.name), clash == nil {
        clash = field.name
      }
    }
    for (own, name) in names { otherNames[name] = own }
    otherSides = right.sides.filter { !takenSides.contains($0) }
    for (full, own) in right.synonyms {
      guard otherSides.contains(where: { full.hasPrefix($0 + ".") }), let name = names[own] else {
        continue
      }
      synonyms[full] = name
    }
  }

  /// Whether only this side's columns go on.
  var isFilter: Bool { kind == .semi || kind == .anti }

  /// Both rows, as the condition sees them.
  var condition: RowScope {
    let others = right.fields.compactMap { field in
      name(of: field).map { Field($0, field.fieldType) }
    }
    return scope(left.fields + others)
  }

  private func name(of field: Field) -> String? { field.isHidden ? nil : names[field.name] }

  private func scope(_ fields: [Field]) -> RowScope {
    let sides = left.sides + [alias].compactMap(\.self) + otherSides
    var scope = RowScope(fields, sides: sides)
    scope.settledParts = left.settledParts
    scope.synonyms = left.synonyms.merging(synonyms) { first, _ in first }
    return scope
  }

  /// Of the result. Columns that both share are there once; the other side's own is to be had under
  /// its full name, which says whether there was a row. So are this stream's bounds of windows,
  /// whatever the other calls them: each row of the result is of a window.
  func columns(keyTypes: [String: (number: Int, type: DataType)]) -> [Column] {
    let others = ColumnIndex(right)
    var columns = left.fields.map { field -> Column in
      guard shared.contains(field.name) || bounds[field.name] != nil,
        let key = keyTypes[field.name]
      else {
        return Column(
          field: optional(field, kind == .right || kind == .full), source: .left(field.name))
      }
      return sharedColumn(field, others[bounds[field.name] ?? field.name] ?? field, key)
    }
    guard !isFilter else { return columns }
    for field in right.fields where !field.isHidden {
      guard let name = name(of: field) else { continue }
      let own = Field(name, field.fieldType, hidden: shared.contains(field.name))
      columns.append(
        Column(field: optional(own, kind == .left || kind == .full), source: .right(field.name)))
    }
    return columns
  }

  private func sharedColumn(
    _ field: Field, _ other: Field, _ key: (number: Int, type: DataType)
  ) -> Column {
    switch kind {
    case .inner, .semi:
      return Column(
        field: Field(field.name, FieldType(field.type), hidden: field.isHidden),
        source: .left(field.name))
    case .left, .anti: return Column(field: field, source: .left(field.name))
    case .right:
      return Column(field: Field(field.name, other.fieldType), source: .right(other.name))
    case .full:
      let isNullable = field.isNullable || other.isNullable
      return Column(
        field: Field(field.name, FieldType(key.type, nullable: isNullable)),
        source: .key(key.number))
    }
  }

  private func optional(_ field: Field, _ isOptional: Bool) -> Field {
    isOptional ? Field(field.name, field.fieldType.optional, hidden: field.isHidden) : field
  }

  /// Behind the join.
  func result(_ columns: [Column]) -> RowScope {
    var result = isFilter ? left : scope(columns.map(\.field))
    result.fields = columns.map(\.field)
    result.windowBounds = windowBounds
    if kind == .right || kind == .full { result.settledParts = [] }
    return result
  }

  /// Of the window that a row of the result is of: a pair has its left row's event time. A right
  /// row without a match has its own, which stands in the place of the left's bounds.
  private var windowBounds: [String: WindowBound] {
    switch kind {
    case .inner, .left, .semi, .anti: return left.windowBounds
    case .right, .full:
      guard isSameWindow else { return [:] }
      var found = left.windowBounds.filter { name, bound in
        shared.contains(name) && right.windowBounds[name] == bound || bounds[name] != nil
      }
      guard kind == .right else { return found }
      for (own, bound) in right.windowBounds {
        if let name = names[own] { found[name] = bound }
      }
      return found
    }
  }
}
