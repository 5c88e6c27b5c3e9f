import Diagnostics
import Plans
import Schemas
import Syntax

/// Records inside records, lists and maps.
extension Definitions {
  func isRecord(_ name: String) -> Bool { records[name] != nil || openRecords[name] != nil }

  /// A declared type, found out when it is first asked for; nil where it holds itself, which was
  /// reported.
  func record(named name: Identifier) -> RecordType? {
    if let record = records[name.text] { return record }
    if let start = recordsInWork.firstIndex(of: name.text) {
      let circle = recordsInWork[start...] + [name.text]
      log.report(NestedProblem.endlessType(Array(circle)), at: name.span)
      return nil
    }
    guard let declaration = openRecords[name.text] else { return nil }
    recordsInWork.append(name.text)
    let record = record(declaration.fields)
    recordsInWork.removeLast()
    openRecords[name.text] = nil
    records[name.text] = record
    return record
  }

  /// A declared type as the type of a column.
  func structure(_ name: Identifier) -> FieldType? { record(named: name).flatMap(structure) }

  func structure(_ record: RecordType) -> FieldType? {
    let fields = record.members.map(\.field)
    return fields.contains { $0.type.holdsUnknown } ? nil : FieldType(.structure(fields))
  }

  /// How the parts of a column of this type are read, where its declaration says something; see
  /// `DecodedColumn.parts`. What is wrong was reported with the type itself.
  func parts(of syntax: TypeSyntax) -> [DecodedColumn] {
    switch syntax.kind {
    case .optional(let inner): return parts(of: inner)
    case .list(let inner), .map(_, let inner):
      let parts = parts(of: inner)
      if parts.isEmpty { return [] }
      let type = type(inner)
      return type.map {
        [DecodedColumn(field: Field("", $0), origin: .field(""), parts: parts)]
      } ?? []
    case .structure(let fields): return parts(of: record(fields))
    case .named(let name): return records[name.text].map(parts) ?? []
    default: return []
    }
  }

  /// Empty where all are read by their names in the standard forms.
  private func parts(of record: RecordType) -> [DecodedColumn] {
    let isPlain = record.members.allSatisfy {
      $0.origin == .field($0.field.name) && $0.timeFormat == .standard && $0.parts.isEmpty
    }
    if isPlain { return [] }
    return record.members.map { member in
      var origin = member.origin
      if case .field = origin {
      } else {
        log.report(NestedProblem.metaInside(member.field.name), at: member.span)
        origin = .field(member.field.name)
      }
      return DecodedColumn(
        field: member.field, origin: origin, timeFormat: member.timeFormat, parts: member.parts)
    }
  }
}
