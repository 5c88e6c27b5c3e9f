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
    guard recordsInWork.count < RecordType.levels else {
      log.report(NestedProblem.tooLarge, at: name.span)
      return nil
    }
    recordsInWork.append(name.text)
    let record = members(declaration.fields)
    recordsInWork.removeLast()
    openRecords[name.text] = nil
    records[name.text] = record
    return record
  }

  /// The record of a type without a name, found out once.
  func record(_ fields: [FieldSyntax], at span: Span) -> RecordType {
    if let known = anonymousRecords[span] { return known }
    let record = members(fields)
    anonymousRecords[span] = record
    return record
  }

  /// The members of a record; a wrong one keeps its name with an unknown type.
  private func members(_ fields: [FieldSyntax]) -> RecordType {
    var record = RecordType()
    var seen: [String: Span] = [:]
    for syntax in fields {
      if let first = seen[syntax.name.text] {
        log.report(NameProblem.columnTwice(syntax.name.text, first: first), at: syntax.name.span)
        continue
      }
      seen[syntax.name.text] = syntax.name.span
      record.members.append(member(syntax, &record))
    }
    return record
  }

  private func member(_ syntax: FieldSyntax, _ record: inout RecordType) -> RecordType.Member {
    var fieldType = type(syntax.type) ?? FieldType(.unknown)
    let inner = size(of: syntax.type)
    record.partCount += 1 + inner.parts
    record.depth = max(record.depth, 1 + inner.levels)
    let isTooLarge = record.partCount > RecordType.parts || record.depth > RecordType.levels
    if isTooLarge {
      log.report(NestedProblem.tooLarge, at: syntax.name.span)
      fieldType = FieldType(.unknown)
      record.partCount -= inner.parts
      record.depth = min(record.depth, RecordType.levels)
    }
    return RecordType.Member(
      field: Field(syntax.name.text, fieldType), origin: origin(of: syntax),
      timeFormat: timeFormat(of: syntax, fieldType),
      parts: isTooLarge ? [] : parts(of: syntax.type), span: syntax.name.span)
  }

  /// Of the records in a type whose members are known.
  private func size(of syntax: TypeSyntax) -> (parts: Int, levels: Int) {
    let record: RecordType?
    switch syntax.kind {
    case .optional(let inner), .list(let inner), .map(_, let inner): return size(of: inner)
    case .structure: record = anonymousRecords[syntax.span]
    case .named(let name): record = records[name.text]
    default: record = nil
    }
    return record.map { ($0.partCount, $0.depth) } ?? (0, 0)
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
    case .structure(let fields): return parts(of: record(fields, at: syntax.span))
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
