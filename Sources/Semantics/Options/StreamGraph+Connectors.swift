import Diagnostics
import Plans
import Schemas
import Syntax

/// Connectors and error routes.
extension StreamGraph {
  /// The connector, if there is one of that name that can play the role; reports otherwise.
  func connector(
    _ syntax: ConnectorSyntax, as role: ConnectorDescriptor.Role
  ) -> ConnectorDescriptor? {
    let name = syntax.name.text
    guard let connector = ConnectorCatalogue.connector(named: name) else {
      if ConnectorCatalogue.laterConnectors.contains(name) {
        definitions.log.report(StageProblem.later("connector `\(name)`"), at: syntax.name.span)
      } else if !name.isEmpty {
        let known = ConnectorCatalogue.connectors.filter { $0.plays(role) }.map(\.name)
        definitions.log.report(
          OptionProblem.unknownConnector(name, known: known), at: syntax.name.span)
      }
      return nil
    }
    guard connector.plays(role) else {
      let others = ConnectorDescriptor.Role.allCases.filter { connector.plays($0) }
        .map(\.rawValue)
      definitions.log.report(
        OptionProblem.wrongRole(connector: name, role: role.rawValue, others: others),
        at: syntax.name.span)
      return nil
    }
    return connector
  }

  /// The connector's own options, a Kafka block completed with its connection.
  func connect(
    _ connector: ConnectorDescriptor, _ role: ConnectorDescriptor.Role, _ block: [Option],
    _ syntax: ConnectorSyntax, inheriting source: ConnectorSpec? = nil
  ) -> ConnectorSpec {
    let own = (connector.options[role] ?? []).map(\.name)
    var options = block.filter {
      own.contains($0.name) && $0.name != "delivery" && $0.name != "key"
    }
    if connector.name == "kafka" {
      let inherited = source?.connector == "kafka" ? source?.options : nil
      if let complete = connections.complete(options, inheriting: inherited) {
        options = complete
      } else if !definitions.log.hasError(within: syntax.span) {
        definitions.log.report(OptionProblem.noBrokers, at: syntax.name.span)
      }
      if role == .source, !definitions.log.hasError(within: syntax.span) { checkTopics(syntax) }
    }
    return ConnectorSpec(connector: connector.name, options: options)
  }

  private func checkTopics(_ syntax: ConnectorSyntax) {
    let names = ["topic", "topic_pattern"]
    let found = names.filter { syntax.options[$0] != nil }.count
    if found != 1 {
      definitions.log.report(
        OptionProblem.oneOf(names, found: found), at: syntax.name.span)
    }
  }

  /// The value of an `on_error` option; nil where it was reported.
  func route(_ value: OptionValueSyntax, inheriting source: ConnectorSpec? = nil) -> ErrorRoute? {
    switch value.kind {
    case .route(let route): return self.route(route, inheriting: source)
    case .missing: return nil
    default:
      definitions.log.report(
        OptionProblem.wrongValue("on_error", expected: "fail, skip or dead_letter to …"),
        at: value.span)
      return nil
    }
  }

  func route(_ syntax: ErrorRouteSyntax, inheriting source: ConnectorSpec? = nil) -> ErrorRoute? {
    switch syntax.kind {
    case .fail: return .fail
    case .skip: return .skip
    case .missing: return nil
    case .deadLetter(let connector):
      guard let descriptor = self.connector(connector, as: .deadLetter) else { return nil }
      let block = options.check(
        connector.options, ConnectorCatalogue.options(descriptor, as: .deadLetter),
        block: "a \(descriptor.name) dead letter", at: connector.name.span)
      return .deadLetter(
        connect(descriptor, .deadLetter, block, connector, inheriting: source))
    }
  }
}
