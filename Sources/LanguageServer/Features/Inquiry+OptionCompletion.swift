import Diagnostics
import Plans
import Schemas
import Semantics
import Syntax

/// What may stand in a block of options.
extension Inquiry {
  private typealias Block = (syntax: OptionBlockSyntax, options: [OptionDescriptor])

  /// Names of options at the start of an item, values behind a name; nil outside of a block whose
  /// options are known, and within a value.
  func options(_ place: CompletionPlace) -> [Candidate]? {
    guard let block = block(place) else { return nil }
    if place.before?.kind == .colon {
      let name = place.text(place.index - 2)
      return block.options.first { $0.name == name }.map { values(of: $0, place) } ?? []
    }
    if place.lead == "to" { return connectors() }
    guard place.beginsItem else { return nil }
    let written = Set(
      block.syntax.options.filter { Int($0.name.span.start) != place.offset }.map(\.name.text))
    return block.options.filter { !$0.isLater && !written.contains($0.name) }
      .map { ($0.name, .property, $0.documentation) }
  }

  /// The innermost block around a place.
  private func block(_ place: CompletionPlace) -> Block? {
    guard var block = outermost(place), place.open.count > 0, holds(block.syntax, place) else {
      return nil
    }
    while let inner = within(block, place) { block = inner }
    return block
  }

  private func holds(_ block: OptionBlockSyntax, _ place: CompletionPlace) -> Bool {
    block.span.count > 0 && Int(block.span.start) < place.offset
      && place.offset <= Int(block.span.end)
  }

  private func outermost(_ place: CompletionPlace) -> Block? {
    switch place.declaration {
    case .source(let it): return options(of: it.connector, as: .source)
    case .sink(let it): return options(of: it.connector, as: .sink)
    case .table(let it):
      guard case .connector(let connector) = it.origin else { return nil }
      // One that plays no table is read as a source is.
      let isWhole =
        it.versions == .latest
        && ConnectorCatalogue.connector(
          named: connector.name.text)?.plays(.table) ?? false
      return options(of: connector, as: isWhole ? .table : .source)
    case .model(let it):
      return ModelCatalogue.options(ofKind: it.connector.name.text).map {
        (it.connector.options, $0)
      }
    case .task(let it):
      return TaskCatalogue.options(ofKind: it.connector.name.text).map {
        (it.connector.options, $0)
      }
    case .settings(let it): return (it.options, OptionDescriptor.ofSettings)
    case .checkpoint(let it): return (it.options, OptionDescriptor.ofCheckpoint)
    default: return nil
    }
  }

  private func options(
    of connector: ConnectorSyntax, as role: ConnectorDescriptor.Role
  ) -> Block? {
    ConnectorCatalogue.connector(named: connector.name.text)
      .map { (connector.options, ConnectorCatalogue.options($0, as: role)) }
  }

  /// A block that is the value of an option, if the place is in one.
  private func within(_ block: Block, _ place: CompletionPlace) -> Block? {
    for option in block.syntax.options {
      switch (option.value.kind, block.options.first { $0.name == option.name.text }?.kind) {
      case (.object(let inner), .block(let options)?),
        (.object(let inner), .switchOrBlock(let options)?),
        (.object(let inner), .durationOrBlock(let options)?):
        if holds(inner, place) { return (inner, options) }
      case (.object(let inner), _):
        if holds(inner, place) { return (inner, []) }
      case (.route(let route), _):
        if case .deadLetter(let connector) = route.kind, holds(connector.options, place) {
          return options(of: connector, as: .deadLetter) ?? (connector.options, [])
        }
      default: continue
      }
    }
    return nil
  }

  private func values(of option: OptionDescriptor, _ place: CompletionPlace) -> [Candidate] {
    switch option.kind {
    case .word(let words), .start(let words): return words.map { ($0, .value, option.name) }
    case .bool, .switchOrBlock:
      return ["true", "false"].map { ($0, .keyword, option.name) }
    case .errorRoute: return Keywords.errorRoutes.map { ($0, .keyword, option.name) }
    case .eventTime:
      return ["meta.timestamp", "arrival"].map { ($0, .keyword, option.name) }
        + fields(columns(place))
    case .columns, .condition, .expressions: return fields(columns(place))
    default: return []
    }
  }

  /// The columns of the source or of the stream that a sink takes.
  func columns(_ place: CompletionPlace) -> [Field] {
    switch place.declaration {
    case .source(let it): return analysis.recorder.streams[it.name.text] ?? []
    case .sink(let it):
      let path = it.input?.path.map(\.text) ?? []
      return columns(of: path)
    default: return []
    }
  }

  /// The columns of a stream, or of one of its further outputs.
  func columns(of path: [String]) -> [Field] {
    let recorder = analysis.recorder
    guard path.count > 1 else { return path.first.flatMap { recorder.streams[$0] } ?? [] }
    return recorder.outputs[path.joined(separator: ".")] ?? []
  }
}
