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
    if let (_, local) = bound(at: offset) { return location(local.definition) }
    guard let (_, field) = column(at: offset),
      let span = origin(of: withoutStep(field.name, at: offset), before: offset)
    else { return .null }
    return location(span)
  }

  func references(at offset: Int) throws -> JSONValue {
    let includes = parameters["context"]?["includeDeclaration"]?.bool ?? true
    guard let use = analysis.names.use(at: offset) else {
      guard let (_, local) = local(at: offset) else { return [] }
      return .array(local.places.filter { includes || $0 != local.definition }.map(location))
    }
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
    guard let use = analysis.names.use(at: offset) else {
      guard let (place, local) = local(at: offset), isMadeHere(local.definition) else {
        return .null
      }
      return ["range": file.range(place), "placeholder": .string(local.text)]
    }
    guard analysis.declaration(of: use) != nil else { return .null }
    return ["range": file.range(use.span), "placeholder": .string(use.name)]
  }

  func rename(at offset: Int) throws -> JSONValue {
    guard let name = parameters["newName"]?.string, let written = Self.written(name) else {
      throw EditorSession.RequestFailure(
        code: .invalidParameters, message: "a name holds no backtick and no line end")
    }
    if analysis.names.use(at: offset) == nil, let (_, local) = local(at: offset) {
      return try rename(local, to: name, written)
    }
    guard let use = analysis.names.use(at: offset), let old = analysis.declaration(of: use)
    else {
      throw EditorSession.RequestFailure(
        code: .requestFailed,
        message: "only names that this file or an imported one gives can be changed")
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
    let (bytes, new) = replacing(places, by: written)
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
}
