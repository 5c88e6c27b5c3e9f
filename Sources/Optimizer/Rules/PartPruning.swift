package import Plans
import Schemas

/// Leaves out the fields of structs that nobody reads, down to the decoders: where only `a.b.c` is
/// read, the rest of `a` is skipped. Behind `ProjectionPushdown`, which does so with columns.
package struct PartPruning: OptimizerRule {
  package let name = "PartPruning"

  package init() {}

  package func apply(_ plan: LogicalPlan) -> LogicalPlan {
    let needed = NeededFields(plan).columns
    var result = plan
    var isChanged = false
    for id in plan.nodes.indices {
      if case .source(var spec) = plan.nodes[id].kind {
        guard spec.decoding.format == .json, spec.updates == nil else { continue }
        spec.decoding.columns = spec.decoding.columns.map { column in
          (needed[id]?[column.field.name] ?? .none).left(of: column)
        }
        isChanged = isChanged || result.nodes[id].kind != .source(spec)
        result.nodes[id].kind = .source(spec)
        result.nodes[id].schema = Schema(spec.decoding.columns.map(\.field))
      } else if isChanged {
        retype(&result.nodes[id], in: result)
      }
    }
    return result
  }

  /// A step with its columns as what is before it leaves them.
  private func retype(_ node: inout LogicalNode, in plan: LogicalPlan) {
    guard let input = node.inputs.first else { return }
    let row = types(of: input, in: plan)
    if retypeMaker(&node, row, plan) { return }
    switch node.kind {
    case .filter(let condition): node.kind = .filter(condition.retyped(row))
    case .keyBy(let keys): node.kind = .keyBy(keys.map { $0.retyped(row) })
    case .dedupe(var spec):
      spec.keys = spec.keys.map { $0.retyped(row) }
      node.kind = .dedupe(spec)
    case .frequencyCap(let spec):
      node.kind = .frequencyCap(spec.mapExpressions { $0.retyped(row) })
    case .top(let spec): node.kind = .top(spec.mapExpressions { $0.retyped(row) })
    case .over(var spec):
      spec.keys = spec.keys.map { $0.retyped(row) }
      spec.aggregates = spec.aggregates.map { $0.mapExpressions { $0.retyped(row) } }
      node.kind = .over(spec)
    case .flatten(var spec):
      spec.list = spec.list.retyped(row)
      node.kind = .flatten(spec)
    case .infer(let spec): node.kind = .infer(spec.mapExpressions { $0.retyped(row) })
    case .execute(let spec): node.kind = .execute(spec.mapExpressions { $0.retyped(row) })
    case .enrich(var spec):
      spec.keys = spec.keys.map { $0.retyped(row) }
      node.kind = .enrich(spec)
    case .asOf(var spec):
      spec.keys = spec.keys.map { $0.retyped(row) }
      node.kind = .asOf(spec)
    case .sink(let spec): node.kind = .sink(spec.retyped(row))
    default: break
    }
    let added = addedColumns(node.kind)
    for index in node.schema.fields.indices where !added.contains(node.schema.fields[index].name) {
      if let type = row[node.schema.fields[index].name] {
        node.schema.fields[index].fieldType.type = type
      }
    }
  }

  /// A step that passes no row of its input on, but makes its own; false where it is no such step.
  private func retypeMaker(
    _ node: inout LogicalNode, _ row: [String: DataType], _ plan: LogicalPlan
  ) -> Bool {
    switch node.kind {
    // It reads columns whole, and expressions of either side.
    case .join(let spec):
      let other = types(of: node.inputs[1], in: plan)
      node.kind = .join(
        spec.mapExpressions(left: { $0.retyped(row) }, right: { $0.retyped(other) }))
    case .attribute(let spec):
      let other = types(of: node.inputs[1], in: plan)
      node.kind = .attribute(
        spec.mapExpressions({ $0.retyped(row) }, ofTouches: { $0.retyped(other) }))
    // What it carries is read whole.
    case .fold(var spec):
      spec.keys = spec.keys.map { $0.retyped(row) }
      node.kind = .fold(spec)
    case .funnel(let spec): node.kind = .funnel(spec.mapExpressions { $0.retyped(row) })
    case .match(let spec): node.kind = .match(spec.retyped(row))
    case .project(var columns):
      for index in columns.indices {
        columns[index].expression = columns[index].expression.retyped(row)
        node.schema.fields[index].fieldType.type = columns[index].expression.type
      }
      node.kind = .project(columns)
    case .window(let spec): node.kind = .window(spec.retyped(row))
    case .running(let spec): node.kind = .running(spec.mapInputs { $0.retyped(row) })
    default: return false
    }
    return true
  }

  private func types(of input: LogicalInput, in plan: LogicalPlan) -> [String: DataType] {
    Dictionary(
      PlanVerifier.schema(of: input, in: plan).fields.map { ($0.name, $0.type) },
      uniquingKeysWith: { first, _ in first })
  }

  private func addedColumns(_ kind: LogicalKind) -> Set<String> {
    switch kind {
    case .flatten(let spec): [spec.name]
    case .enrich(let spec): Set(spec.columns.map(\.name))
    case .infer(let spec): Set(spec.columns.map(\.name))
    case .execute(let spec): Set(spec.added)
    case .asOf(let spec): Set(spec.columns.map(\.name))
    case .top(let spec): Set(spec.added.map(\.name))
    case .over(let spec): Set(spec.results.map(\.name))
    default: []
    }
  }
}

