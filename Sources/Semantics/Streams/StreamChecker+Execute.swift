import Diagnostics
import Plans
import Schemas
import Syntax

/// `execute TASK as c [steered by TABLE on EXPR]`
extension StreamChecker {
  func execute(_ execute: ExecuteStageSyntax, _ stage: StageSyntax) {
    guard let task = graph.task(execute.task) else { return lose() }
    let alias = execute.name
    guard !current.isUnknown, !alias.text.isEmpty else { return lose() }
    let rows = RowValues(graph.options, checker)
    let spec = TaskBinding(task, graph, rows).spec()
    let steered = execute.steering.flatMap { steering($0, rows) }
    checkSide(alias)
    let (columns, added) = outcome(of: spec ?? task.spec, alias)
    var scope = current.scope
    scope.fields += added
    scope.sides.append(alias.text)
    // Outcomes come when calls have ended, their windows long closed.
    scope.windowBounds = [:]
    guard let spec, (steered == nil) == (execute.steering == nil) else {
      current.scope = scope
      current.hasEventTime = true
      return
    }
    let made = ExecuteSpec(
      task: spec, values: rows.values, columns: columns, steering: steered?.spec)
    let inputs = [current.input] + [steered?.rows].compactMap(\.self)
    _ = add(.execute(made), "execute", scope, stage, inputs: inputs, hasEventTime: true)
  }

  /// What became of a task, and what was read of the answer, under the name of a side.
  private func outcome(
    of task: TaskSpec, _ alias: Identifier
  ) -> ([EnrichedColumn], [Field]) {
    var columns: [EnrichedColumn] = []
    var added: [Field] = []
    for field in task.outcomeFields {
      let name = "\(alias.text).\(field.name)"
      guard current.scope.field(named: name) == nil else { continue }
      columns.append(EnrichedColumn(tableColumn: field.name, name: name))
      added.append(Field(name, field.fieldType))
    }
    return (columns, added)
  }
}
