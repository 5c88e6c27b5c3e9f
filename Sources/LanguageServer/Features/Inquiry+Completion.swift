import Diagnostics
import Plans
import Schemas
import Semantics
import Syntax

/// What may stand at a place.
extension Inquiry {
  private enum ItemKind: Int {
    case function = 3
    case field = 5
    case variable = 6
    case module = 9
    case property = 10
    case value = 12
    case keyword = 14
    case structure = 22
  }

  func completions(at offset: Int) -> JSONValue {
    var seen: Set<String> = []
    let items = candidates(at: offset).filter { seen.insert($0.name).inserted }
    return .array(
      items.map { name, kind, detail in
        [
          "label": .string(name), "kind": .int(kind.rawValue), "detail": .string(detail),
          "insertText": .string(kind == .keyword ? name : Self.written(name) ?? name),
        ]
      })
  }

  private typealias Candidate = (name: String, kind: ItemKind, detail: String)

  private func candidates(at offset: Int) -> [Candidate] {
    // The word that is being written says nothing about where it stands.
    var place = analysis.token(at: offset)
    if let index = place, tree.tokens[index].kind == .name, offset <= tree.tokens[index].span.end {
      place = index > 0 ? index - 1 : nil
    }
    let before = place.map { tree.tokens[$0] }
    let word = before.map { file.text($0.span) } ?? ""
    let current = place.map { tree.tokens[min($0 + 1, tree.tokens.count - 1)] }
    if word == "|" { return Keywords.stages.map { ($0, .keyword, "stage") } }
    if let block = connector(at: offset), let found = options(block, word, offset) { return found }
    let isNewLine = before == nil || current?.startsLine == true || lineIsEmpty(before: offset)
    switch analysis.declaration(at: offset) {
    case .test where ["given", "expect"].contains(word): return streams { _ in true }
    case .stream(let stream):
      if isNewLine, offset >= Int(stream.head.span.end), word != "," { break }
      return stageCandidates(stream, word, before, offset)
    case .sink where word == "sink" || word == "=": return streams { _ in true }
    case .parameter where word == ":", .type where word == ":", .function where word == ":":
      return types(records: false)
    case .source where word == ":", .table where word == ":", .sink where word == ":":
      return types(records: true)
    case .source where word == "from", .table where word == "from": return connectors()
    case .sink where word == "to": return connectors()
    case .function(let it): return it.parameters.map { ($0.name.text, .variable, "") } + functions()
    default: break
    }
    return isNewLine ? Keywords.declarations.map { ($0, .keyword, "declaration") } : []
  }

  private func lineIsEmpty(before offset: Int) -> Bool {
    let start = file.bytesOfLine(file.line(at: offset)).lowerBound
    return file.text(Span(start, max(start, offset), in: file.id)).allSatisfy { $0 == " " }
  }

  // MARK: - Stages

  private func stageCandidates(
    _ stream: StreamDeclaration, _ word: String, _ before: Token?, _ offset: Int
  ) -> [Candidate] {
    guard let stage = stream.stages.last(where: { Int($0.span.start) <= offset }) else {
      return streams { $0 != stream.name.text }
    }
    switch (stage.keyword.text, word) {
    case ("enrich", "enrich"): return tables()
    case ("union", "union"), ("union", ","), (_, "join"): return streams { $0 != stream.name.text }
    case ("window", "window"): return Keywords.windows.map { ($0, .keyword, "kind of window") }
    case (_, "on_error"): return Keywords.errorRoutes.map { ($0, .keyword, "error route") }
    default: break
    }
    let row = row(before: stage) ?? []
    if word == ".", let before { return members(of: before, row) }
    var found: [Candidate] = row.map { ($0.name, .field, "\($0.fieldType)") }
    found += analysis.recorder.parameters.values.sorted { $0.name < $1.name }
      .map { ($0.name, .variable, "param: \($0.fieldType)") }
    if ["window", "aggregate", "over"].contains(stage.keyword.text) {
      found += AggregateCatalogue.names.map { ($0, .function, "aggregate") }
    }
    if case .fold(let fold) = stage.kind {
      found += fold.state.map { ($0.name.text, .variable, "state: \(file.text($0.type.span))") }
    }
    return found + functions()
  }

