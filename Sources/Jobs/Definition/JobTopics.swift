package import Plans

/// The topics of Kafka that a definition reads and writes: all that must be there before it runs.
package enum JobTopics {
  package struct Topic: Hashable, Sendable {
    package var connector: ConnectorSpec
    /// What messages call the block that names it.
    package var block: String
    /// Whether it is a table's, or holds what there is by now of each key.
    package var isWhole = false
    /// Whether the newest record of each key is all that it must keep.
    package var isCompacted = false
  }

  /// Sources and tables before tasks, sinks and dead letters, each once.
  package static func all(of plan: LogicalPlan) -> [Topic] {
    let versioned = versioned(plan)
    var topics: [Topic] = []
    func add(_ topic: Topic) {
      guard topic.connector.connector == "kafka", isNamed(topic.connector) else { return }
      let known = topics.firstIndex { known in
        ["topic", "brokers"].allSatisfy { known.connector[$0] == topic.connector[$0] }
      }
      guard let known else { return topics.append(topic) }
      // What one of them must keep is kept.
      topics[known].isCompacted = topics[known].isCompacted && topic.isCompacted
    }
    for (index, node) in plan.nodes.enumerated() {
      guard case .source(let source) = node.kind else { continue }
      add(
        Topic(
          connector: source.connector, block: source.place, isWhole: source.isTable,
          isCompacted: source.isTable && !versioned.contains(index)))
    }
    for node in plan.nodes {
      if case .execute(let spec) = node.kind {
        add(
          Topic(
            connector: ConnectorSpec(connector: spec.task.kind, options: spec.task.options),
            block: "task `\(spec.task.name)`"))
      }
      if case .sink(let sink) = node.kind {
        let isWhole = sink.updates == .upsert
        add(
          Topic(
            connector: sink.connector, block: "sink `\(sink.name)`", isWhole: isWhole,
            isCompacted: isWhole))
      }
      if case .deadLetter(let connector)? = node.errorRoute {
        add(Topic(connector: connector, block: "the dead letter of `\(node.id)`"))
      }
    }
    if case .deadLetter(let connector) = plan.errorRoute {
      add(Topic(connector: connector, block: "the dead letter"))
    }
    return topics
  }

  /// Whether it names one topic: that of a task may come from its rows.
  private static func isNamed(_ connector: ConnectorSpec) -> Bool {
    switch connector["topic"] {
    case .string?, .environment?: true
    case .text(let pieces)?:
      pieces.allSatisfy { piece in
        switch piece {
        case .string, .environment: true
        default: false
        }
      }
    default: false
    }
  }

  /// Sources of which rows are found as of a time: all that was so must stay in their topics.
  private static func versioned(_ plan: LogicalPlan) -> Set<Int> {
    var sources: Set<Int> = []
    for node in plan.nodes {
      guard case .asOf(let spec) = node.kind, spec.moment == .eventTime else { continue }
      var reached = node.inputs.dropFirst().map(\.node)
      while let next = reached.popLast() {
        if case .source = plan.nodes[next].kind { sources.insert(next) }
        reached += plan.nodes[next].inputs.map(\.node)
      }
    }
    return sources
  }
}
