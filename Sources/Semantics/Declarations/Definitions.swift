import Diagnostics
import Plans
import Schemas
import Syntax

/// A declared record type.
struct RecordType {
  struct Member {
    var field: Field
    var origin: DecodedColumn.Origin
    var timeFormat: TimeFormat
    var span: Span
  }

  var members: [Member]

  func member(named name: String) -> Member? { members.first { $0.field.name == name } }
}

/// A function of the definition's author.
struct UserFunction {
  struct Parameter {
    var name: String
    var fieldType: FieldType
  }

  var name: Identifier
  var parameters: [Parameter]
  var result: FieldType
  var body: ExpressionSyntax
}

/// What all parts of a definition share: types, params, functions, and the place where mistakes are
/// collected.
final class Definitions {
  let file: SourceFile
  let log: DiagnosticLog
  var records: [String: RecordType] = [:]
  var parameters: [String: PipelineParameter] = [:]
  var functions: [String: UserFunction] = [:]
  /// Functions whose bodies are being written out, to find recursion.
  private var active: [String] = []

  /// Functions of the language that this version does not have.
  static let laterFunctions: Set<String> = [
    "utm", "user_agent", "ip_prefix", "mask_email", "mask_phone", "pseudonym", "redact", "now",
    "current_timestamp", "geo", "random", "uuid",
  ]

  static let scalarTypes: [String: DataType] = [
    "bool": .bool, "int": .int, "float": .float, "string": .string, "bytes": .bytes,
    "timestamp": .timestamp, "date": .date, "duration": .duration, "json": .json,
  ]

  init(file: SourceFile, log: DiagnosticLog) {
    self.file = file
    self.log = log
  }

  func line(_ span: Span) -> Int { file.line(of: span) }

  /// The type of a column, param or cast; nil where it was reported.
  func type(_ syntax: TypeSyntax) -> FieldType? {
    switch syntax.kind {
    case .named(let name):
      if let type = Self.scalarTypes[name.text] { return FieldType(type) }
      if name.text == "decimal" {
        log.report(TypeProblem.badPrecision, at: syntax.span)
        return nil
      }
      if records[name.text] != nil {
        log.report(StageProblem.later("a record inside a record"), at: syntax.span)
        return nil
      }
      let known = Self.scalarTypes.keys.sorted() + ["decimal"]
      log.report(NameProblem.unknownType(name.text, known: known), at: name.span)
      return nil
    case .decimal(let precision, let scale):
      guard (1...38).contains(precision.value), scale.value >= 0, scale.value <= precision.value
      else {
        log.report(TypeProblem.badPrecision, at: syntax.span)
        return nil
      }
      return FieldType(
        .decimal(precision: Int(precision.value), scale: Int(scale.value)))
    case .optional(let inner): return type(inner)?.optional
    case .list: return later("a column of lists", at: syntax.span)
    case .map: return later("a column of maps", at: syntax.span)
    case .structure: return later("a record inside a record", at: syntax.span)
    case .missing: return nil
    }
  }

  private func later(_ what: String, at span: Span) -> FieldType? {
    log.report(StageProblem.later(what), at: span)
    return nil
  }

  /// The record type of a source, table or sink; nil where it was reported.
  func record(_ syntax: TypeSyntax) -> RecordType? {
    switch syntax.kind {
    case .named(let name):
      if let record = records[name.text] { return record }
      let known = records.keys.sorted()
      if Self.scalarTypes[name.text] != nil {
        let found = FieldType(Self.scalarTypes[name.text] ?? .unknown)
        log.report(
          TypeProblem.expected("a record type", found: found, where: "this"), at: name.span)
      } else {
        log.report(NameProblem.unknownType(name.text, known: known), at: name.span)
      }
      return nil
    case .structure(let fields): return record(fields)
    case .missing: return nil
    default:
      let what = FieldType(.unknown, nullable: true)
      log.report(
        TypeProblem.expected("a record type", found: what, where: "this"), at: syntax.span)
      return nil
    }
  }

  /// The members of a record; a wrong one keeps its name with an unknown type.
  func record(_ fields: [FieldSyntax]) -> RecordType {
    var members: [RecordType.Member] = []
    var seen: [String: Span] = [:]
    for syntax in fields {
      if let first = seen[syntax.name.text] {
        log.report(NameProblem.columnTwice(syntax.name.text, first: first), at: syntax.name.span)
        continue
      }
      seen[syntax.name.text] = syntax.name.span
      let fieldType = type(syntax.type) ?? FieldType(.unknown)
      members.append(
        RecordType.Member(
          field: Field(syntax.name.text, fieldType), origin: origin(of: syntax),
          timeFormat: timeFormat(of: syntax, fieldType), span: syntax.name.span))
    }
    return RecordType(members: members)
  }

  /// The constant value of an expression that stands outside of any row.
  func constant(_ syntax: ExpressionSyntax, as type: DataType, place: String) -> Literal? {
    ExpressionChecker(self, RowScope([])).constant(syntax, as: type, place: place)
  }

  /// The body of a function, its parameters bound.
  func body(of function: UserFunction, bindings: [String: Typed]) -> Typed {
    let name = function.name.text
    if active.contains(name) {
      log.report(StageProblem.recursiveFunction(name), at: function.name.span)
      return .wrong
    }
    active.append(name)
    defer { active.removeLast() }
    let checker = ExpressionChecker(self, RowScope([]))
    checker.bindings = bindings
    let place = "the result of `\(name)`"
    let body = checker.check(function.body, as: function.result, place: place)
    return body.type == .unknown ? .wrong : Typed(body)
  }
}
