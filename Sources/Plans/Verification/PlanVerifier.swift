public import Schemas

/// Holds a logical plan against what every plan promises: steps in order, columns that are there,
/// with their types, and schemas that follow from the steps. For our own mistakes, not the user's.
public enum PlanVerifier {
  /// What is wrong, a line each; empty for a sound plan. O(size of the plan).
  public static func violations(in plan: LogicalPlan) -> [String] {
    var found: [String] = []
    var ids: Set<OperatorID> = []
    for index in plan.nodes.indices {
      if !ids.insert(plan.nodes[index].id).inserted {
        found.append("#\(index) \(plan.nodes[index].id): id used twice")
      }
      found += structure(plan, index).map { "#\(index) \(plan.nodes[index].id): \($0)" }
    }
    if !found.isEmpty { return found }
    for index in plan.nodes.indices {
      found += columns(plan, index).map { "#\(index) \(plan.nodes[index].id): \($0)" }
    }
    return found
  }

  private static func structure(_ plan: LogicalPlan, _ index: Int) -> [String] {
    let node = plan.nodes[index]
    var found: [String] = []
    for input in node.inputs where input.node < 0 || input.node >= index {
      found.append("input #\(input.node) does not stand before it")
    }
    let wanted: ClosedRange<Int> =
      switch node.kind {
      case .source, .table: 0...0
      case .union: 1...Int.max
      case .join, .attribute, .asOf: 2...2
      case .execute(let spec) where spec.steering != nil && node.kind.loadedTable == nil: 2...2
      default: 1...1
      }
    if !wanted.contains(node.inputs.count) { found.append("\(node.inputs.count) inputs") }
    if let table = node.kind.loadedTable {
      if table < 0 || table >= index {
        found.append("its table does not stand before it")
      } else if case .table = plan.nodes[table].kind {
      } else {
        found.append("its table is none")
      }
    }
    let names = node.schema.fields.map(\.name)
    if Set(names).count != names.count { found.append("two columns of one name") }
    for field in node.schema.fields where field.type == .unknown {
      found.append("column `\(field.name)` has no type")
    }
    return found
  }

  /// The columns that an input brings.
  public static func schema(of input: LogicalInput, in plan: LogicalPlan) -> Schema {
    let node = plan.nodes[input.node]
    switch input.output {
    case .main, .capped, .failed: return node.schema
    case .expired: return node.kind.expiredSchema ?? node.schema
    case .errors: return PhysicalOperator.errorSchema
    case .late, .unmatched:
      return node.inputs.first.map { schema(of: $0, in: plan) } ?? node.schema
    }
  }

  private static func columns(_ plan: LogicalPlan, _ index: Int) -> [String] {
    let node = plan.nodes[index]
    let inputs = node.inputs.map { schema(of: $0, in: plan) }
    guard let row = inputs.first else { return sourceColumns(node) }
    let known = Types(row)
    switch node.kind {
    case .filter(let condition):
      return check(condition, known) + same(node.schema, row)
    case .project(let columns):
      return columns.flatMap { check($0.expression, known) }
        + same(node.schema, Schema(columns.map(\.field)))
    case .union: return inputs.flatMap { same(node.schema, $0) }
    case .enrich(let spec):
      let keys = spec.keys.flatMap { check($0, known) }
      let added = node.schema.fields.dropFirst(row.count).map(\.name)
      return keys + (added == spec.columns.map(\.name) ? [] : ["added columns differ"])
        + same(Schema(Array(node.schema.fields.prefix(row.count))), row)
    case .asOf(let spec): return asOf(spec, row, inputs[1], node.schema)
    case .infer(let spec): return infer(spec, row, node.schema)
    case .execute(let spec):
      let table = node.kind.loadedTable.map { plan.nodes[$0].schema } ?? inputs.last
      return execute(spec, row, table, node.schema)
    case .flatten(let spec):
      return check(spec.list, known) + same(node.schema, spec.schema(of: row))
    case .window(let spec): return window(spec, row, node.schema)
    case .running(let spec): return running(spec, row, node.schema)
    case .sample(let spec):
      let missing = spec.columns.filter { known[$0] == nil }
      return missing.map { "no column `\($0)`" } + same(node.schema, row)
    case .limit, .throttle: return same(node.schema, row)
    case .dedupe(let spec):
      return spec.keys.flatMap { check($0, known) }
        + (spec.keepsLast ? part(node.schema, of: row) : same(node.schema, row))
    case .top(let spec): return top(spec, row, node)
    case .fold(let spec): return fold(spec, row, node.schema)
    case .funnel(let spec):
      return (spec.keys + spec.steps).flatMap { check($0.expression, known) }
        + same(node.schema, spec.schema)
    case .match(let spec): return match(spec, row, node.schema)
    case .join(let spec): return join(spec, row, inputs[1], node.schema)
    case .frequencyCap(let spec):
      return spec.keys.flatMap { check($0, known) } + part(node.schema, of: row)
    case .attribute(let spec): return attribute(spec, row, inputs[1], node.schema)
    case .over(let spec): return over(spec, row, node.schema)
    case .keyBy(let keys): return keys.flatMap { check($0, known) } + same(node.schema, row)
    case .sink(let spec): return sink(spec, known)
    case .source, .table: return []
    }
  }

