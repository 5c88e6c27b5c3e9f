import Diagnostics
import Semantics
import Syntax

/// What an editor may ask about an open document.
enum Feature: String {
  case hover = "textDocument/hover"
  case completion = "textDocument/completion"
  case definition = "textDocument/definition"
  case references = "textDocument/references"
  case prepareRename = "textDocument/prepareRename"
  case rename = "textDocument/rename"
  case formatting = "textDocument/formatting"
  case symbols = "textDocument/documentSymbol"
  case actions = "textDocument/codeAction"

  /// Whether the answer depends on other open documents.
  var isAboutAll: Bool { self == .references || self == .rename }
}

/// One question about a document and all that is known of it.
struct Inquiry {
  let files: EditorFiles
  /// Of the document that is asked about, and behind it of others that are open.
  let analyses: [Analysis]
  let parameters: JSONValue

  var analysis: Analysis { analyses[0] }

  var file: SourceFile { analysis.file }
  var tree: SyntaxTree { analysis.tree }

  func answer(_ feature: Feature) throws -> JSONValue {
    switch feature {
    case .hover: return try hover(at: offset())
    case .completion: return completions(at: try offset())
    case .definition: return try definition(at: offset())
    case .references: return try references(at: offset())
    case .prepareRename: return try prepareRename(at: offset())
    case .rename: return try rename(at: offset())
    case .formatting: return try formatting()
    case .symbols: return symbols()
    case .actions: return actions()
    }
  }

  private func offset() throws -> Int {
    guard let position = TextPosition(parameters["position"]) else {
      throw EditorSession.RequestFailure(
        code: .invalidParameters, message: "`position` is missing")
    }
    return file.offset(of: position)
  }

  /// A place in this document, or in a file that it imports.
  func location(_ span: Span) -> JSONValue {
    let file = analysis.file(of: span)
    return ["uri": .string(files.uri(of: file)), "range": file.range(span)]
  }

  func edit(_ span: Span, _ text: String) -> JSONValue {
    ["range": analysis.file(of: span).range(span), "newText": .string(text)]
  }

  /// Edits as the protocol has them, by the files that they change.
  func changes(_ edits: [Edit]) -> JSONValue {
    var changes: [String: JSONValue] = [:]
    for (uri, edits) in Dictionary(
      grouping: edits, by: { files.uri(of: analysis.file(of: $0.span)) })
    {
      changes[uri] = .array(edits.map { edit($0.span, $0.replacement) })
    }
    return ["changes": .object(changes)]
  }

  /// A text whose one layout replaces it; none of a text with mistakes of form.
  private func formatting() throws -> JSONValue {
    let (tree, mistakes) = Parser.parse(file)
    guard mistakes.isEmpty else {
      throw EditorSession.RequestFailure(
        code: .requestFailed, message: "a definition with mistakes of form has no layout")
    }
    let text = DefinitionFormatter.format(tree)
    return text.utf8.elementsEqual(file.bytes) ? [] : [edit(file.span, text)]
  }

  /// The declarations, as an outline.
  private func symbols() -> JSONValue {
    .array(
      tree.declarations.map { declaration in
        let name = Self.name(of: declaration)
        let nameSpan = name?.span ?? declaration.head.keyword
        let contained = declaration.span.contains(nameSpan) ? nameSpan : declaration.head.keyword
        return [
          "name": .string(name?.text ?? file.text(declaration.head.keyword)),
          "kind": .int(Self.kind(of: declaration)),
          "detail": .string(file.text(declaration.head.keyword)),
          "range": file.range(declaration.span), "selectionRange": file.range(contained),
        ]
      })
  }

  private static func name(of declaration: DeclarationSyntax) -> Identifier? {
    let name: Identifier? =
      switch declaration {
      case .pipeline(let it): it.name
      case .parameter(let it): it.name
      case .type(let it): it.name
      case .source(let it): it.name
      case .table(let it): it.name
      case .model(let it), .task(let it): it.name
      case .function(let it): it.name
      case .stream(let it): it.name
      case .sink(let it): it.name ?? it.input?.stream
      case .test(let it): Identifier(it.name.constant ?? "test", it.name.span)
      case .imported(let it): Identifier(it.path.constant ?? "import", it.path.span)
      case .checkpoint, .settings: nil
      }
    return name.flatMap { $0.text.isEmpty ? nil : $0 }
  }

  /// The protocol's numbers: module, variable, struct, function, event, object, method.
  private static func kind(of declaration: DeclarationSyntax) -> Int {
    switch declaration {
    case .pipeline, .imported: 2
    case .parameter: 13
    case .type: 23
    case .function: 12
    case .source, .stream, .sink: 24
    case .table, .model, .task: 19
    case .test: 6
    case .checkpoint, .settings: 7
    }
  }
}
