import Compiler
import Diagnostics
import Plans
import Schemas
import Semantics
import Syntax

/// What stands at a place, in Markdown.
extension Inquiry {
  func hover(at offset: Int) throws -> JSONValue {
    guard let (span, text) = explanation(at: offset) else { return .null }
    return [
      "contents": ["kind": "markdown", "value": .string(text)], "range": file.range(span),
    ]
  }

  private func explanation(at offset: Int) -> (Span, String)? {
    if let use = analysis.names.use(at: offset), let text = explanation(of: use) {
      return (use.span, text)
    }
    if let (span, step) = step(at: offset) {
      let definition = step.definition
      let text = file.text(definition.name.span.joined(definition.value.span))
      return (span, Self.code(text) + "\nrows of a `match`")
    }
    if let (span, field) = column(at: offset) {
      return (span, Self.code("\(field)") + "\ncolumn" + documentation(of: field.name, offset))
    }
    if let stage = stage(at: offset), let row = row(before: stage) {
      return (stage.keyword.span, "the columns before this stage\n" + Self.code(Self.list(row)))
    }
    let types = analysis.recorder.types.filter {
      $0.key.file == file.id && Int($0.key.start) <= offset && offset <= Int($0.key.end)
    }
    guard let (span, type) = types.min(by: { $0.key.count < $1.key.count }) else { return nil }
    return (span, Self.code("\(type)"))
  }

  /// A stage whose first word is at the place.
  private func stage(at offset: Int) -> StageSyntax? {
    guard case .stream(let stream)? = analysis.declaration(at: offset) else { return nil }
    return stream.stages.first {
      Int($0.keyword.span.start) <= offset && offset <= Int($0.keyword.span.end)
    }
  }

  func row(before stage: StageSyntax) -> [Field]? {
    analysis.recorder.rows.last { $0.stage == stage.span }?.row.fields.filter { !$0.isHidden }
  }

  private func explanation(of use: NameIndex.Use) -> String? {
    if use.space == .function, analysis.declaration(of: use) == nil {
      return Self.explanation(ofFunction: use.name)
    }
    guard let declaration = analysis.declaration(of: use) else { return nil }
    var text = Self.code(head(of: declaration))
    if use.space == .stream {
      if let mode = analysis.compilation.modes.first(where: { $0.stream == use.name }) {
        text += "\n\(mode.mode)"
      }
      if let fields = analysis.recorder.streams[use.name] {
        text += Self.code(Self.list(fields.filter { !$0.isHidden }))
      }
    }
    if !declaration.head.documentation.isEmpty { text += "\n" + declaration.head.documentation }
    return text
  }

  /// The first line of a declaration; of models and tasks all, for what they are stands within.
  private func head(of declaration: NameIndex.Declaration) -> String {
    let text = analysis.file(of: declaration.head.span).text(declaration.head.span)
    return [.model, .task].contains(declaration.space)
      ? text : String(text.prefix { !$0.isNewline })
  }

  static func explanation(ofFunction name: String) -> String? {
    let aggregates = AggregateCatalogue.signatures(named: name)
    if let first = aggregates.first {
      return code("\(name)(…)") + "\naggregate: \(first.documentation)"
    }
    if let form = FunctionCatalogue.specialForms.first(where: { $0.name == name }) {
      return code("\(name)(…)") + "\n\(form.documentation)"
    }
    let signatures = FunctionCatalogue.signatures(named: name)
    guard let first = signatures.first else { return nil }
    let heads = signatures.map { heading($0, name) }
    let example = first.example.isEmpty ? "" : "\n\n\(first.example)"
    return code(heads.joined(separator: "\n")) + "\n\(first.documentation)\(example)"
  }

  private static func heading(_ signature: FunctionSignature, _ name: String) -> String {
    let parameters = signature.parameters.map { parameter in
      switch parameter {
      case .value(let type): "\(type)"
      case .number: "number"
      case .common: "any"
      case .constantText, .setting: "text"
      case .constantInt: "int"
      case .choice(let words): words.map { "\"\($0)\"" }.joined(separator: "|")
      case .list, .orderedList, .numberList, .element, .map, .anything:
        parameter.description
      }
    }
    let result: String =
      switch signature.result {
      case .type(let type): ": \(type)"
      default: ""
      }
    return "\(name)(\(parameters.joined(separator: ", ")))\(result)"
  }

  private func documentation(of column: String, _ offset: Int) -> String {
    for case .type(let type) in analysis.trees.flatMap(\.declarations) {
      for field in type.fields where field.name.text == column && !field.documentation.isEmpty {
        return "\n\n" + field.documentation
      }
    }
    return ""
  }

  private static func list(_ fields: [Field]) -> String {
    fields.map(\.description).joined(separator: "\n")
  }

  private static func code(_ text: String) -> String { "\n```raudal\n\(text)\n```\n" }
}