  private static func sink(_ spec: SinkSpec, _ known: Types) -> [String] {
    let missing = spec.encoding.keys.filter { known[$0] == nil }
    return missing.map { "no key column `\($0)`" }
      + spec.encoding.headers.flatMap { check($0.expression, known) }
      + (spec.encoding.tombstone.map { check($0, known) } ?? [])
  }

  private static func infer(_ spec: InferSpec, _ row: Schema, _ schema: Schema) -> [String] {
    let known = Types(row)
    let added = schema.fields.suffix(spec.columns.count)
    let types = spec.columns.map { spec.model.type(ofAnswer: $0.tableColumn) }
    return spec.inputs.flatMap { check($0, known) }
      + (spec.arguments.count == spec.model.inputs.count ? [] : ["arguments and inputs differ"])
      + (added.map(\.name) == spec.columns.map(\.name) && added.map(\.type) == types
        ? [] : ["added columns differ"])
      + part(Schema(Array(schema.fields.dropLast(spec.columns.count))), of: row)
  }

  private static func execute(
    _ spec: ExecuteSpec, _ row: Schema, _ table: Schema?, _ schema: Schema
  ) -> [String] {
    let (known, named) = (Types(row), Set(spec.values.map(\.name)))
    let added = schema.fields.suffix(spec.columns.count)
    let types = spec.columns.map { spec.task.type(ofOutcome: $0.tableColumn) }
    let values = spec.valuesRead.filter { !named.contains($0) }.map { "no value `\($0)`" }
    let columns = (spec.steering?.columns ?? []).filter { table?.index(of: $0) == nil }
      .map { "no column `\($0)` in its table" }
    return spec.values.flatMap { check($0.expression, known) } + values + columns
      + (added.map(\.name) == spec.added && added.map(\.type) == types
        ? [] : ["added columns differ"])
      + part(Schema(Array(schema.fields.dropLast(spec.columns.count))), of: row)
  }

  private static func asOf(
    _ spec: AsOfSpec, _ row: Schema, _ versions: Schema, _ schema: Schema
  ) -> [String] {
    let (known, held) = (Types(row), Types(versions))
    let read = spec.tableKeys + spec.held + spec.columns.map(\.tableColumn)
    let kept = schema.fields.dropLast(spec.columns.count)
    let added = schema.fields.suffix(spec.columns.count).map(\.name)
    return spec.keys.flatMap { check($0, known) }
      + read.filter { held[$0] == nil }.map { "no column `\($0)` in its table" }
      + (spec.keys.map(\.type) == spec.tableKeys.compactMap { held[$0] } ? [] : ["keys differ"])
      + (added == spec.columns.map(\.name) ? [] : ["added columns differ"])
      + part(Schema(Array(kept)), of: row)
  }

  private static func top(_ spec: TopSpec, _ row: Schema, _ node: LogicalNode) -> [String] {
    let known = Types(row)
    let missing = spec.columns.filter { known[$0] == nil }
    let (kept, added) = (node.schema.fields.dropLast(spec.added.count), spec.added)
    return missing.map { "no column `\($0)`" }
      + node.kind.expressions.flatMap { check($0, known) } + part(Schema(Array(kept)), of: row)
      + same(Schema(Array(node.schema.fields.suffix(added.count))), Schema(added))
  }

  private static func fold(_ spec: FoldSpec, _ row: Schema, _ schema: Schema) -> [String] {
    let known = Types(Schema(row.fields + spec.states.map(\.field)))
    let columns = Types(row)
    let clashes = spec.states.filter { columns[$0.field.name] != nil }
    return spec.keys.flatMap { check($0, columns) }
      + spec.columns.flatMap { check($0.expression, known) }
      + clashes.map { "state `\($0.field.name)` is a column too" }
      + same(schema, Schema(spec.columns.map(\.field)))
  }

  /// The types of a row's columns by their names: rows are wide, and so are projections.
  private typealias Types = [String: DataType]

  private static func sourceColumns(_ node: LogicalNode) -> [String] {
    switch node.kind {
    case .source(let spec): same(node.schema, Schema(spec.decoding.columns.map(\.field)))
    case .table(let spec): same(node.schema, Schema(spec.decoding.columns.map(\.field)))
    default: []
    }
  }