extension LogicalKind {
  /// Whether rows wait in a step that passes them on.
  fileprivate var holdsRows: Bool {
    if case .dedupe(let spec) = self { return spec.keepsLast }
    return true
  }
}

extension WindowSpec {
  /// The same over columns of which less is left.
  fileprivate func retyped(_ row: [String: DataType]) -> WindowSpec {
    var spec = self
    for index in keys.indices { spec.keys[index].expression = keys[index].expression.retyped(row) }
    for (index, call) in aggregates.enumerated() {
      spec.aggregates[index].arguments = call.arguments.map { $0.retyped(row) }
      spec.aggregates[index].filter = call.filter?.retyped(row)
    }
    return spec
  }
}

extension MatchSpec {
  /// The same over columns of which less is left. Results read none of them.
  fileprivate func retyped(_ row: [String: DataType]) -> MatchSpec {
    var spec = mapExpressions { $0.retyped(row) }
    spec.results = results
    return spec
  }
}

extension SinkSpec {
  fileprivate func retyped(_ row: [String: DataType]) -> SinkSpec {
    var spec = self
    for (index, header) in encoding.headers.enumerated() {
      spec.encoding.headers[index].expression = header.expression.retyped(row)
    }
    spec.encoding.tombstone = encoding.tombstone?.retyped(row)
    return spec
  }
}

/// How much of each column of each step's main output somebody reads.
struct NeededFields {
  private let plan: LogicalPlan
  private(set) var columns: [Int: [String: NeededParts]] = [:]

  init(_ plan: LogicalPlan) {
    self.plan = plan
    for id in plan.nodes.indices.reversed() { visit(id) }
  }

  private mutating func visit(_ id: Int) {
    let node = plan.nodes[id]
    var needed = columns[id] ?? [:]
    switch node.kind {
    case .source, .table: return
    // The rows it holds are state, which outlives what is read of them.
    case .throttle: for name in needed.keys { needed[name] = .whole }
    case .dedupe, .frequencyCap:
      if node.kind.holdsRows { for name in needed.keys { needed[name] = .whole } }
      for expression in node.kind.expressions { needed.read(expression) }
    case .filter, .keyBy, .limit:
      for expression in node.kind.expressions { needed.read(expression) }
    case .over(let spec): needed = whole(spec, node, Set(needed.keys))
    // Their choice hangs on all that the stage saw.
    case .top(let spec):
      for field in spec.added { needed[field.name] = nil }
      for name in Array(needed.keys) + spec.columns { needed[name] = .whole }
      for expression in node.kind.expressions { needed.read(expression) }
    case .sample(let spec): for name in spec.columns { needed[name] = .whole }
    case .project(let all): needed = Self.read(all, needed)
    // Its inputs must stay alike.
    case .union: needed = Dictionary(node.schema.fields.map { ($0.name, .whole) }) { a, _ in a }
    case .flatten(let spec):
      needed[spec.name] = nil
      needed.read(spec.list)
    case .infer(let spec):
      for column in spec.columns { needed[column.name] = nil }
      for input in spec.inputs { needed.read(input) }
    case .execute(let spec): return visit(spec, node, needed)
    case .enrich(let spec):
      for column in spec.columns { needed[column.name] = nil }
      for key in spec.keys { needed.read(key) }
    case .asOf, .join, .attribute: return visitBoth(node)
    case .window(let spec): needed = Self.read(spec.inputs, [])
    case .running(let spec): needed = Self.read(spec.inputs, [])
    // Rows that wait before it are state, which outlives what is read of them.
    case .fold(let spec): needed = Self.read(spec.keys, spec.columnsRead)
    case .funnel: needed = Self.read(node.kind.expressions, [])
    case .match(let spec): needed = Self.read(spec.inputs, [])
    case .sink:
      for field in node.schema.visibleFields { needed[field.name] = .whole }
      for expression in node.kind.expressions { needed.read(expression) }
    }
    need(node.inputs, needed)
  }

