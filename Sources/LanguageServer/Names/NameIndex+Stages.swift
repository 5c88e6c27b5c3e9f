import Syntax

/// The names within stages.
extension NameIndex {
  mutating func add(_ stage: StageSyntax) {
    addRoute(of: stage)
    switch stage.kind {
    case .filter(let value), .flatten(let value, _), .sample(let value), .limit(let value),
      .throttle(let value):
      add(value)
    case .map(let columns): add(columns)
    case .with(let columns): add(columns)
    case .union(let streams): streams.forEach { add(.stream, $0.stream) }
    case .key(let keys): add(keys)
    case .aggregate(let keys, let columns):
      add(keys)
      add(columns)
    case .dedupe(let it): add(it.by)
    case .enrich(let it):
      add(.stream, it.table)
      (it.on + [it.asOf].compactMap(\.self)).forEach { add($0) }
    case .join(let it):
      add(.stream, it.other.stream)
      it.on.forEach { add($0) }
      it.bounds?.expressions.forEach { add($0) }
    case .window(let it):
      add(it.by)
      add(it.columns)
    case .top(let it):
      it.by.forEach { add($0.value) }
      add(it.per)
    case .over(let it):
      add(it.by)
      add(it.columns)
    case .match(let it):
      add(it.by)
      add(it.definitions)
      add(it.emit)
    case .funnel(let it):
      add(it.by)
      add(it.steps)
    case .fold(let it): add(it)
    case .attribute, .frequencyCap, .anomaly, .sessionize, .retention, .experiment:
      addMarketing(stage)
    case .infer(let model, let arguments, _):
      add(.model, model)
      arguments.forEach { add($0.value) }
    case .execute(let it): add(it)
    case .drop, .rename, .missing: break
    }
  }

  private mutating func add(_ execute: ExecuteStageSyntax) {
    add(.task, execute.task)
    guard let steering = execute.steering else { return }
    add(.stream, steering.table)
    add(steering.on)
  }

  private mutating func addMarketing(_ stage: StageSyntax) {
    switch stage.kind {
    case .attribute(let it):
      add(.stream, it.other.stream)
      it.expressions.forEach { add($0) }
    case .frequencyCap(let it): add(it.by)
    case .experiment(let it): it.expressions.forEach { add($0) }
    case .retention(let it):
      add(it.by)
      add(it.per)
    case .anomaly(let it): it.expressions.forEach { add($0) }
    case .sessionize(let it): add(it.by)
    default: break
    }
  }

  private mutating func add(_ fold: FoldStageSyntax) {
    add(fold.by)
    for state in fold.state {
      add(state.type)
      add(state.initial)
    }
    add(fold.columns)
  }

  private mutating func addRoute(of stage: StageSyntax) {
    guard case .deadLetter(let connector)? = stage.errorRoute?.kind else { return }
    for option in connector.options.options {
      if case .expression(let value) = option.value.kind { add(value) }
    }
  }

  private mutating func add(_ keys: [GroupKeySyntax]) { keys.forEach { add($0.value) } }

  private mutating func add(_ columns: [AssignmentSyntax]) { columns.forEach { add($0.value) } }

  private mutating func add(_ columns: [ColumnItemSyntax]) {
    for case .computed(let assignment) in columns { add(assignment.value) }
  }
}
