import Diagnostics
import Plans
import Schemas
import Semantics
import Syntax

/// What may stand at a place.
extension Inquiry {
  enum ItemKind: Int {
    case method = 2
    case function = 3
    case field = 5
    case variable = 6
    case module = 9
    case property = 10
    case value = 12
    case keyword = 14
    case structure = 22
  }

  typealias Candidate = (name: String, kind: ItemKind, detail: String)

  func completions(at offset: Int) -> JSONValue {
    guard let (inquiry, place) = place(at: offset) else { return [] }
    var seen: Set<String> = []
    let items = inquiry.candidates(place).filter { seen.insert($0.name).inserted }
    let sides = inquiry.row(at: place)?.sides ?? []
    let isTest = if case .test = place.declaration { true } else { false }
    return .array(
      items.map { name, kind, detail in
        let written = isTest ? Self.writtenInRow(name) : Self.written(name, sides)
        return [
          "label": .string(name), "kind": .int(kind.rawValue), "detail": .string(detail),
          "insertText": .string(kind == .keyword ? name : written),
        ]
      })
  }

  /// In the rows of a test the name of a column may always be parts with points between.
  private static func writtenInRow(_ name: String) -> String {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let texts = parts.compactMap { written($0) }
    return texts.count == parts.count ? texts.joined(separator: ".") : written(name) ?? name
  }

  /// A name as it is to be inserted: `n.c` of a side is two.
  private static func written(_ name: String, _ sides: [String]) -> String {
    let side = sides.first { name.hasPrefix($0 + ".") }
    guard let side else { return written(name) ?? name }
    let column = String(name.dropFirst(side.count + 1))
    return "\(written(side) ?? side).\(written(column) ?? column)"
  }

  /// The word at a place. Where none is begun yet, what is asked about is the text with one there:
  /// else the parser would take what stands on the next line for what was to come.
  private func place(at offset: Int) -> (Inquiry, CompletionPlace)? {
    if let index = CompletionPlace.word(analysis, at: offset) {
      return (self, CompletionPlace(analysis, at: index))
    }
    let bytes = file.bytes[..<offset] + [UInt8(ascii: "_")] + file.bytes[offset...]
    let changed = Analysis(SourceFile(path: file.path, bytes: Array(bytes)), files, .none)
    let index = changed.tree.tokens.firstIndex {
      $0.kind == .name && Int($0.span.start) == offset
    }
    // In a comment, in a text, behind a number.
    guard let index else { return nil }
    let inquiry = Inquiry(files: files, analyses: [changed], parameters: parameters)
    return (inquiry, CompletionPlace(changed, at: index))
  }

  private func candidates(_ place: CompletionPlace) -> [Candidate] {
    if place.before?.kind == .pipe { return Keywords.stages.map { ($0, .keyword, "stage") } }
    if place.beginsDeclaration {
      return Keywords.declarations.map { ($0, .keyword, "declaration") }
    }
    if place.before?.kind == .dot { return members(place) }
    if let found = options(place) { return found }
    let word = place.lead
    switch place.declaration {
    case .test: return testCandidates(place)
    case .stream(let stream): return stageCandidates(stream, place)
    case .sink where word == "sink" || word == "=": return streams { _ in true }
    case .type where [":", "<"].contains(word): return types(records: false)
    case .parameter where word == ":", .function where [":", "<"].contains(word):
      return types(records: false)
    case .source where word == ":", .table where word == ":", .sink where word == ":":
      return place.open.isEmpty ? types(records: true) : []
    case .source where word == "from", .table where word == "from": return connectors()
    case .sink where word == "to": return connectors()
    case .function(let it):
      return it.parameters.map { ($0.name.text, .variable, "") } + settings() + functions()
    default: return []
    }
  }

  // MARK: - Stages

  private func stageCandidates(
    _ stream: StreamDeclaration, _ place: CompletionPlace
  ) -> [Candidate] {
    let word = place.lead
    guard let stage = stream.stages.last(where: { Int($0.span.start) <= place.offset }) else {
      return word == "=" ? streams { $0 != stream.name.text } : []
    }
    switch (stage.keyword.text, word) {
    case ("enrich", "enrich"), ("execute", "by"): return tables()
    case ("execute", "execute"): return tasks()
    case ("union", "union"), ("union", ","), (_, "join"), ("attribute", "attribute"):
      return streams { $0 != stream.name.text }
    case ("window", "window"): return Keywords.windows.map { ($0, .keyword, "kind of window") }
    case (_, "on_error"): return Keywords.errorRoutes.map { ($0, .keyword, "error route") }
    case (_, "to"): return connectors()
    default: break
    }
    if let words = clauseWords(stage, place) { return words }
    if case .fold(let fold) = stage.kind, let found = states(fold, place) { return found }
    if case .match(let match) = stage.kind, let found = stepCandidates(match, stage, place) {
      return found
    }
    var found = fields(row(at: place)?.fields ?? [])
    found += settings()
    let isInBlock = place.open.contains { place.tokens[$0].kind == .openBrace }
    if isInBlock, ["window", "aggregate", "over"].contains(stage.keyword.text) {
      found += AggregateCatalogue.names.map { ($0, .function, "aggregate") }
    }
    if case .fold(let fold) = stage.kind {
      found += fold.state.map { ($0.name.text, .variable, "state: \(file.text($0.type.span))") }
    }
    return found + functions()
  }

  /// Columns that may be named.
  func fields(_ fields: [Field]) -> [Candidate] {
    fields.filter { !$0.isHidden }.map { ($0.name, .field, "\($0.fieldType)") }
  }

  /// The params.
  func settings() -> [Candidate] {
    analysis.recorder.parameters.values.sorted { $0.name < $1.name }
      .map { ($0.name, .variable, "param: \($0.fieldType)") }
  }

  func functions() -> [Candidate] {
    shared(.function).map { ($0.name.text, .function, "function \(home(of: $0))") }
      + FunctionCatalogue.callableNames.map { ($0, .function, "function") }
  }

  // MARK: - Names

  /// What this file declares, and what it imports.
  private func shared(_ space: NameIndex.Space) -> [NameIndex.Declaration] {
    analysis.indices.flatMap(\.declarations).filter { $0.space == space }
  }

  private func home(of declaration: NameIndex.Declaration) -> String {
    let home = analysis.file(of: declaration.name.span)
    guard home.id != file.id else { return "of this file" }
    return "of \(home.path.split(separator: "/").last ?? "an imported file")"
  }

  func streams(_ isWanted: (String) -> Bool) -> [Candidate] {
    analysis.names.declarations
      .filter { $0.space == .stream && isWanted($0.name.text) }
      .map { ($0.name.text, .variable, file.text($0.head.keyword)) }
  }

  private func tasks() -> [Candidate] {
    shared(.task).map { ($0.name.text, .variable, "task \(home(of: $0))") }
  }

  private func tables() -> [Candidate] {
    tree.declarations.compactMap { declaration in
      if case .table(let it) = declaration { (it.name.text, .variable, "table") } else { nil }
    }
  }

  func types(records: Bool) -> [Candidate] {
    let own: [Candidate] = shared(.type)
      .map { ($0.name.text, .structure, "type \(home(of: $0))") }
    if records { return own }
    let plain = Keywords.types.map { String($0.prefix { $0.isLetter }) }
    return plain.map { ($0, .keyword, "type") } + own
  }

  func connectors() -> [Candidate] {
    ConnectorCatalogue.connectors.map { ($0.name, .module, $0.documentation) }
  }
}
