import Diagnostics
package import Plans
import Schemas
import Syntax

/// `settings { … }` and `checkpoint { … }`.
struct SettingsChecker {
  let graph: StreamGraph

  func check(_ declarations: [DeclarationSyntax]) -> (CheckpointPolicy, ErrorRoute?) {
    let definitions = graph.definitions
    var policy = CheckpointPolicy()
    var route: ErrorRoute?
    var first: [String: Span] = [:]
    for declaration in declarations {
      switch declaration {
      case .checkpoint(let block):
        let word = Identifier("checkpoint", block.head.keyword)
        guard definitions.isFirst(word, "block", &first) else { continue }
        policy = checkpoints(block)
      case .settings(let block):
        let word = Identifier("settings", block.head.keyword)
        guard definitions.isFirst(word, "block", &first) else { continue }
        _ = graph.options.check(
          block.options, OptionDescriptor.ofSettings, block: "`settings`", at: block.head.keyword)
        route = block.options["on_error"].flatMap { graph.route($0.value) }
      default: break
      }
    }
    return (policy, route)
  }

  private func checkpoints(_ block: SettingsDeclaration) -> CheckpointPolicy {
    var policy = CheckpointPolicy()
    let options = graph.options.check(
      block.options, OptionDescriptor.ofCheckpoint, block: "`checkpoint`", at: block.head.keyword)
    for option in options {
      switch (option.name, option.value) {
      case ("every", .duration(let interval)):
        policy.interval = interval
        let span = block.options["every"]?.value.span ?? block.head.keyword
        if interval <= 0 {
          graph.definitions.log.report(StageProblem.notPositive("`every`"), at: span)
        } else if interval > 300_000_000 {
          graph.definitions.log.report(OptionProblem.checkpointInterval, at: span)
        }
      case ("keep", .int(let count)): policy.keep = Int(clamping: count)
      default: break
      }
    }
    return policy
  }
}

extension OptionDescriptor {
  package static let ofCheckpoint = [
    OptionDescriptor(
      "every", .duration(atLeast: .min), fallback: "10s", "Time between checkpoints."),
    OptionDescriptor("keep", .int(1...1000), fallback: "3", "How many are kept."),
  ]

  package static let ofSettings = [
    OptionDescriptor("on_error", .errorRoute, fallback: "fail", "The route of all stages."),
    OptionDescriptor(
      "kafka", .block(ConnectorCatalogue.kafkaConnection), "What all Kafka blocks share."),
  ]
}
