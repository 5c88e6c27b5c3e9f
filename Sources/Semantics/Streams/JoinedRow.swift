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
  /// The other side's columns by what they are called beside this one's.
  private(set) var otherNames: [String: String] = [:]
  /// `n.c` for a column that is called `c` alone.
  private(set) var synonyms: [String: String] = [:]
  /// A column of both that no name tells apart.
  private(set) var clash: String?

  init(_ kind: JoinSpec.Kind, _ left: RowScope, _ right: RowScope, alias: String?, shared: [String])
  {
    self.kind = kind
    self.left = left
    self.right = right
    self.alias = alias
    self.shared = Set(shared)
    for field in right.fields where !field.isHidden {
      let full = alias.map { "\($0).\(field.name)" }
      if left.field(named: field.name) == nil {
        otherNames[field.name] = field.name
        if let full { synonyms[full] = field.name }
      } else if let full {
        otherNames[full] = field.name
      } else if !self.shared.contains(field.name), clash == nil {
        clash = field.name
      }
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

  private func name(of field: Field) -> String? {
    guard !field.isHidden else { return nil }
    return otherNames.first { $0.value == field.name }?.key
  }

  private func scope(_ fields: [Field]) -> RowScope {
    var scope = RowScope(fields, sides: left.sides + (alias.map { [$0] } ?? []))
    scope.settledParts = left.settledParts
    scope.synonyms = left.synonyms.merging(synonyms) { first, _ in first }
    return scope
  }

  /// Of the result. Columns that both share are there once; the other side's own is to be had under
  /// its full name, which says whether there was a row.
  func columns(keyTypes: [String: (number: Int, type: DataType)]) -> [Column] {
    var columns = left.fields.map { field -> Column in
      guard shared.contains(field.name), let key = keyTypes[field.name] else {
        return Column(
          field: optional(field, kind == .right || kind == .full), source: .left(field.name))
      }
      return sharedColumn(field, key)
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
    _ field: Field, _ key: (number: Int, type: DataType)
  ) -> Column {
    let other = right.field(named: field.name) ?? field
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
    if kind == .right || kind == .full { result.settledParts = [] }
    return result
  }
}
