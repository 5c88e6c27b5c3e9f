import Compiler
import Diagnostics
import Foundation
import Plans
import Testing

/// `Documentation/connectors.md` says what the catalogue of connectors says, and its examples, like
/// those of the other pages, are definitions without mistakes.
@Suite struct ConnectorPageTests {
  private static let page = Page("Documentation/connectors.md")

  @Test func `The options on the page of connectors are those of the catalogue`() throws {
    var parts: [String: String] = [:]
    for connector in ConnectorCatalogue.connectors {
      for role in ConnectorDescriptor.Role.allCases {
        guard let options = connector.options[role], !options.isEmpty else { continue }
        // Tables from topics come later.
        if connector.name == "kafka", role == .table { continue }
        let own = options.filter { option in
          connector.name != "kafka"
            || !ConnectorCatalogue.kafkaConnection.contains { $0.name == option.name }
        }
        parts["\(connector.name) \(role.rawValue)"] = table(own)
      }
    }
    parts["kafka connection"] = table(ConnectorCatalogue.kafkaConnection)
    for role in [ConnectorDescriptor.Role.source, .table, .sink] {
      parts["common \(role.rawValue)"] = table(ConnectorCatalogue.commonOptions(role))
    }
    #expect(Set(Self.page.partNames) == Set(parts.keys))
    let isCurrent = try Self.page.isCurrent(Self.page.with(parts))
    #expect(isCurrent, "RAUDAL_UPDATE_GOLDENS=1 rewrites Documentation/connectors.md")
  }

  @Test func `The options on the page of models are those of the catalogue`() throws {
    let page = Page("Documentation/models.md")
    let parts = [
      "model onnx": table(ModelCatalogue.onnx), "model version": table(ModelCatalogue.version),
      "model http": table(ModelCatalogue.http), "model openai": table(ModelCatalogue.openai),
      "model version http": table(ModelCatalogue.version(ofKind: "http")),
      "model version openai": table(ModelCatalogue.version(ofKind: "openai")),
    ]
    #expect(Set(page.partNames) == Set(parts.keys))
    let isCurrent = try page.isCurrent(page.with(parts))
    #expect(isCurrent, "RAUDAL_UPDATE_GOLDENS=1 rewrites Documentation/models.md")
  }

  @Test func `The options on the page of tasks are those of the catalogue`() throws {
    let page = Page("Documentation/tasks.md")
    var parts = ["task rules": table(TaskCatalogue.rules)]
    for kind in TaskCatalogue.kinds.compactMap(TaskCatalogue.kind) {
      let connection = kind.name == "kafka" ? ConnectorCatalogue.kafkaConnection : []
      parts["task \(kind.name)"] = table(kind.options.filter { !connection.contains($0) })
    }
    #expect(Set(page.partNames) == Set(parts.keys))
    let isCurrent = try page.isCurrent(page.with(parts))
    #expect(isCurrent, "RAUDAL_UPDATE_GOLDENS=1 rewrites Documentation/tasks.md")
  }

  @Test(
    arguments: [
      "connectors.md", "checkpoints.md", "models.md", "operations.md", "tasks.md", "time.md",
    ].map { "Documentation/\($0)" } + ["README.md"])
  func `Every whole example is a definition without mistakes`(_ name: String) {
    let examples = Page(name).examples("raudal")
    #expect(!examples.isEmpty)
    for example in examples {
      let file = SourceFile(path: name, text: example.text)
      let compilation = DefinitionCompiler.compile(file: file)
      let mistakes = compilation.diagnostics.filter { $0.severity == .error }
      let messages = TextRenderer(files: [file]).render(mistakes)
      #expect(messages == "", "the example at line \(example.line) of \(name)")
      #expect(compilation.physical != nil, "the example at line \(example.line) of \(name)")
    }
  }

  private func table(_ options: [OptionDescriptor], prefix: String = "") -> String {
    MarkdownTable.text(["option", "type", "default", "meaning"], rows(options, prefix: ""))
  }

  private func rows(_ options: [OptionDescriptor], prefix: String) -> [[String]] {
    options.flatMap { option -> [[String]] in
      let fallback = option.isRequired ? "required" : option.fallback ?? ""
      let later = option.isLater ? " **Later.**" : ""
      let row = [
        "`\(prefix)\(option.name)`", MarkdownTable.escaped(type(option.kind)),
        MarkdownTable.escaped(fallback), MarkdownTable.escaped(option.documentation) + later,
      ]
      switch option.kind {
      case .block(let inner), .switchOrBlock(let inner), .durationOrBlock(let inner):
        return [row] + rows(inner, prefix: "\(prefix)\(option.name).")
      default: return [row]
      }
    }
  }

  private func type(_ kind: OptionDescriptor.Kind) -> String {
    switch kind {
    case .text: "text"
    case .secretText: "text or secret"
    case .textOrList: "text or list of texts"
    case .pattern: "regular expression"
    case .bool: "bool"
    case .int(let range):
      range.upperBound == .max
        ? "int, at least \(range.lowerBound)" : "int, \(range.lowerBound) to \(range.upperBound)"
    case .duration: "duration"
    case .word(let words): words.map { "`\($0)`" }.joined(separator: ", ")
    case .start(let words):
      words.map { "`\($0)`" }.joined(separator: ", ") + ", `timestamp \"…\"`, offsets"
    case .block: "block"
    case .switchOrBlock: "bool or block"
    case .batching: "rows `within` duration"
    case .share: "percentage"
    case .number(let range): "number, \(Int(range.lowerBound)) to \(Int(range.upperBound))"
    case .budget: "tokens in a time"
    case .backoff: "duration or `exponential(…)`"
    case .durationOrBlock: "duration or block"
    case .constants: "`nulls` or block"
    case .intOrList: "int or list of ints"
    case .template: "template"
    case .jsonTemplate: "template or block"
    case .textTemplates: "block of templates"
    case .templates: "template or list of templates"
    case .textOrBlock: "template or block"
    case .markup: "HTML template"
    case .value: "value of the row"
    case .rates: "rate `per` value `burst` int, or several"
    case .concurrencies: "int `per` value, or several"
    case .outcomes: "end of a call, or several"
    case .hours: "text `until` text `zone` value"
    case .headerName: "name or `\"\"`"
    case .fields: "block of names and types"
    case .versions: "block of blocks"
    case .freeBlock: "block of any names"
    case .columns: "column or list of columns"
    case .expressions: "block of expressions"
    case .condition: "condition"
    case .eventTime: "column, `meta.timestamp`, `arrival`"
    case .errorRoute: "`fail`, `skip`, `dead_letter to …`"
    }
  }
}
