import Diagnostics
import Plans
import Schemas
import Semantics
import Syntax

/// Where names are declared and used.
extension Inquiry {
  func definition(at offset: Int) throws -> JSONValue {
    if let use = analysis.names.use(at: offset) {
      return analysis.declaration(of: use).map { location($0.name.span) } ?? .null
    }
    guard let (_, field) = column(at: offset), let span = origin(of: field.name, before: offset)
    else { return .null }
    return location(span)
  }

  func references(at offset: Int) throws -> JSONValue {
    guard let use = analysis.names.use(at: offset) else { return [] }
    let includes = parameters["context"]?["includeDeclaration"]?.bool ?? true
    let own = analysis.declaration(of: use).map { location($0.name.span) }
    return .array(locations(of: use).filter { includes || $0 != own })
  }

  /// All places of a name in this document, in what it imports, and in open documents that see the
  /// same declaration.
  private func locations(of use: NameIndex.Use) -> [JSONValue] {
    guard let declaration = analysis.declaration(of: use) else {
      return analysis.names.places(of: use).map(location)
    }
    let place = ImportPath.normal(analysis.file(of: declaration.name.span).path)
    var found: [JSONValue] = []
    var seen: Set<JSONValue> = []
    for other in analyses {
      let inquiry = Inquiry(files: files, analyses: [other], parameters: parameters)
      for span in other.places(of: use, declaredAt: place) {
        let location = inquiry.location(span)
        if seen.insert(location).inserted { found.append(location) }
      }
    }
    return found
  }

  func prepareRename(at offset: Int) throws -> JSONValue {
    guard let use = analysis.names.use(at: offset), analysis.declaration(of: use) != nil
    else { return .null }
    return ["range": file.range(use.span), "placeholder": .string(use.name)]
  }

  func rename(at offset: Int) throws -> JSONValue {
    guard let use = analysis.names.use(at: offset), let old = analysis.declaration(of: use)
    else {
      throw EditorSession.RequestFailure(
        code: .requestFailed,
        message: "only names that this file or an imported one declares can be changed, and"
          + " columns not")
    }
    guard let name = parameters["newName"]?.string, let written = Self.written(name) else {
      throw EditorSession.RequestFailure(
        code: .invalidParameters, message: "a name holds no backtick and no line end")
    }
    try refuse(use, as: name, written)
    let place = ImportPath.normal(analysis.file(of: old.name.span).path)
    let new = NameIndex.Use(space: use.space, name: name, span: use.span)
    let isTaken = analyses.contains {
      !$0.places(of: use, declaredAt: place).isEmpty && $0.declaration(of: new) != nil
    }
    if name != use.name, isTaken {
      throw EditorSession.RequestFailure(
        code: .requestFailed, message: "`\(name)` is declared already")
    }
    var changes: [String: [JSONValue]] = [:]
    for location in locations(of: use) {
      guard let uri = location["uri"]?.string, let range = location["range"] else { continue }
      changes[uri, default: []].append(["range": range, "newText": .string(written)])
    }
    return ["changes": .object(changes.mapValues { .array($0) })]
  }

  /// A name that means something else already, everywhere or where it would stand.
  private func refuse(_ use: NameIndex.Use, as name: String, _ written: String) throws {
    var reason: String?
    switch use.space {
    case .function: reason = FunctionName.owner(of: name).map { "is \($0.rawValue)" }
    case .type: reason = Self.takenTypes.contains(name) ? "is a type of the language" : nil
    case .parameter:
      let line = misreading(use, as: name, written)
      reason = line.map { "is a column or another parameter in line \($0), not this param" }
    case .stream, .model, .task: break
    }
    guard let reason else { return }
    throw EditorSession.RequestFailure(code: .requestFailed, message: "`\(name)` \(reason)")
  }

