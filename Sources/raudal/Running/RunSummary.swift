import Dataflow
import Engine
import Plans
import Schemas

/// What a run's last job has done with its rows, for the lines at its end: nothing is left out
/// without a word.
struct RunSummary {
  /// `6 rows in, 4 rows out (totals 3, orders.dead_letter 1)`.
  let totals: String
  /// `orders: of 6 rows 1 dead-lettered`, for each operator that has left rows out.
  let losses: [String]

  /// nil where no job has run.
  init?(of status: PipelineStatus, plan: PhysicalPlan) {
    guard let ended = status.ended else { return nil }
    let counts = Self.sums(ended.status)
    var sources: [(name: String, rows: Int64)] = []
    var sinks: [(name: String, rows: Int64)] = []
    var losses: [String] = []
    for (index, step) in plan.operators.enumerated() {
      guard let own = counts[step.id] else { continue }
      switch step.kind {
      case .source(let source): sources.append((source.name, own.rowsIn))
      case .sink(let sink): sinks.append((sink.name, own.rowsOut))
      default: break
      }
      let parts = Self.losses(own, Self.failed(index, plan))
      guard !parts.isEmpty else { continue }
      let rows = Terminal.counted(own.rowsIn, "row")
      losses.append("\(Self.name(step)): of \(rows) \(parts.joined(separator: ", "))")
    }
    self.losses = losses
    // What attempts before have read is read again, and not counted twice.
    let since = ended.restarts > 0 ? ", since restart \(ended.restarts)" : ""
    totals = "\(Self.text(sources, "in")), \(Self.text(sinks, "out"))\(since)"
  }

  /// Over all workers.
  private static func sums(_ job: JobStatus) -> [OperatorID: OperatorCounts] {
    var sums: [OperatorID: OperatorCounts] = [:]
    for stage in job.stages {
      guard var sum = sums[stage.id] else {
        sums[stage.id] = stage.metrics
        continue
      }
      sum.rowsIn += stage.metrics.rowsIn
      sum.rowsOut += stage.metrics.rowsOut
      sum.unmatched += stage.metrics.unmatched
      sum.late += stage.metrics.late
      sum.failed += stage.metrics.failed
      sums[stage.id] = sum
    }
    return sums
  }

  /// `6 rows in`, or of several `6 rows in (orders 5, clicks 1)`.
  private static func text(_ ends: [(name: String, rows: Int64)], _ way: String) -> String {
    let all = ends.reduce(0) { $0 + $1.rows }
    let text = "\(Terminal.counted(all, "row")) \(way)"
    guard ends.count > 1 else { return text }
    return text + " (\(ends.map { "\($0.name) \($0.rows)" }.joined(separator: ", ")))"
  }

  private static func losses(_ counts: OperatorCounts, _ failed: String) -> [String] {
    [(counts.failed, failed), (counts.late, "late"), (counts.unmatched, "unmatched")]
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
  }

  /// What becomes of rows that fail there.
  private static func failed(_ index: PhysicalPlan.Index, _ plan: PhysicalPlan) -> String {
    switch plan.operators[index].errorRoute {
    case .fail: return "failed"
    case .skip: return "skipped"
    case .output:
      let isDeadLettered = plan.operators.contains { step in
        guard case .sink(let sink) = step.kind, sink.name.hasSuffix("dead_letter") else {
          return false
        }
        return leads(from: index, to: step, plan)
      }
      return isDeadLettered ? "dead-lettered" : "failed, to its `errors`"
    }
  }

  /// Whether an operator's errors come to a sink, over unions of several.
  private static func leads(
    from index: PhysicalPlan.Index, to step: PhysicalOperator, _ plan: PhysicalPlan
  ) -> Bool {
    step.inputs.contains { edge in
      if edge.from == index { return edge.output == .errors }
      guard case .union = plan.operators[edge.from].kind else { return false }
      return leads(from: index, to: plan.operators[edge.from], plan)
    }
  }

  /// What comes before a stage is one with it in the definition.
  static func name(_ step: PhysicalOperator) -> String {
    let suffix: String
    switch step.kind {
    case .localWindow: suffix = ".local"
    case .punctual: suffix = ".punctual"
    case .order: suffix = ".order"
    default: return step.id.name
    }
    let name = step.id.name
    return name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
  }
}
