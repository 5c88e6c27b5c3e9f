package import Plans

/// The topics of Kafka that a definition reads and writes: all that must be there before it runs.
package enum JobTopics {
  package struct Topic: Hashable, Sendable {
    package var connector: ConnectorSpec
    /// What messages call the block that names it.
    package var block: String
    /// Whether the newest record of each key is all that it must keep.
    package var isCompacted: Bool
  }

  /// Sources and tables before sinks and dead letters, each once.
  package static func all(of plan: LogicalPlan) -> [Topic] {
    var topics: [Topic] = []
    func add(_ connector: ConnectorSpec, _ block: String, isCompacted: Bool = false) {
      guard connector.connector == "kafka", connector["topic"] != nil,
        !topics.contains(where: { $0.connector["topic"] == connector["topic"] })
      else { return }
      topics.append(Topic(connector: connector, block: block, isCompacted: isCompacted))
    }
    for node in plan.nodes {
      guard case .source(let source) = node.kind else { continue }
      add(source.connector, source.place, isCompacted: source.isTable)
    }
    for node in plan.nodes {
      if case .sink(let sink) = node.kind {
        add(sink.connector, "sink `\(sink.name)`", isCompacted: sink.updates == .upsert)
      }
      if case .deadLetter(let connector)? = node.errorRoute {
        add(connector, "the dead letter of `\(node.id)`")
      }
    }
    if case .deadLetter(let connector) = plan.errorRoute { add(connector, "the dead letter") }
    return topics
  }
}
