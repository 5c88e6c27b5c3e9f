import Plans
import Schemas

extension PhysicalBuilder {
  /// Projections that would change nothing are left out.
  mutating func addWindow(
    _ id: LogicalPlan.NodeID, _ spec: WindowSpec, _ inputs: [PhysicalEdge]
  ) {
    guard let input = inputs.first else { return }
    var columns = WindowInputs(spec, stage: logical.nodes[id].id)
    var result =
      spec.kind.isGrid ? addGrid(id, &columns, input) : addByRows(id, columns, input)
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
    _ id: LogicalPlan.NodeID, _ inputs: inout WindowInputs, _ input: PhysicalEdge
  ) -> PhysicalEdge {
    let stage = logical.nodes[id].id
    let row = schema(of: input)
    let isLateRead = readers.isRead(id, .late)
    var before = input
    if !inputs.computed.isEmpty {
      if isLateRead { inputs.carry(row) }
      before = project(id, inputs, input)
    }
    let window = inputs.window
    let local = append(
      id, OperatorID("\(stage).local"), .localWindow(window), [before], window.partialSchema,
      canFail: canFail(window))
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
      canFail: canFail(window))
  }

  /// What comes too late is set aside as it is; of the rest only what the window reads goes on, for
  /// rows that wait are state, and state must not hang on what else reads the stream. Then an
  /// exchange by key, and the rows of each key in order.
  private mutating func addByRows(
    _ id: LogicalPlan.NodeID, _ inputs: WindowInputs, _ input: PhysicalEdge
  ) -> PhysicalEdge {
    let stage = logical.nodes[id].id
    let window = inputs.window
    var edge = project(id, inputs, punctual(id, input))
    let row = schema(of: edge)
    let keys = window.keys.map(\.name)
    edge.exchange = .key(keys)
    edge = append(
      id, OperatorID("\(stage).order"), .order(keys: keys), [edge], row, canFail: false)
    return append(
      id, stage, .sessionWindow(window), [edge], window.resultSchema, canFail: canFail(window))
  }

  private mutating func project(
    _ id: LogicalPlan.NodeID, _ inputs: WindowInputs, _ input: PhysicalEdge
  ) -> PhysicalEdge {
    append(
      id, OperatorID("\(logical.nodes[id].id).input"), .project(inputs.columns), [input],
      Schema(inputs.columns.map { Field($0.name, $0.expression.fieldType) }),
      canFail: inputs.columns.contains { $0.expression.isFallible })
  }

  private func canFail(_ window: PhysicalWindow) -> Bool {
    window.aggregates.contains {
      AggregateCatalogue.signature(named: $0.function, arguments: $0.arguments.count)?.isFallible
        ?? true
    }
  }
}

/// What a window reads, as columns: expressions become columns of a projection before it.
struct WindowInputs {
  private(set) var window: PhysicalWindow
  /// All that the projection makes.
  private(set) var columns: [NamedExpression] = []
  /// Those of them that are more than a column under its own name.
  private(set) var computed: [NamedExpression] = []
  /// Of the columns, by name.
  private var expressions: [String: Expression] = [:]
  /// Of the computed ones, by what they are.
  private var computedNames: [Expression: String] = [:]
  private(set) var results: [NamedExpression] = []
  /// Whether the global phase's columns are the results already.
  private(set) var resultsArePlain = true
  private let stage: OperatorID

  init(_ spec: WindowSpec, stage: OperatorID) {
    self.stage = stage
    window = PhysicalWindow(
      kind: spec.kind, offset: spec.offset, zone: spec.zone, keys: [], aggregates: [])
    window.keys = spec.keys.map { key in
      take(key.name, key.expression, of: key.name)
      return key.field
    }
    let names = Self.names(spec)
    let readers = spec.results.firstReaders
    for call in spec.aggregates {
      let result = names[call.name] ?? readers[call.name]
      let arguments = call.arguments.indices.map { argument(call, $0, of: result) }
      let filter = call.filter.map { column($0, prefix: "$where", of: result) }
      window.aggregates.append(
        PhysicalWindow.Aggregate(
          name: names[call.name] ?? call.name, result: result ?? call.name,
          function: call.function, arguments: arguments, filter: filter?.name,
          fieldType: call.fieldType))
    }
    finish(spec, names)
  }

  /// An aggregate that is a column of the result bears its name; so does its state.
  private static func names(_ spec: WindowSpec) -> [String: String] {
    let calls = Set(spec.aggregates.map(\.name))
    var names: [String: String] = [:]
    for result in spec.results {
      if case .column(let name) = result.expression.node, names[name] == nil,
        calls.contains(name)
      {
        names[name] = result.name
      }
    }
    return names
  }

  private mutating func finish(_ spec: WindowSpec, _ names: [String: String]) {
    let bounds = [Field("window_start", .timestamp), Field("window_end", .timestamp)]
    results = (window.keys + bounds).map { NamedExpression($0.name, .column($0)) }
    results += spec.results.map {
      let origin = NamedExpression.Origin(stage: stage, column: $0.name)
      return NamedExpression($0.name, $0.expression.renaming(names), origin: origin)
    }
    let plain = (window.keys + bounds).map(\.name) + window.aggregates.map(\.name)
    resultsArePlain =
      results.map(\.name) == plain
      && results.allSatisfy { $0.expression.node == .column($0.name) }
  }

  /// `result` is the column of the window that the value is for.
  private mutating func take(_ name: String, _ expression: Expression, of result: String?) {
    if expressions[name] != nil { return }
    expressions[name] = expression
    let origin = NamedExpression.Origin(stage: stage, column: result)
    let column = NamedExpression(name, expression, origin: origin)
    columns.append(column)
    guard expression.node != .column(name) else { return }
    computed.append(column)
    computedNames[expression] = name
  }

  private mutating func argument(
    _ call: AggregateCall, _ index: Int, of result: String?
  ) -> PhysicalWindow.Argument {
    if let setting = call.setting(index) { return .constant(setting) }
    return .column(column(call.arguments[index], prefix: "$in", of: result))
  }

  private mutating func column(
    _ expression: Expression, prefix: String, of result: String?
  ) -> Field {
    if case .column(let name) = expression.node {
      // A key may have taken the name for something else.
      let taken = expressions[name]
      if taken == nil || taken == expression {
        take(name, expression, of: result)
        return Field(name, expression.fieldType)
      }
    }
    if let same = computedNames[expression] { return Field(same, expression.fieldType) }
    let name = "\(prefix)\(computed.count)"
    take(name, expression, of: result)
    return Field(name, expression.fieldType)
  }

  /// Takes the row along beside, so that late rows can be put out as they came.
  mutating func carry(_ row: Schema) {
    columns += row.fields.map { NamedExpression("$row.\($0.name)", .column($0)) }
  }

  /// The row as it came, out of what was carried.
  func carried(_ row: Schema) -> [NamedExpression] {
    row.fields.map {
      NamedExpression($0.name, .column(Field("$row.\($0.name)", $0.fieldType)))
    }
  }
}
