package import Plans
import Schemas

extension JobDefinition {
  /// The columns of a topic of progress.
  static let progressColumns = ["job", "outcome", "tasks"]

  /// Finds in a plan the task that is meant: the one of that name, or the only one whose jobs can
  /// be steered.
  package init(_ plan: LogicalPlan, task name: String? = nil) throws(JobError) {
    var found: [(stage: Int, spec: ExecuteSpec)] = []
    for (index, node) in plan.nodes.enumerated() {
      guard case .execute(let spec) = node.kind, name == nil || spec.task.name == name,
        spec.steering != nil
      else { continue }
      found.append((index, spec))
    }
    guard let first = found.first else { throw Self.notThere(plan, name) }
    guard found.count == 1 else {
      let names = found.map { "`\($0.spec.task.name)`" }.joined(separator: ", ")
      throw JobError.usage(
        "pipeline \(plan.pipeline) has more than one stage whose tasks are steered by a table:"
          + " \(names); say which is meant with `--to`, and let each have a stage of its own")
    }
    try self.init(plan, stage: first.stage, first.spec)
  }

  /// The tasks of a plan, or the one of a name, whose jobs can be steered.
  package static func tasks(of plan: LogicalPlan, named name: String? = nil) -> [String] {
    var names: Set<String> = []
    for node in plan.nodes {
      guard case .execute(let spec) = node.kind, spec.steering != nil else { continue }
      if name == nil || spec.task.name == name { names.insert(spec.task.name) }
    }
    return names.sorted().filter { (try? JobDefinition(plan, task: $0)) != nil }
  }

  private static func notThere(_ plan: LogicalPlan, _ name: String?) -> JobError {
    var tasks: [String] = []
    for node in plan.nodes {
      if case .execute(let spec) = node.kind { tasks.append("`\(spec.task.name)`") }
    }
    let there = tasks.isEmpty ? "it executes none" : "it executes \(tasks.joined(separator: ", "))"
    let wanted = name.map { "the task `\($0)`" } ?? "a task"
    return JobError.usage(
      "pipeline \(plan.pipeline) does not execute \(wanted) that is steered by a table"
        + " (`| execute … steered by jobs on job`); \(there)")
  }

  private init(_ plan: LogicalPlan, stage: Int, _ spec: ExecuteSpec) throws(JobError) {
    let place = "task `\(spec.task.name)`"
    let trace = ColumnTrace(plan: plan)
    guard let input = plan.nodes[stage].inputs.first else {
      throw JobError("\(place): its stage has no input")
    }
    func column(_ expression: Expression?, _ what: String) throws(JobError) -> (Int, String) {
      guard case .column(let name)? = expression?.node,
        let origin = trace.origin(of: name, at: input)
      else {
        throw JobError(
          "\(place): \(what) must be a column of the source's rows as it stands there, so that"
            + " a job can fill it")
      }
      return origin
    }
    func value(_ name: String?) -> Expression? {
      spec.values.first { $0.name == name }?.expression
    }
    let id = try column(value(spec.task.idempotencyKey), "`idempotency_key`")
    let steering = try Steering(plan, spec, place)
    let job = try column(value(spec.steering?.key), "what it is steered by")
    var due: (Int, String)?
    if let name = spec.task.dueAt { due = try? column(value(name), "`at`") }
    guard case .source(let source) = plan.nodes[id.0].kind, source.connector.connector == "kafka",
      job.0 == id.0
    else {
      throw JobError("\(place): its tasks must come from one source, a topic of Kafka")
    }
    self.init(
      pipeline: plan.pipeline, task: spec.task.name, source: source,
      columns: Columns(id: id.1, job: job.1, due: due?.0 == id.0 ? due?.1 : nil),
      steering: steering, isDeduped: trace.isDeduped(by: id, at: input))
    try refuseOtherRows()
    findOutputs(trace, stage)
  }

  /// Rows that a file's rows can't become.
  private func refuseOtherRows() throws(JobError) {
    guard source.decoding.format == .json, source.updates == nil else {
      throw JobError("\(source.place): jobs are written as JSON (`format: json`)")
    }
    for name in [columns.id, columns.job] {
      guard let column = fields.first(where: { $0.field.name == name }),
        column.field.type == .string
      else {
        throw JobError(
          "\(source.place): `\(name)` must be a `string` that its records hold, so that a job can"
            + " fill it")
      }
    }
    for column in source.decoding.columns {
      guard case .header(let header) = column.origin, !column.field.isNullable else { continue }
      throw JobError(
        "\(source.place): `\(column.field.name)` comes from the header `\(header)`, which a job's"
          + " records don't have; let it be null (`\(column.field.type)?`)")
    }
  }

  private mutating func findOutputs(_ trace: ColumnTrace, _ stage: Int) {
    for (index, outputs) in trace.outputs(of: stage) {
      let node = trace.plan.nodes[index]
      guard case .sink(let sink) = node.kind, sink.connector.connector == "kafka",
        sink.encoding.format == .json
      else { continue }
      let schema = Schema(node.schema.visibleFields)
      let output = Output(sink: sink, schema: schema)
      func has(_ names: [String]) -> Bool {
        names.allSatisfy { schema.field(named: $0) != nil }
      }
      if sink.updates == .upsert {
        if progress == nil, has(Self.progressColumns) { progress = output }
      } else if sink.updates == nil, has([columns.id, columns.job]) {
        if outputs == [.main] { done = done ?? output }
        if outputs == [.failed] { failed = failed ?? output }
      }
    }
  }
}