  /// Rows wait. What steers them is a stream of its own.
  private mutating func visit(
    _ spec: ExecuteSpec, _ node: LogicalNode, _ needed: [String: NeededParts]
  ) {
    var needed = needed
    for name in spec.added { needed[name] = nil }
    for name in needed.keys { needed[name] = .whole }
    for value in spec.values { needed.read(value.expression) }
    need(node.inputs.prefix(1), needed)
    need(node.inputs.dropFirst(), Self.read([], spec.steering?.columns ?? []))
  }

  /// Of two streams side by side. Their rows are state, which outlives what is read of them.
  private mutating func visitBoth(_ node: LogicalNode) {
    switch node.kind {
    case .asOf(let spec):
      let carried = node.schema.fields.dropLast(spec.columns.count).map(\.name)
      need([node.inputs[0]], Self.read(spec.keys, carried))
      need([node.inputs[1]], Self.read([], spec.tableKeys + spec.held))
    case .join(let spec):
      need([node.inputs[0]], Self.read(spec.leftInputs, spec.leftColumns))
      need([node.inputs[1]], Self.read(spec.rightInputs, spec.rightColumns))
    case .attribute(let spec):
      need([node.inputs[0]], Self.read(spec.leftKeys + [spec.value], spec.leftColumns))
      need([node.inputs[1]], Self.read(spec.rightKeys + spec.conditions, spec.rightColumns))
    default: return
    }
  }

  private static func read(
    _ columns: [NamedExpression], _ needed: [String: NeededParts]
  ) -> [String: NeededParts] {
    var read: [String: NeededParts] = [:]
    for column in columns {
      let isPath = column.expression.isPath
      read.read(column.expression, isPath ? needed[column.name] ?? .none : .whole)
    }
    return read
  }

  private static func read(
    _ keys: [Expression], _ columns: some Sequence<String>
  ) -> [String: NeededParts] {
    var read: [String: NeededParts] = [:]
    for key in keys { read.read(key) }
    for column in columns { read[column] = .whole }
    return read
  }

  /// The rows that wait are state, as those of `throttle`.
  private func whole(
    _ spec: OverSpec, _ node: LogicalNode, _ needed: Set<String>
  ) -> [String: NeededParts] {
    let made = Set(spec.results.map(\.name) + spec.aggregates.map(\.name))
    let read = node.kind.expressions.reduce(into: needed) { $0.formUnion($1.columnNames) }
    return Dictionary(read.subtracting(made).map { ($0, .whole) }) { first, _ in first }
  }

  /// Rows that are set aside are the first input's: what is read of them is needed of that.
  private mutating func need(_ inputs: some Sequence<LogicalInput>, _ parts: [String: NeededParts])
  {
    for input in inputs {
      switch input.output {
      case .main, .capped, .failed:
        columns[input.node, default: [:]].merge(parts) { known, more in
          var all = known
          all.formUnion(more)
          return all
        }
      case .late, .unmatched:
        let step = plan.nodes[input.node]
        // What finds no version has waited with all that is read of it.
        guard case .asOf = step.kind else { need(step.inputs.prefix(1), parts); continue }
        need(step.inputs.prefix(1), parts.mapValues { _ in .whole })
      // Keys and states are kept whole, read or not.
      case .expired, .errors: break
      }
    }
  }
}
