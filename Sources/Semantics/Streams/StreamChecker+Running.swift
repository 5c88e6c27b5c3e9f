import Diagnostics
import Plans
import Schemas
import Syntax

/// `aggregate [by …] { … }`
extension StreamChecker {
  func running(_ by: [GroupKeySyntax], _ columns: [AssignmentSyntax], _ stage: StageSyntax) {
    let keys = keys(by)
    let keyFields = keys.compactMap { key in key.expression.map { Field(key.name, $0.fieldType) } }
    var names: [String: Span] = [:]
    for key in keys { _ = isFirst(key.name, key.span, &names) }
    let takesUpdates = graph.mode(of: current.input).isUpdating
    let aggregation = Aggregation(
      input: checker, keyNames: keys.map(\.name),
      lacksOrder: takesUpdates && !current.hasEventTime, takesUpdates: takesUpdates)
    var scope = RowScope(keyFields)
    scope.hasUnknownColumns = current.isUnknown || keyFields.count < keys.count
    let block = ExpressionChecker(definitions, scope, aggregation: aggregation)
    var results: [NamedExpression] = []
    var fields = keyFields
    var isWrong = keyFields.count < keys.count
    for column in columns {
      guard isFirst(column.name.text, column.name.span, &names) else { continue }
      let value = block.check(column.value)
      if value.isUntyped { report(TypeProblem.untyped(value.type), at: column.value.span) }
      if value.type.holdsUnknown { isWrong = true }
      results.append(NamedExpression(column.name.text, value.expression))
      fields.append(Field(column.name.text, value.fieldType))
    }
    guard !current.isUnknown else { return lose() }
    guard !isWrong else {
      return current.scope = RowScope(fields)
    }
    let spec = RunningSpec(
      keys: keys.compactMap { key in key.expression.map { NamedExpression(key.name, $0) } },
      aggregates: aggregation.calls, results: results, takesUpdates: takesUpdates)
    _ = add(
      .running(spec), "aggregate", RowScope(fields), stage, mode: .updates(key: keys.map(\.name)))
  }

  /// What a stage does with a stream that updates. Refused are those that look at rows one by one,
  /// each for good.
  func takesUpdates(_ stage: StageSyntax) -> Bool {
    let mode = graph.mode(of: current.input)
    guard mode.isUpdating else { return true }
    switch stage.kind {
    case .filter, .map, .with, .drop, .rename, .union, .flatten, .enrich, .aggregate, .top,
      .missing:
      return true
    case .join(let join) where join.bounds == nil: return true
    default:
      report(UpdateProblem.refused(stage: stage.keyword.text, mode: mode), at: stage.keyword.span)
      lose()
      return false
    }
  }

}

extension StreamGraph {
  /// What the rows of an output do to earlier ones. What is set aside is as it came.
  func mode(of output: LogicalInput) -> StreamMode {
    guard nodes.indices.contains(output.node) else { return .append }
    let node = nodes[output.node]
    switch output.output {
    case .main: return node.mode
    case .unmatched:
      // Behind a look-up in latest rows it has the way of those that matched.
      if case .asOf = node.kind { return node.mode }
      return node.inputs.first.map { mode(of: $0) } ?? .append
    case .late, .capped, .expired, .errors, .failed: return .append
    }
  }

  /// The mode behind a projection: its key is carried, or there is none any more.
  func mode(of output: LogicalInput, behind columns: [NamedExpression]) -> StreamMode {
    let mode = mode(of: output)
    guard case .updates(let key?) = mode else { return mode }
    var carried: [String: String] = [:]
    for column in columns {
      if case .column(let name) = column.expression.node, carried[name] == nil {
        carried[name] = column.name
      }
    }
    let names = key.compactMap { carried[$0] }
    return .updates(key: names.count == key.count ? names : nil)
  }
}