  /// The first line where a param would be taken for something else under its new name: a column
  /// hides a param.
  private func misreading(_ use: NameIndex.Use, as name: String, _ written: String) -> Int? {
    let places = analysis.names.places(of: use)
    var bytes: [UInt8] = []
    var end = 0
    var new: [Int] = []
    for place in places {
      bytes += file.bytes[end..<Int(place.start)]
      new.append(bytes.count)
      bytes += Array(written.utf8)
      end = Int(place.end)
    }
    bytes += file.bytes[end...]
    let changed = Analysis(SourceFile(path: file.path, bytes: bytes), files, .none)
    let uses = changed.names.uses.filter { $0.space == .parameter && $0.name == name }
    let understood = Set(uses.map { Int($0.span.start) })
    return zip(places, new).first { !understood.contains($1) }.map { file.line(of: $0.0) }
  }

  private static let takenTypes = Set(Keywords.types.map { String($0.prefix { $0.isLetter }) })

  /// A name as it stands in a file: in backticks where it has to.
  static func written(_ name: String) -> String? {
    guard !name.isEmpty, !name.contains("`"), !name.contains(where: \.isNewline) else { return nil }
    let file = SourceFile(path: "", text: name)
    let tokens = Parser.parse(file).tree.tokens
    let isPlain = tokens.count == 2 && tokens[0].kind == .name && tokens[0].span == file.span
    return isPlain ? name : "`\(name)`"
  }

  /// The column that a name at this place stands for.
  func column(at offset: Int) -> (Span, Field)? {
    for (span, meaning) in analysis.recorder.names {
      guard span.file == file.id, Int(span.start) <= offset, offset <= Int(span.end),
        case .column(let field) = meaning
      else { continue }
      return (span, field)
    }
    return nil
  }

  /// Where a column came up last before a place of a stream: in a stage above, in the stream it
  /// comes from, or in the type of the source.
  private func origin(of column: String, before offset: Int) -> Span? {
    guard case .stream(let stream)? = analysis.declaration(at: offset) else { return nil }
    return origin(of: column, in: stream, before: offset, depth: 0)
  }

  private func origin(
    of column: String, in stream: StreamDeclaration, before offset: Int, depth: Int
  ) -> Span? {
    let short = column.split(separator: ".").last.map(String.init) ?? column
    for stage in stream.stages.reversed() where Int(stage.span.end) <= offset {
      if let name = Self.made(by: stage).last(where: { $0.text == column }) { return name.span }
      if case .enrich(let enrich) = stage.kind, let span = field(short, of: enrich.table.text),
        column != short
          || analysis.recorder.streams[enrich.table.text]?
            .contains(where: { $0.name == short }) == true
      {
        return span
      }
    }
    guard depth < 64, let input = stream.input?.stream.text else { return nil }
    for case .stream(let other) in tree.declarations where other.name.text == input {
      return origin(of: column, in: other, before: .max, depth: depth + 1)
    }
    return field(column, of: input)
  }

  /// The names that a stage gives to columns.
  private static func made(by stage: StageSyntax) -> [Identifier] {
    switch stage.kind {
    case .map(let items):
      return items.compactMap { if case .computed(let it) = $0 { it.name } else { nil } }
    case .with(let columns), .aggregate(_, let columns): return columns.map(\.name)
    case .window(let it): return it.by.compactMap(\.name) + it.columns.map(\.name)
    case .rename(let renames): return renames.map(\.new)
    default: return []
    }
  }

  /// The field of the type of a source or table.
  private func field(_ name: String, of stream: String) -> Span? {
    for declaration in tree.declarations {
      switch declaration {
      case .source(let it) where it.name.text == stream: return field(name, in: it.type)
      case .table(let it) where it.name.text == stream: return field(name, in: it.type)
      default: break
      }
    }
    return nil
  }

  private func field(_ name: String, in type: TypeSyntax) -> Span? {
    switch type.kind {
    case .structure(let fields): return fields.first { $0.name.text == name }?.name.span
    case .named(let record):
      for case .type(let it) in analysis.trees.flatMap(\.declarations)
      where it.name.text == record.text {
        return it.fields.first { $0.name.text == name }?.name.span
      }
      return nil
    default: return nil
    }
  }
}
