import Plans
import Schemas

/// How much of a column somebody reads.
enum NeededParts: Equatable {
  case whole
  /// Of a struct these fields, each as far as it is read. None: only whether it is there.
  case fields([String: NeededParts])

  static let none = NeededParts.fields([:])

  mutating func formUnion(_ other: NeededParts) {
    guard case .fields(var own) = self, case .fields(let more) = other else {
      self = .whole
      return
    }
    for (name, parts) in more { own[name, default: .none].formUnion(parts) }
    self = .fields(own)
  }

  /// The type of what is left. A struct keeps a field, so that it still is one.
  func left(of type: DataType) -> DataType {
    guard case .fields(let parts) = self, case .structure(let all) = type else { return type }
    return .structure(
      kept(all) { $0 }.map { field in
        let inner = parts[field.name]?.left(of: field.type) ?? field.type
        return Field(field.name, FieldType(inner, nullable: field.isNullable))
      })
  }

  /// What is left of a column, and of how its parts are read.
  func left(of column: DecodedColumn) -> DecodedColumn {
    guard case .fields(let parts) = self else { return column }
    var result = column
    result.field.fieldType.type = left(of: column.field.type)
    result.parts = kept(column.parts) { $0.field }.map { part in
      parts[part.field.name]?.left(of: part) ?? part
    }
    return result
  }

  private func kept<Part>(_ all: [Part], _ field: (Part) -> Field) -> [Part] {
    guard case .fields(let parts) = self else { return all }
    let kept = all.filter { parts[field($0).name] != nil }
    if !kept.isEmpty || all.isEmpty { return kept }
    // That of a scalar is read fastest.
    return [all.first { !field($0).type.isNested } ?? all[0]]
  }
}

extension [String: NeededParts] {
  /// Takes up what an expression reads, if of its value only `parts` are read.
  mutating func read(_ expression: Expression, _ parts: NeededParts = .whole) {
    switch expression.node {
    case .column(let name): self[name, default: .none].formUnion(parts)
    case .member(let base, let field): read(base, .fields([field: parts]))
    case .isNull(let operand) where operand.isPath: read(operand, .none)
    default: for operand in expression.operands { read(operand) }
    }
  }
}

extension Expression {
  /// Whether it is a column, or a field of a struct in one.
  var isPath: Bool {
    switch node {
    case .column: true
    case .member(let base, _): base.isPath
    default: false
    }
  }

  /// The same over columns of which less is left.
  func retyped(_ row: [String: DataType]) -> Expression {
    var result = replacingOperands { $0.retyped(row) }
    switch result.node {
    case .column(let name):
      if let type = row[name] { result.fieldType.type = type }
    case .member(let base, let name):
      if case .structure(let fields) = base.type,
        let field = fields.first(where: { $0.name == name })
      {
        result.fieldType.type = field.type
      }
    default: break
    }
    return result
  }
}
