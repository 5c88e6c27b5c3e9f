import Diagnostics
import Plans
import Syntax

/// The options of a task that its rows fill, each in the form that the catalogue gives it.
struct RowOptionChecker {
  private let options: OptionChecker
  private let rows: RowValues

  init(_ options: OptionChecker, _ rows: RowValues) {
    self.options = options
    self.rows = rows
  }

  func check(_ syntax: ConnectorSyntax, _ descriptors: [OptionDescriptor]) -> [Option] {
    descriptors.compactMap { descriptor in
      let name = descriptor.name
      guard let written = syntax.options[name]?.value else { return nil }
      var templates = TemplateChecker(options, rows)
      let value: OptionValue? =
        switch descriptor.kind {
        case .template: templates.line(written, name)
        case .templates: lines(written, name)
        case .textOrBlock: textOrBlock(written, name)
        case .markup: templates.markup(written, name)
        case .jsonTemplate: templates.body(written, name)
        case .textTemplates: templates.headers(written, name)
        default: nil
        }
      return value.map { Option(name, $0) }
    }
  }

  private func lines(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    var templates = TemplateChecker(options, rows)
    let lines = syntax.items.map { templates.line($0, name) }
    return lines.contains(nil) ? nil : .list(lines.compactMap(\.self))
  }

  private func textOrBlock(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    var templates = TemplateChecker(options, rows)
    switch syntax.kind {
    case .object, .list: return templates.json(syntax, name)
    case .expression(let expression):
      switch expression.kind {
      case .object, .list: return templates.json(syntax, name)
      default: return templates.line(syntax, name)
      }
    default: return templates.line(syntax, name)
    }
  }
}
