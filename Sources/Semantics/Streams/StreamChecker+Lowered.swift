import Plans
import Schemas
import Syntax

/// Stages that are made into steps which are there already.
extension StreamChecker {
  /// Adds the steps one behind the other. The first is the stage: it has its name and what it sets
  /// aside; the others bear its name and their own. Returns the first.
  @discardableResult
  func addLowered(
    _ steps: [LoweredStep], _ word: String, _ stage: StageSyntax
  ) -> LogicalPlan.NodeID {
    var first: LogicalPlan.NodeID?
    for step in steps {
      let scope = RowScope(step.schema.fields)
      guard let base = first else {
        first = add(step.kind, word, scope, stage, hasEventTime: true)
        continue
      }
      let node = graph.add(
        LogicalNode(
          id: OperatorID("\(graph.nodes[base].id.name).\(step.name)"), kind: step.kind,
          inputs: [current.input], schema: step.schema, hasEventTime: true,
          line: definitions.line(stage.span)), at: stage.keyword.span)
      current = StreamOutput(
        input: LogicalInput(node: node), scope: scope, hasEventTime: true)
    }
    // What ends with a period is of the window that ends then.
    if current.scope.field(named: WindowBound.end.rawValue) != nil {
      current.scope.windowBounds = [WindowBound.end.rawValue: .end]
    }
    return first ?? current.input.node
  }
}
