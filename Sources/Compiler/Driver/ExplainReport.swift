import Diagnostics
package import Plans
import Schemas

/// What `raudal explain --json` prints: plan and graph for programs, one object.
package struct ExplainReport: Sendable {
  private let compilation: Compilation
  private let workload: Workload
  private let isPhysical: Bool

  /// `isPhysical`: with operators, segments and exchanges.
  package init(_ compilation: Compilation, _ workload: Workload, isPhysical: Bool) {
    self.compilation = compilation
    self.workload = workload
    self.isPhysical = isPhysical
  }

  /// Nil where the definition has mistakes.
  package var json: String? {
    guard let plan = compilation.optimised, let physical = compilation.physical else { return nil }
    let estimates = StateEstimates(plan, workload)
    var members: [(String, String)] = [
      ("pipeline", text(plan.pipeline)), ("documentation", text(plan.documentation)),
      ("files", array(compilation.files.map { text($0.path) })),
      ("params", array(compilation.parameters.map(object))),
      (
        "checkpoints",
        object([
          ("every_us", "\(plan.checkpoints.interval)"), ("keep", "\(plan.checkpoints.keep)"),
        ])
      ),
      ("assumed", assumptions(plan)),
      (
        "steps",
        array(plan.nodes.indices.map { step($0, plan, estimates.steps[$0]) })
      ),
    ]
    if isPhysical { members.append(("physical", object(physical))) }
    return object(members)
  }

  private func assumptions(_ plan: LogicalPlan) -> String {
    let sources = plan.nodes.compactMap { node -> (String, String)? in
      guard case .source(let spec) = node.kind else { return nil }
      return (spec.name, number(workload.rates[spec.name] ?? Workload.usualRate))
    }
    let values = workload.values.sorted { $0.key < $1.key }.map { ($0.key, number($0.value)) }
    return object([
      ("rows_per_second", object(sources)), ("values", object(values)),
      ("values_of_other_columns", number(Workload.usualValues)),
    ])
  }

  private func object(_ parameter: PipelineParameter) -> String {
    let value = parameter.value?.description(as: parameter.fieldType.type)
    return object([
      ("name", text(parameter.name)), ("type", text("\(parameter.fieldType)")),
      ("value", value.map(text) ?? "null"), ("set", "\(parameter.isSet)"),
      ("documentation", text(parameter.documentation)),
    ])
  }

  // MARK: - Steps

  private func step(_ index: Int, _ plan: LogicalPlan, _ estimate: StateEstimate) -> String {
    let node = plan.nodes[index]
    var members: [(String, String)] = [
      ("id", text(node.id.name)), ("kind", text(node.kind.word)),
      ("inputs", array(node.inputs.map { input(plan.nodes[$0.node].id, $0.output) })),
    ]
    if let table = node.kind.loadedTable {
      members.append(("table", text(plan.nodes[table].id.name)))
    }
    members += [
      ("columns", columns(node.schema)),
      ("key", node.kind.key.map { array($0.map(text)) } ?? "null"),
      ("mode", node.isStream ? mode(node.mode) : "null"),
      ("event_time", "\(node.hasEventTime)"), ("line", "\(node.line)"),
      ("on_error", text("\(plan.route(of: index))")),
      ("documentation", text(node.documentation)),
      ("rows_per_second", number(estimate.rate)), ("state", state(estimate)),
    ]
    return object(members)
  }

  private func mode(_ mode: StreamMode) -> String {
    switch mode {
    case .append: text("append")
    case .updates: text("update")
    }
  }

  private func state(_ estimate: StateEstimate) -> String {
    guard let kept = estimate.kept else { return "null" }
    return object([
      ("keeps", text(kept)), ("entries", number(estimate.entries)),
      ("bytes", number(estimate.bytes)),
    ])
  }

  private func columns(_ schema: Schema) -> String {
    array(
      schema.visibleFields.map {
        object([
          ("name", text($0.name)), ("type", text("\($0.type)")), ("nullable", "\($0.isNullable)"),
        ])
      })
  }

  private func input(_ id: OperatorID, _ output: NodeOutput) -> String {
    object([("from", text(id.name)), ("output", text(output.rawValue))])
  }

  // MARK: - Operators

  private func object(_ plan: PhysicalPlan) -> String {
    let operators = plan.operators.map { step -> String in
      let inputs = step.inputs.map { edge in
        object([
          ("from", text(plan.operators[edge.from].id.name)),
          ("output", text(edge.output.rawValue)), ("exchange", exchange(edge.exchange)),
        ])
      }
      return object([
        ("id", text(step.id.name)), ("kind", text(step.kind.word)),
        ("segment", "\(step.segment)"), ("inputs", array(inputs)),
        ("columns", columns(step.schema)),
      ])
    }
    return object([
      ("operators", array(operators)), ("tables", array(plan.tables.map { text($0.name) })),
      ("lookups", array(plan.lookups.map { text($0.name) })),
      ("models", array(plan.models.map { text($0.name) })),
      ("tasks", array(plan.tasks.map { text($0.name) })),
    ])
  }

  private func exchange(_ exchange: Exchange?) -> String {
    switch exchange {
    case nil: "null"
    case .key(let columns):
      object([("by", text("key")), ("columns", array(columns.map(text)))])
    case .broadcast: object([("by", text("all"))])
    case .forward: object([("by", text("worker"))])
    }
  }

  // MARK: - JSON

  private func text(_ text: String) -> String { JSONRenderer.quoted(text) }

  /// Estimates are no more exact than a whole number.
  private func number(_ value: Double) -> String {
    value < 1e15 ? "\(Int(value.rounded()))" : "\(value)"
  }

  private func array(_ elements: [String]) -> String {
    "[" + elements.joined(separator: ",") + "]"
  }

  private func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\(text($0.0)):\($0.1)" }.joined(separator: ",") + "}"
  }
}