  private static func join(
    _ spec: JoinSpec, _ left: Schema, _ right: Schema, _ schema: Schema
  ) -> [String] {
    let (a, b) = (Types(left), Types(right))
    let types = spec.types(left: left, right: right)
    var found =
      spec.leftInputs.flatMap { check($0, a) } + spec.rightInputs.flatMap { check($0, b) }
    if spec.leftKeys.map(\.type) != spec.rightKeys.map(\.type) { found.append("keys differ") }
    for (column, type) in zip(spec.columns, types) where type == nil {
      found.append("no column for `\(column.name)`")
    }
    let fields = zip(spec.columns, types).map { Field($0.name, $1 ?? .unknown) }
    return found + same(schema, Schema(fields))
  }

  private static func attribute(
    _ spec: AttributeSpec, _ left: Schema, _ right: Schema, _ schema: Schema
  ) -> [String] {
    let touch = Types(right)
    let columns = Schema(Array(schema.fields.dropLast()))
    let credit = Schema(Array(schema.fields.suffix(1)))
    return join(spec.join, left, right, columns) + check(spec.value, Types(left))
      + spec.conditions.flatMap { check($0, touch) } + same(credit, Schema([spec.creditField]))
  }

  private static func window(_ spec: WindowSpec, _ row: Schema, _ schema: Schema) -> [String] {
    let before =
      spec.keys.map(\.expression) + spec.aggregates.flatMap(\.arguments)
      + spec.aggregates.compactMap(\.filter)
    let bounds = [Field("window_start", .timestamp), Field("window_end", .timestamp)]
    let keys = spec.keys.map(\.field)
    let input = Types(row)
    let behind = Types(
      Schema(keys + bounds + spec.aggregates.map { Field($0.name, $0.fieldType) }))
    return before.flatMap { check($0, input) }
      + spec.results.flatMap { check($0.expression, behind) }
      + same(schema, Schema(keys + bounds + spec.results.map(\.field)))
  }

  private static func running(_ spec: RunningSpec, _ row: Schema, _ schema: Schema) -> [String] {
    let (input, keys) = (Types(row), spec.keys.map(\.field))
    let behind = Types(Schema(keys + spec.aggregates.map { Field($0.name, $0.fieldType) }))
    return spec.inputs.flatMap { check($0, input) }
      + spec.results.flatMap { check($0.expression, behind) }
      + same(schema, Schema(keys + spec.results.map(\.field)))
  }

  /// Whether all columns are there in the type that the expression takes them for. A column may be
  /// known to hold a value where its schema says it may be null.
  private static func check(_ expression: Expression, _ row: Types) -> [String] {
    if case .each(_, let list, let parameter, let body) = expression.node {
      var inner = row
      inner[parameter.name] = parameter.type
      return check(list, row) + check(body, inner)
    }
    guard case .column(let name) = expression.node else {
      return expression.operands.flatMap { check($0, row) }
    }
    guard let type = row[name] else { return ["no column `\(name)`"] }
    if type != expression.type {
      return ["column `\(name)` is \(type), taken for \(expression.type)"]
    }
    return []
  }

  /// The same columns in the same order; what may be null may differ.
  private static func same(_ a: Schema, _ b: Schema) -> [String] {
    let (left, right) = (a.fields, b.fields)
    let equal =
      left.count == right.count
      && zip(left, right).allSatisfy { $0.name == $1.name && $0.type == $1.type }
    return equal ? [] : ["columns \(list(left)) where \(list(right)) come in"]
  }

  private static func over(_ spec: OverSpec, _ row: Schema, _ schema: Schema) -> [String] {
    let (input, results) = (Types(row), spec.results.map(\.field))
    let behind = Types(
      Schema(row.fields + spec.aggregates.map { Field($0.name, $0.fieldType) }))
    return spec.inputs.flatMap { check($0, input) }
      + spec.results.flatMap { check($0.expression, behind) }
      + part(Schema(Array(schema.fields.dropLast(results.count))), of: row)
      + same(Schema(Array(schema.fields.suffix(results.count))), Schema(results))
  }

  private static func match(_ spec: MatchSpec, _ row: Schema, _ schema: Schema) -> [String] {
    let input = Types(row)
    let asking = Types(Schema(row.fields + spec.before.map { Field($0.name, $0.fieldType) }))
    let behind = Types(
      Schema(
        spec.keys.map(\.field) + MatchSpec.bounds
          + spec.aggregates.map { Field($0.name, $0.fieldType) }))
    return spec.inputs.flatMap { check($0, input) }
      + spec.asks.flatMap { check($0.expression, asking) }
      + spec.results.flatMap { check($0.expression, behind) }
      + same(schema, Schema(spec.results.map(\.field)))
  }

  /// Some of the columns in their order: of rows that wait only what is read is kept.
  private static func part(_ a: Schema, of row: Schema) -> [String] {
    let names = Set(a.fields.map(\.name))
    return same(a, Schema(row.fields.filter { names.contains($0.name) }))
  }

  private static func list(_ fields: [Field]) -> String {
    "(\(fields.map(\.description).joined(separator: ", ")))"
  }
}

extension [String: DataType] {
  fileprivate init(_ row: Schema) {
    self.init(row.fields.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
  }
}