  /// The columns of a joined side, or `param.`.
  private func members(of dot: Token, _ row: [Field]) -> [Candidate] {
    guard let index = tree.tokens.firstIndex(of: dot), index > 0 else { return [] }
    let side = file.text(tree.tokens[index - 1].span)
    if side == "param" {
      return analysis.recorder.parameters.values.sorted { $0.name < $1.name }
        .map { ($0.name, .variable, "\($0.fieldType)") }
    }
    let columns = row.filter { $0.name.hasPrefix(side + ".") }
    return columns.map {
      (String($0.name.dropFirst(side.count + 1)), .field, "\($0.fieldType)")
    }
  }

  private func functions() -> [Candidate] {
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

  private func streams(_ isWanted: (String) -> Bool) -> [Candidate] {
    analysis.names.declarations
      .filter { $0.space == .stream && isWanted($0.name.text) }
      .map { ($0.name.text, .variable, file.text($0.head.keyword)) }
  }

  private func tables() -> [Candidate] {
    tree.declarations.compactMap { declaration in
      if case .table(let it) = declaration { (it.name.text, .variable, "table") } else { nil }
    }
  }

  private func types(records: Bool) -> [Candidate] {
    let own: [Candidate] = shared(.type)
      .map { ($0.name.text, .structure, "type \(home(of: $0))") }
    if records { return own }
    let plain = Keywords.types.map { String($0.prefix { $0.isLetter }) }
    return plain.map { ($0, .keyword, "type") } + own
  }

  private func connectors() -> [Candidate] {
    ConnectorCatalogue.connectors.map { ($0.name, .module, $0.documentation) }
  }

  // MARK: - Options

  private func connector(
    at offset: Int
  ) -> (ConnectorSyntax, ConnectorDescriptor.Role)? {
    let found: (ConnectorSyntax, ConnectorDescriptor.Role)? =
      switch analysis.declaration(at: offset) {
      case .source(let it): (it.connector, .source)
      case .sink(let it): (it.connector, .sink)
      case .table(let it):
        if case .connector(let connector) = it.origin { (connector, .table) } else { nil }
      default: nil
      }
    guard let found, found.0.options.span.count > 0,
      Int(found.0.options.span.start) < offset, offset <= Int(found.0.options.span.end)
    else { return nil }
    return found
  }

  /// Names of options at the start of an item, values behind a name; nil in the middle of a value.
  private func options(
    _ block: (syntax: ConnectorSyntax, role: ConnectorDescriptor.Role), _ word: String,
    _ offset: Int
  ) -> [Candidate]? {
    guard let connector = ConnectorCatalogue.connector(named: block.syntax.name.text) else {
      return nil
    }
    let options = ConnectorCatalogue.options(connector, as: block.role).filter { !$0.isLater }
    if word == ":",
      let index = tree.tokens.lastIndex(where: {
        $0.kind == .colon && Int($0.span.end) <= offset
      }), index > 0
    {
      let name = file.text(tree.tokens[index - 1].span)
      return options.first { $0.name == name }.map { values(of: $0, offset) } ?? []
    }
    guard word == "{" || word == "," || lineIsEmpty(upToWordAt: offset) else { return nil }
    let written = Set(block.syntax.options.options.map(\.name.text))
    return options.filter { !written.contains($0.name) }
      .map { ($0.name, .property, $0.documentation) }
  }

  private func lineIsEmpty(upToWordAt offset: Int) -> Bool {
    let start = file.bytesOfLine(file.line(at: offset)).lowerBound
    let text = file.text(Span(start, max(start, offset), in: file.id))
    return text.allSatisfy { $0 == " " || $0 == "_" || $0.isLetter } && !text.contains(": ")
  }

  private func values(of option: OptionDescriptor, _ offset: Int) -> [Candidate] {
    switch option.kind {
    case .word(let words), .start(let words): return words.map { ($0, .value, option.name) }
    case .bool, .switchOrBlock:
      return ["true", "false"].map { ($0, .keyword, option.name) }
    case .errorRoute: return Keywords.errorRoutes.map { ($0, .keyword, option.name) }
    case .eventTime:
      return ["meta.timestamp", "arrival"].map { ($0, .keyword, option.name) } + columns(offset)
    case .columns, .condition, .expressions: return columns(offset)
    default: return []
    }
  }

  /// The columns of the source or of the stream that a sink takes.
  private func columns(_ offset: Int) -> [Candidate] {
    let name: String? =
      switch analysis.declaration(at: offset) {
      case .source(let it): it.name.text
      case .sink(let it): it.input?.stream.text
      default: nil
      }
    let fields = name.flatMap { analysis.recorder.streams[$0] } ?? []
    return fields.filter { !$0.isHidden }.map { ($0.name, .field, "\($0.fieldType)") }
  }
}