extension LogicalKind {
  /// As the language calls it.
  fileprivate var word: String {
    switch self {
    case .source: "source"
    case .table: "table"
    case .filter: "where"
    case .project: "map"
    case .enrich, .asOf: "enrich"
    case .union: "union"
    case .window: "window"
    case .sample: "sample"
    case .limit: "limit"
    case .keyBy: "key"
    case .dedupe: "dedupe"
    case .top: "top"
    case .fold(let spec): spec.word
    case .funnel: "funnel"
    case .match: "match"
    case .join(let spec): spec.kind.word
    case .attribute: "attribute"
    case .infer: "infer"
    case .execute: "execute"
    case .frequencyCap: "frequency_cap"
    case .over: "over"
    case .running: "aggregate"
    case .throttle: "throttle"
    case .flatten: "flatten"
    case .sink: "sink"
    }
  }

  /// By what rows are grouped, looked up, brought together or written.
  fileprivate var key: [String]? {
    switch self {
    case .table(let spec): spec.keys
    case .enrich(let spec): spec.keys.map(\.description)
    case .asOf(let spec): spec.keys.map(\.description)
    case .window(let spec): spec.keys.map(\.name)
    case .keyBy(let keys): keys.map(\.description)
    case .dedupe(let spec): spec.keys.map(\.description)
    case .top(let spec): spec.per.map(\.description)
    case .fold(let spec): spec.keys.map(\.description)
    case .funnel(let spec): spec.keys.map(\.name)
    case .match(let spec): spec.keys.map(\.name)
    case .join(let spec): spec.leftKeys.map(\.description)
    case .frequencyCap(let spec): spec.keys.map(\.description)
    case .attribute(let spec): spec.leftKeys.map(\.description)
    case .over(let spec): spec.keys.map(\.description)
    case .running(let spec): spec.keys.map(\.name)
    case .execute(let spec): spec.key.map { [$0.description] }
    case .sink(let spec): spec.encoding.keys.isEmpty ? nil : spec.encoding.keys
    default: nil
    }
  }
}

extension PhysicalKind {
  fileprivate var word: String {
    switch self {
    case .source: "source"
    case .filter: "where"
    case .project: "map"
    case .enrich: "enrich"
    case .ask: "enrich, asynchronous"
    case .infer: "infer"
    case .execute: "execute"
    case .asOf: "enrich as of event time"
    case .latest: "enrich, latest rows"
    case .latestRows: "latest rows of a table"
    case .tableRows: "versions of a table"
    case .versionsInTime: "versions in time"
    case .union: "union"
    case .sample: "sample"
    case .limit(_, let isGlobal): isGlobal ? "limit" : "limit of a worker"
    case .flatten: "flatten"
    case .dedupe, .keepLast: "dedupe"
    case .over: "over"
    case .running: "aggregate"
    case .upserts: "newest rows"
    case .changes: "changes"
    case .runningTop: "top"
    case .top(_, let isGlobal): isGlobal ? "top, second phase" : "top, first phase"
    case .throttle: "throttle"
    case .localWindow: "window, first phase"
    case .sessionWindow: "window"
    case .join(let join): join.kind.word
    case .runningJoin(let running): running.join.kind.word
    case .attribute: "attribute"
    case .frequencyCap: "frequency_cap"
    case .punctual: "rows in time"
    case .order: "rows in event-time order"
    case .fold(_, let spec): spec.word
    case .funnel: "funnel"
    case .match: "match"
    case .globalWindow: "window, second phase"
    case .sink: "sink"
    }
  }
}
