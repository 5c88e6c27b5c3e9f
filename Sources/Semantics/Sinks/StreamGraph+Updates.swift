import Diagnostics
import Plans
import Syntax

/// Sinks of streams that update rows they gave.
extension StreamGraph {
  /// What `updates:` says, held against the stream.
  func updates(
    _ declaration: SinkDeclaration, _ connector: ConnectorDescriptor, _ block: [Option],
    _ input: StreamOutput, _ encoding: EncodingSpec
  ) -> SinkSpec.Updates? {
    let mode = mode(of: input.input)
    let syntax = declaration.connector
    if connector.name == "file", let key = syntax.options["key"],
      !block.contains(Option("updates", .word("upsert")))
    {
      definitions.log.report(
        UpdateProblem.keyOfNothing(isSource: false, fix: nil), at: key.name.span)
    }
    guard case .word(let word)? = block.first(where: { $0.name == "updates" })?.value,
      let updates = SinkSpec.Updates(rawValue: word)
    else {
      // One that is wrong was told.
      if mode.isUpdating, syntax.options["updates"] == nil {
        let form = connector.name == "kafka" ? "upsert" : "debezium"
        definitions.log.report(
          UpdateProblem.sinkTakesNone(
            mode: mode, connector: connector.name, fix: adding("updates: \(form)", to: syntax)),
          at: syntax.name.span)
      }
      return nil
    }
    if updates == .upsert { checkUpsert(syntax, connector, mode, encoding) }
    return updates
  }

  private func checkUpsert(
    _ syntax: ConnectorSyntax, _ connector: ConnectorDescriptor, _ mode: StreamMode,
    _ encoding: EncodingSpec
  ) {
    guard let option = syntax.options["updates"] else { return }
    let keys = encoding.keys
    guard connector.name == "kafka" || connector.name == "file" && encoding.format == .json else {
      let what = connector.name == "file" ? "a file of \(encoding.format.rawValue)" : connector.name
      definitions.log.report(UpdateProblem.upsertConnector(what), at: option.value.span)
      return
    }
    guard case .updates(let key) = mode else {
      // Each row replaces what was written for its key before.
      if keys.isEmpty, syntax.options["key"] == nil {
        definitions.log.report(
          UpdateProblem.upsertWithoutKey, at: option.value.span)
      }
      return
    }
    let written = syntax.options["key"]
    if let key, !key.isEmpty, Set(key) == Set(keys) { return }
    // A key that is wrong was told.
    if let written, keys.isEmpty, definitions.log.hasError(within: written.value.span) { return }
    let names = key.map { $0.count == 1 ? $0[0] : "[\($0.joined(separator: ", "))]" } ?? ""
    let fix =
      written.map { Edit($0.value.span, names) } ?? adding("key: \(names)", to: syntax)
    definitions.log.report(
      UpdateProblem.upsertKey(key, written: keys, fix: fix),
      at: written?.value.span ?? option.value.span)
  }
}
