package import Columns
package import Expressions
package import KeyedState
package import Plans
package import Schemas

/// Makes the operators of a physical plan.
package enum OperatorFactory {
  /// The operator that `step` describes, to be opened by the caller. `tables` are those of the
  /// plan, in its order, or `shared` where they may be read anew; `questions` ask the step's table,
  /// if it is elsewhere, or each version of its model; `book` holds answers of before a restart,
  /// where they must not change; `baseline` is what its model's are held against; `service` makes
  /// the calls of the step's task; `functions` are those of the embedding program; `models` are the
  /// versions of the step's model; `pace` is what this step's operators on all workers share, if it
  /// keeps to a rate; `rowLimit` is how many rows that were held make a batch. Sources and sinks
  /// are the runtime's own, and refused.
  package static func make(
    _ step: PhysicalOperator, inputSchemas: [Schema], plan: PhysicalPlan,
    tables: [ReplicatedTable] = [], shared: [SharedTable] = [],
    questions: [LookupQuestion] = [], book: AnswerBook? = nil, baseline: ModelBaseline? = nil,
    service: TaskService? = nil, models: [any InferenceModel] = [],
    functions: ForeignFunctions = [:], pace: Pace? = nil, rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) -> any Operator {
    guard let input = inputSchemas.first else {
      throw OperatorError(stage: step.id, reason: "the plan gives it no input")
    }
    let sharing = { shared.isEmpty ? tables.map { SharedTable($0) } : shared }
    switch step.kind {
    case .filter(let condition):
      return try FilterOperator(step, condition, input: input, functions: functions)
    case .project(let expressions):
      return try ProjectOperator(step, expressions, input: input, functions: functions)
    case .flatten(let spec): return try FlattenOperator(step, spec, input: input)
    case .union: return try UnionOperator(step, inputs: inputSchemas)
    case .enrich, .ask:
      return try makeLookup(step, input, plan.lookups, sharing(), questions, book, baseline)
    case .infer(let inference): return try makeInference(step, inference, input, plan, models)
    case .execute(let execution):
      return try makeExecution(step, execution, inputSchemas, plan, sharing(), service)
    case .sample(let spec): return try SampleOperator(step, spec, input: input)
    case .limit(let count, let isGlobal):
      return LimitOperator(limit: count, isGlobal: isGlobal)
    case .throttle(let spec):
      guard let pace else {
        throw OperatorError(stage: step.id, reason: "it was given no rate to share")
      }
      return ThrottleOperator(step, spec, pace: pace, input: input)
    case .dedupe(let keys, let span):
      return try DedupeOperator(step, keys: keys, span: span, input: input)
    case .fold(let keys, let spec):
      return try FoldOperator(step, keys: keys, spec, input: input, functions: functions)
    case .running(let running):
      return try RunningOperator(step, running, input: input, rowLimit: rowLimit)
    case .upserts(let upserts):
      return try UpsertOperator(step, upserts, input: input, rowLimit: rowLimit)
    case .changes(.envelope(let row)): return try EnvelopeOperator(step, row: row, input: input)
    case .changes(.final(let origin)):
      return try FinalOperator(step, origin: origin, rowLimit: rowLimit)
    case .join(let join):
      return try JoinOperator(step, join, inputs: inputSchemas, rowLimit: rowLimit)
    case .runningJoin(let join):
      return try RunningJoinOperator(step, join, inputs: inputSchemas, rowLimit: rowLimit)
    case .latest(let latest): return try LatestOperator(step, latest, inputs: inputSchemas)
    default: return try makeHolding(step, input, functions, rowLimit)
    }
  }

  /// Of steps that find rows of tables: in memory, or by asking.
  private static func makeLookup(
    _ step: PhysicalOperator, _ input: Schema, _ lookups: [TableSpec], _ tables: [SharedTable],
    _ questions: [LookupQuestion], _ book: AnswerBook?, _ baseline: ModelBaseline?
  ) throws(OperatorError) -> any Operator {
    switch step.kind {
    case .enrich(let table, let keys, let columns, let isRequired):
      guard tables.indices.contains(table) else {
        throw OperatorError(stage: step.id, reason: "table \(table) of the plan is not loaded")
      }
      return try EnrichOperator(
        step, input: input, table: tables[table], keys: keys, columns: columns,
        isRequired: isRequired)
    case .ask(let lookup, let keys, let columns, let isRequired):
      guard lookups.indices.contains(lookup), !questions.isEmpty else {
        throw OperatorError(stage: step.id, reason: "table \(lookup) of the plan is not connected")
      }
      return try AskOperator(
        step, input: input, table: lookups[lookup], keys: keys, columns: columns,
        isRequired: isRequired, book: book, baseline: baseline, questions: questions)
    default: throw OperatorError(stage: step.id, reason: "it looks nothing up")
    }
  }

  private static func makeInference(
    _ step: PhysicalOperator, _ inference: PhysicalInference, _ input: Schema,
    _ plan: PhysicalPlan, _ models: [any InferenceModel]
  ) throws(OperatorError) -> any Operator {
    guard plan.models.indices.contains(inference.model) else {
      throw OperatorError(stage: step.id, reason: "the plan has no model \(inference.model)")
    }
    return try InferOperator(
      step, inference, plan.models[inference.model], input: input, models: models)
  }

  private static func makeExecution(
    _ step: PhysicalOperator, _ execution: PhysicalTask, _ inputs: [Schema], _ plan: PhysicalPlan,
    _ tables: [SharedTable], _ service: TaskService?
  ) throws(OperatorError) -> any Operator {
    guard plan.tasks.indices.contains(execution.task), let service else {
      throw OperatorError(
        stage: step.id, reason: "task \(execution.task) of the plan has nobody who makes its calls")
    }
    let task = plan.tasks[execution.task]
    var steering: TaskSteering?
    if let spec = execution.steering {
      let loaded = spec.loaded.flatMap { tables.indices.contains($0) ? tables[$0] : nil }
      steering = try TaskSteering(
        spec, input: inputs.count > 1 ? inputs[1] : nil, loaded: loaded, step.id)
    }
    return try ExecuteOperator(
      step, task: task, input: inputs[0],
      // Those that nobody reads have no column.
      outcome: task.outcomeFields.map { field in
        execution.columns.first { $0.tableColumn == field.name }?.name ?? ""
      }, service: service, steering: steering)
  }

  /// Of steps that hold rows, or what was made of them, until the watermark is past them.
  private static func makeHolding(
    _ step: PhysicalOperator, _ input: Schema, _ functions: ForeignFunctions, _ rowLimit: Int
  ) throws(OperatorError) -> any Operator {
    switch step.kind {
    case .localWindow(let window):
      return try LocalWindowOperator(step, window, input: input)
    case .globalWindow(let window) where window.isUpdating:
      return try RefreshingWindowOperator(step, window, rowLimit: rowLimit)
    case .globalWindow(let window):
      return try GlobalWindowOperator(step, window, rowLimit: rowLimit)
    case .punctual(let allowance):
      return PunctualOperator(step, allowance: allowance)
    case .order(let keys):
      return try OrderOperator(step, keys: keys, input: input, rowLimit: rowLimit)
    case .tableRows: return TableRowsOperator(step)
    case .latestRows: return TableRowsOperator(step, isTimed: false)
    case .versionsInTime(let version):
      return try PunctualOperator(step, version: version, input: input)
    case .asOf(let asOf): return try AsOfOperator(step, asOf, input: input)
    case .sessionWindow(let window) where window.isUpdating:
      return try RefreshingSessionOperator(step, window, input: input, rowLimit: rowLimit)
    case .sessionWindow(let window):
      return try SessionOperator(step, window, input: input)
    case .keepLast(let keys, let span):
      return try KeepLastOperator(
        step, keys: keys, span: span, input: input, rowLimit: rowLimit)
    case .over(let over):
      return try OverOperator(step, over, input: input, rowLimit: rowLimit)
    case .runningTop(let running):
      return try RunningTopOperator(step, running, input: input, rowLimit: rowLimit)
    case .top(let top, let isGlobal):
      return try TopOperator(step, top, isGlobal: isGlobal, input: input, rowLimit: rowLimit)
    case .match(let match):
      return try MatchOperator(
        step, match, input: input, functions: functions, rowLimit: rowLimit)
    case .frequencyCap(let keys, let caps):
      return try FrequencyCapOperator(step, keys: keys, caps, input: input)
    case .attribute(let attribution):
      return try AttributionOperator(step, attribution, input: input, rowLimit: rowLimit)
    case .funnel(let funnel):
      return try FunnelOperator(step, funnel, input: input, rowLimit: rowLimit)
    default:
      throw OperatorError(stage: step.id, reason: "a source or sink is no operator")
    }
  }
}
