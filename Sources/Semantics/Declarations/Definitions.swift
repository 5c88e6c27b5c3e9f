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
    /// How the parts of a nested member are read.
    var parts: [DecodedColumn]
    var span: Span
  }

  /// How large a type may be, so that nothing which walks it takes long or goes deep.
  static let parts = 4_096
  static let levels = 100

  var members: [Member] = []
  /// Fields, those inside of its members included.
  var partCount = 0
  /// How deep records stand in it.
  var depth = 1

  func member(named name: String) -> Member? { members.first { $0.field.name == name } }
}

/// What of a definition's own names is used somewhere.
struct UsedNames {
  var types: Set<String> = []
  var parameters: Set<String> = []
  var functions: Set<String> = []
  var models: Set<String> = []
  var tasks: Set<String> = []
}

/// What all parts of a definition share: types, params, functions, and the place where mistakes are
/// collected.
final class Definitions {
  /// The definition's own file, and behind it those that it imports.
  let files: [SourceFile]
  let log: DiagnosticLog
  var records: [String: RecordType] = [:]
  /// Declared types whose members are not known yet, and those that are being found out.
  var openRecords: [String: TypeDeclaration] = [:]
  var recordsInWork: [String] = []
  /// Records without a name, by their places: a type is looked at more than once.
  var anonymousRecords: [Span: RecordType] = [:]
  /// All declared types. Asked for once they are all collected, and put together once: a file may
  /// have thousands of wrong names.
  lazy var recordNames: [String] = (Array(records.keys) + openRecords.keys).sorted()
  /// All that a column's type may be called.
  lazy var typeNames: [String] =
    Self.scalarTypes.keys.sorted() + ["decimal", "list", "map"] + recordNames
  /// How many lambdas stand around what is being checked.
  var lambdaDepth = 0
  var parameters: [String: PipelineParameter] = [:]
  var functions: [String: UserFunction] = [:]
  /// Functions of an embedding program.
  var foreign: [String: [FunctionSignature]] = [:]
  /// Bodies that were checked; nil of one that is wrong.
  var bodies: [String: FunctionBody?] = [:]
  /// Functions whose bodies are being checked, to find recursion.
  var activeFunctions: [String] = []
  var nodesOfCalls = 0
  /// Types, params and functions that something names.
  var used = UsedNames()
  /// Sources, tables and streams, whether right or wrong.
  var streamNames: Set<String> = []
  /// Is told what is found out, where somebody asks.
  var recorder: CheckRecorder?
  /// Tells which constants of calls can't work.
  var constants = ConstantCheck.none
  /// Looks at models' files.
  var models = ModelCheck.none
  /// Whether an imported file is missing: what is unknown may have stood in it.
  let lacksImports: Bool

  /// Functions of the language that this version does not have.
  static let laterFunctions: Set<String> = [
    "geo"
  ]

  /// What gives something else each time, which no function does.
  static let inconstantFunctions: Set<String> = [
    "now", "current_timestamp", "current_date", "current_time", "localtimestamp", "random", "rand",
    "uuid", "gen_random_uuid",
  ]

  /// What stands only in options.
  static let optionCalls: Set<String> = ["env", "secret"]

  static let scalarTypes: [String: DataType] = [
    "bool": .bool, "int": .int, "float": .float, "string": .string, "bytes": .bytes,
    "timestamp": .timestamp, "date": .date, "duration": .duration, "json": .json,
  ]

  init(files: [SourceFile], log: DiagnosticLog, lacksImports: Bool = false) {
    self.files = files
    self.log = log
    self.lacksImports = lacksImports
  }

  var file: SourceFile { files[0] }

  func line(_ span: Span) -> Int { files[Int(span.file.index)].line(of: span) }

  /// A span, and the word that begins its clause; nil where more than space is between.
  func clause(_ word: String, before span: Span) -> Span? {
    let bytes = files[Int(span.file.index)].bytes[..<Int(span.start)]
    let space = bytes.reversed().prefix { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    let start = Int(span.start) - space.count - word.utf8.count
    guard start >= 0, bytes[start..<start + word.utf8.count].elementsEqual(word.utf8) else {
      return nil
    }
    return Span(start, Int(span.end), in: span.file)
  }

  /// A span, and the blanks of its line before it.
  func withBlanksBefore(_ span: Span) -> Span {
    let bytes = files[Int(span.file.index)].bytes
    let blanks = bytes[..<Int(span.start)].reversed().prefix {
      $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t")
    }
    return Span(Int(span.start) - blanks.count, Int(span.end), in: span.file)
  }

  func text(_ span: Span) -> String { files[Int(span.file.index)].text(span) }

  /// The type of a column, param or cast; nil where it was reported.
  func type(_ syntax: TypeSyntax) -> FieldType? {
    switch syntax.kind {
    case .named(let name):
      if let type = Self.scalarTypes[name.text] { return FieldType(type) }
      if name.text == "decimal" {
        log.report(TypeProblem.badPrecision, at: syntax.span)
        return nil
      }
      if isRecord(name.text) {
        used.types.insert(name.text)
        return structure(name)
      }
      if !lacksImports {
        log.report(NameProblem.unknownType(name.text, known: typeNames), at: name.span)
      }
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
    case .list(let element): return type(element).map { FieldType(.list($0)) }
    case .map(let key, let value):
      guard let keyType = type(key), let valueType = type(value) else { return nil }
      guard keyType == FieldType(.string) else {
        log.report(NestedProblem.mapKey(keyType), at: key.span)
        return nil
      }
      return FieldType(.map(valueType))
    case .structure(let fields): return structure(record(fields, at: syntax.span))
    case .missing: return nil
    }
  }

  /// The record type of a source, table or sink; nil where it was reported.
  func record(_ syntax: TypeSyntax) -> RecordType? {
    switch syntax.kind {
    case .named(let name):
      if isRecord(name.text) {
        used.types.insert(name.text)
        return record(named: name)
      }
      let known = recordNames
      if Self.scalarTypes[name.text] != nil {
        let found = FieldType(Self.scalarTypes[name.text] ?? .unknown)
        log.report(
          TypeProblem.expected("a record type", found: found, where: "this"), at: name.span)
      } else if !lacksImports {
        log.report(NameProblem.unknownType(name.text, known: known), at: name.span)
      }
      return nil
    case .structure(let fields): return record(fields, at: syntax.span)
    case .missing: return nil
    default:
      let what = FieldType(.unknown, nullable: true)
      log.report(
        TypeProblem.expected("a record type", found: what, where: "this"), at: syntax.span)
      return nil
    }
  }

  /// The constant value of an expression that stands outside of any row.
  func constant(_ syntax: ExpressionSyntax, as type: DataType, place: String) -> Literal? {
    constant(syntax, as: FieldType(type), place: place)
  }

  func constant(_ syntax: ExpressionSyntax, as type: FieldType, place: String) -> Literal? {
    ExpressionChecker(self, RowScope([])).constant(syntax, as: type, place: place)
  }
}

extension Definitions {
  /// What a name of the catalogue or of the embedding program stands for.
  func signatures(named name: String) -> [FunctionSignature] {
    foreign[name] ?? FunctionCatalogue.signatures(named: name)
  }

  /// All functions that are known here, the author's own included.
  var callableNames: [String] {
    FunctionCatalogue.callableNames + foreign.keys.sorted() + functions.keys.sorted()
  }
}
