import Plans
import Schemas

extension PhysicalBuilder {
  /// Projections that would change nothing are left out.
  mutating func addWindow(
    _ id: LogicalPlan.NodeID, _ spec: WindowSpec, _ inputs: [PhysicalEdge]
  ) {
    guard let input = inputs.first else { return }
    var columns = GroupInputs(spec, stage: logical.nodes[id].id)
    var result =
      spec.kind.isGrid
      ? addGrid(id, spec, &columns, input) : addByRows(id, spec, columns, input)
    if !columns.resultsArePlain {
      let node = logical.nodes[id]
      result = append(
        id, OperatorID("\(node.id).result"), .project(columns.results), [result], node.schema,
        canFail: spec.results.contains { $0.expression.isFallible })
    }
    outputs[LogicalInput(node: id)] = result
  }

  /// Projection of keys, arguments and filters, a phase on each worker, an exchange by key, and the
  /// phase that puts windows out.
  private mutating func addGrid(
    _ id: LogicalPlan.NodeID, _ spec: WindowSpec, _ inputs: inout GroupInputs, _ input: PhysicalEdge
  ) -> PhysicalEdge {
    let stage = logical.nodes[id].id
    let row = schema(of: input)
    let isLateRead = readers.isRead(id, .late)
    var before = input
    if !inputs.computed.isEmpty {
      if isLateRead { inputs.carry(row) }
      before = project(id, inputs, input)
    }
    let window = inputs.window(spec)
    let local = append(
      id, OperatorID("\(stage).local"), .localWindow(window), [before], window.partialSchema,
      canFail: canFail(window.aggregates))
    if isLateRead {
      let late = PhysicalEdge(from: local.from, output: .late)
      outputs[LogicalInput(node: id, output: .late)] =
        inputs.computed.isEmpty
        ? late
        : append(
          id, OperatorID("\(stage).late"), .project(inputs.carried(row)), [late], row,
          canFail: false)
    }
    var exchanged = local
    exchanged.exchange = .key(window.keys.map(\.name))
    return append(
      id, stage, .globalWindow(window), [exchanged], window.resultSchema,
      canFail: canFail(window.aggregates))
  }

  /// What comes too late is set aside as it is; of the rest only what the window reads goes on, for
  /// rows that wait are state, and state must not hang on what else reads the stream. Then an
  /// exchange by key, and the rows of each key in order. Sessions that tell more than once put rows
  /// where they belong, late ones too; but what a limit ends depends on the order.
  private mutating func addByRows(
    _ id: LogicalPlan.NodeID, _ spec: WindowSpec, _ inputs: GroupInputs, _ input: PhysicalEdge
  ) -> PhysicalEdge {
    let stage = logical.nodes[id].id
    let window = inputs.window(spec)
    var rows = project(
      id, inputs, punctual(id, input, allowance: window.allowLate ?? 0))
    let keys = window.keys.map(\.name)
    if window.isUpdating, spec.kind.length == nil {
      rows.exchange = .key(keys)
    } else {
      rows = ordered(id, by: keys, rows)
    }
    return append(
      id, stage, .sessionWindow(window), [rows], window.resultSchema,
      canFail: canFail(window.aggregates))
  }

  mutating func project(
    _ id: LogicalPlan.NodeID, _ inputs: GroupInputs, _ input: PhysicalEdge
  ) -> PhysicalEdge {
    append(
      id, OperatorID("\(logical.nodes[id].id).input"), .project(inputs.columns), [input],
      Schema(inputs.columns.map { Field($0.name, $0.expression.fieldType) }),
      canFail: inputs.columns.contains { $0.expression.isFallible })
  }

  func canFail(_ aggregates: [PhysicalWindow.Aggregate]) -> Bool {
    aggregates.contains {
      AggregateCatalogue.signature(named: $0.function, arguments: $0.arguments.count)?.isFallible
        ?? true
    }
  }
}
