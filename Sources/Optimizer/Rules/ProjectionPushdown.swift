package import Plans
import Schemas

/// Leaves out columns that nobody reads, down to the decoders: a field that is not read costs
/// nothing. A column whose value can fail stays, for its failure is part of what the pipeline does.
package struct ProjectionPushdown: OptimizerRule {
  package let name = "ProjectionPushdown"

  package init() {}

  package func apply(_ plan: LogicalPlan) -> LogicalPlan {
    let needed = NeededColumns(plan).columns
    var result = plan
    result.nodes = []
    var places: [Int: Int] = [:]
    for id in plan.nodes.indices {
      var node = plan.nodes[id].moving(places)
      prune(&node, needed[id] ?? [], result)
      if case .union = node.kind { align(&node, &result) }
      places[id] = result.nodes.count
      result.nodes.append(node)
    }
    return result
  }

  /// `plan` holds the pruned steps before this one.
  private func prune(_ node: inout LogicalNode, _ needed: Set<String>, _ plan: LogicalPlan) {
    let row = node.inputs.first.map { PlanVerifier.schema(of: $0, in: plan) }
    switch node.kind {
    case .source(var spec):
      spec.decoding = pruned(spec.decoding, needed)
      node.schema = Schema(spec.decoding.columns.map(\.field))
      node.kind = .source(spec)
    case .table(var spec):
      spec.decoding = pruned(spec.decoding, needed)
      node.schema = Schema(spec.decoding.columns.map(\.field))
      node.kind = .table(spec)
    case .dedupe(let spec) where spec.keepsLast:
      guard let row else { return }
      node.schema = kept(needed, node, of: row)
    case .top(let spec):
      guard let row else { return }
      let all = needed.union(spec.columns)
      node.schema = Schema(kept(all, node, of: row).fields + spec.added)
    case .over(let spec):
      guard let row else { return }
      node.schema = Schema(kept(needed, node, of: row).fields + spec.results.map(\.field))
    case .filter, .sink, .sample, .limit, .throttle, .keyBy, .dedupe:
      guard let row else { return }
      node.schema = narrowed(row, by: node.schema)
    case .flatten(let spec):
      guard let row else { return }
      node.schema = spec.schema(of: narrowed(row, by: node.schema))
    case .union:
      if !readsErrors(node) {
        node.schema.fields.removeAll { !needed.contains($0.name) }
      }
    case .frequencyCap:
      guard let row else { return }
      node.schema = kept(needed, node, of: row)
    case .infer, .execute:
      guard let row else { return }
      pruneAnswers(&node, needed, row)
    case .enrich, .asOf:
      guard let row else { return }
      pruneLookUp(&node, needed, narrowed(row, by: node.schema))
    case .project, .join, .attribute, .fold, .window, .running, .funnel, .match:
      pruneMade(&node, needed)
    }
  }

  /// A step that adds columns of answers. Rows that wait for theirs are state: of them only what is
  /// read goes on.
  private func pruneAnswers(_ node: inout LogicalNode, _ needed: Set<String>, _ row: Schema) {
    switch node.kind {
    case .infer(let spec):
      let inference = spec.keeping(needed)
      let added = Set(inference.columns.map(\.name))
      node.kind = .infer(inference)
      node.schema = Schema(
        narrowed(row, by: node.schema).fields
          + node.schema.fields.suffix(spec.columns.count).filter { added.contains($0.name) })
    case .execute(var spec):
      let added = node.schema.fields.suffix(spec.columns.count).filter { needed.contains($0.name) }
      node.schema = Schema(kept(needed, node, of: row).fields + added)
      spec.columns.removeAll { !needed.contains($0.name) }
      node.kind = .execute(spec)
    default: return
    }
  }

  /// A step that adds columns of a table. Where it is a versioned one, rows wait: then of their own
  /// columns too only those are kept that are read.
  private func pruneLookUp(_ node: inout LogicalNode, _ needed: Set<String>, _ row: Schema) {
    var own = row.fields
    let columns: [EnrichedColumn]
    switch node.kind {
    case .enrich(var spec):
      spec.columns.removeAll { !needed.contains($0.name) }
      columns = spec.columns
      node.kind = .enrich(spec)
    case .asOf(var spec):
      spec.columns.removeAll { !needed.contains($0.name) }
      columns = spec.columns
      node.kind = .asOf(spec)
      own.removeAll { !needed.contains($0.name) }
    default: return
    }
    let names = Set(columns.map(\.name))
    node.schema = Schema(own + node.schema.fields.filter { names.contains($0.name) })
  }

  /// A step that names all of its columns.
  private func pruneMade(_ node: inout LogicalNode, _ needed: Set<String>) {
    let names: Set<String>
    switch node.kind {
    case .project(let columns):
      let kept = columns.filter { needed.contains($0.name) || $0.expression.isFallible }
      names = Set(kept.map(\.name))
      node.kind = .project(kept)
    case .join(var spec):
      spec.columns.removeAll { !needed.contains($0.name) }
      names = needed
      node.kind = .join(spec)
    case .attribute(var spec):
      spec.columns.removeAll { !needed.contains($0.name) }
      names = needed.union([spec.credit])
      node.kind = .attribute(spec)
    case .fold(var spec):
      spec.columns = spec.columns.filter { spec.isKept($0, needed) }
      names = Set(spec.columns.map(\.name))
      node.kind = .fold(spec)
    default: return
    }
    node.schema.fields.removeAll { !names.contains($0.name) }
  }

  /// Cells of lines without a heading are told apart by their place alone, so a shorter list of
  /// columns must still say what all cells are.
  private func pruned(_ decoding: DecodingSpec, _ needed: Set<String>) -> DecodingSpec {
    var pruned = decoding
    pruned.columns.removeAll { !needed.contains($0.field.name) }
    let isNamed = decoding.options.contains { $0.name == "columns" }
    guard decoding.format == .csv, !isNamed, pruned.columns != decoding.columns else {
      return pruned
    }
    let names = decoding.columns.compactMap { column -> OptionValue? in
      if case .field(let name) = column.origin { .string(name) } else { nil }
    }
    pruned.options.append(Option("columns", .list(names)))
    return pruned
  }

  private func readsErrors(_ node: LogicalNode) -> Bool {
    node.inputs.contains { $0.output == .errors }
  }

  /// Of rows that a step holds only what is read, by it or behind it: what it holds must not hang
  /// on who else reads the stream before it.
  private func kept(_ needed: Set<String>, _ node: LogicalNode, of row: Schema) -> Schema {
    let read = node.kind.expressions.reduce(into: needed) { $0.formUnion($1.columnNames) }
    return Schema(narrowed(row, by: node.schema).fields.filter { read.contains($0.name) })
  }

  /// The input's columns; those known to hold a value behind the step keep that.
  private func narrowed(_ row: Schema, by old: Schema) -> Schema {
    let known = Dictionary(
      old.fields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return Schema(row.fields.map { known[$0.name] ?? $0 })
  }

  /// All inputs of a union get exactly its columns.
  private func align(_ node: inout LogicalNode, _ plan: inout LogicalPlan) {
    for index in node.inputs.indices {
      let row = PlanVerifier.schema(of: node.inputs[index], in: plan)
      let wanted = node.schema.fields.map(\.name)
      if row.fields.map(\.name) == wanted { continue }
      let fields = wanted.compactMap { row.field(named: $0) }
      plan.nodes.append(
        LogicalNode(
          id: OperatorID("\(node.id).input\(index)"),
          kind: .project(fields.map { NamedExpression($0.name, .column($0)) }),
          inputs: [node.inputs[index]], schema: Schema(fields), mode: node.mode,
          hasEventTime: node.hasEventTime,
          line: node.line))
      node.inputs[index] = LogicalInput(node: plan.nodes.count - 1)
    }
  }
}

extension FoldSpec {
  /// A state is computed whether or not its new value is read behind the step.
  fileprivate func isKept(_ column: NamedExpression, _ needed: Set<String>) -> Bool {
    needed.contains(column.name) || column.expression.isFallible || isState(column.name)
  }
}

extension LogicalKind {
  /// The added columns of a step that adds answers.
  fileprivate var answers: [String] {
    switch self {
    case .infer(let spec): spec.added
    case .execute(let spec): spec.added
    default: []
    }
  }
}

/// Which columns of each step's main output somebody reads.
struct NeededColumns {
  private let plan: LogicalPlan
  private let readers: ReaderCounts
  private(set) var columns: [Int: Set<String>] = [:]

  init(_ plan: LogicalPlan) {
    self.plan = plan
    readers = ReaderCounts(plan)
    for id in plan.nodes.indices.reversed() { visit(id) }
  }

  private mutating func visit(_ id: Int) {
    let node = plan.nodes[id]
    let needed = columns[id] ?? []
    let read = node.kind.expressions.reduce(into: Set<String>()) { $0.formUnion($1.columnNames) }
    switch node.kind {
    case .source(let spec):
      // What is not decoded does not fail: who reads errors and no rows asks for all columns that
      // are declared. Those that every record of a topic has can't fail, and lines have none.
      if columns[id] == nil, readers.readsErrors(of: id) {
        let names = node.schema.fields.map(\.name)
        columns[id] = Set(names.filter { !$0.hasPrefix("meta.") })
      }
      if case .column(let name)? = spec.eventTime?.origin { columns[id, default: []].insert(name) }
      // Of rows that are kept a definition may read other columns tomorrow.
      if spec.updates?.keepsRows ?? false {
        columns[id, default: []].formUnion(node.schema.visibleFields.map(\.name))
      }
    case .table(let spec): columns[id, default: []].formUnion(spec.keys)
    case .filter, .keyBy, .dedupe, .frequencyCap: need(node.inputs, needed.union(read))
    case .limit, .throttle, .union: need(node.inputs, needed)
    case .over(let spec):
      let made = spec.results.map(\.name) + spec.aggregates.map(\.name)
      need(node.inputs, needed.union(read).subtracting(made))
    // Their choice hangs on all columns that the stage saw, used or not.
    case .top(let spec):
      need(node.inputs, needed.subtracting(spec.added.map(\.name)).union(read).union(spec.columns))
    case .sample(let spec): need(node.inputs, needed.union(spec.columns))
    case .project(let all):
      let kept = all.filter { needed.contains($0.name) || $0.expression.isFallible }
      need(
        node.inputs, kept.reduce(into: Set()) { $0.formUnion($1.expression.columnNames) })
    case .flatten(let spec): need(node.inputs, needed.subtracting([spec.name]).union(read))
    case .infer: need(node.inputs, needed.subtracting(node.kind.answers).union(read))
    case .enrich(let spec):
      need(node.inputs, needed.subtracting(spec.columns.map(\.name)).union(read))
      columns[spec.table, default: []].formUnion(Self.used(spec.columns, needed))
    case .asOf, .join, .attribute, .execute: visitBoth(node, needed)
    case .window(let spec): need(node.inputs, Self.read(spec.inputs))
    case .running(let spec): need(node.inputs, Self.read(spec.inputs))
    case .fold(var spec):
      spec.columns = spec.columns.filter { spec.isKept($0, needed) }
      let keys = spec.keys.reduce(into: Set<String>()) { $0.formUnion($1.columnNames) }
      need(node.inputs, spec.columnsRead.union(keys))
    case .funnel: need(node.inputs, read)
    case .match(let spec): need(node.inputs, Self.read(spec.inputs))
    case .sink(let spec):
      let visible = node.schema.visibleFields.map(\.name)
      need(node.inputs, read.union(visible).union(spec.encoding.keys))
    }
  }

  /// The table's columns that are read behind the step.
  private static func used(_ columns: [EnrichedColumn], _ needed: Set<String>) -> Set<String> {
    Set(columns.filter { needed.contains($0.name) }.map(\.tableColumn))
  }

  /// Of two streams side by side.
  private mutating func visitBoth(_ node: LogicalNode, _ needed: Set<String>) {
    switch node.kind {
    case .execute(let spec):
      let read = Self.read(spec.values.map(\.expression))
      need(node.inputs.prefix(1), needed.subtracting(node.kind.answers).union(read))
      let ofTable = Set(spec.steering?.columns ?? [])
      need(node.inputs.dropFirst(), ofTable)
      if let table = node.kind.loadedTable { columns[table, default: []].formUnion(ofTable) }
    case .asOf(let spec):
      let read = Self.read(spec.keys)
      need([node.inputs[0]], needed.subtracting(spec.columns.map(\.name)).union(read))
      need([node.inputs[1]], Set(spec.tableKeys + spec.held))
    case .join(var spec):
      spec.columns.removeAll { !needed.contains($0.name) }
      need([node.inputs[0]], Self.read(spec.leftInputs).union(spec.leftColumns))
      need([node.inputs[1]], Self.read(spec.rightInputs).union(spec.rightColumns))
    case .attribute(var spec):
      spec.columns.removeAll { !needed.contains($0.name) }
      let touch = spec.rightKeys + spec.conditions
      need([node.inputs[0]], Self.read(spec.leftKeys + [spec.value]).union(spec.leftColumns))
      need([node.inputs[1]], Self.read(touch).union(spec.rightColumns))
    default: return
    }
  }

  private static func read(_ keys: [Expression]) -> Set<String> {
    keys.reduce(into: []) { $0.formUnion($1.columnNames) }
  }

  /// Rows that are set aside are the first input's: what is read of them is needed of that.
  private mutating func need(_ inputs: some Sequence<LogicalInput>, _ names: Set<String>) {
    for input in inputs {
      switch input.output {
      case .main, .capped, .failed: columns[input.node, default: []].formUnion(names)
      case .late, .unmatched: need(plan.nodes[input.node].inputs.prefix(1), names)
      // Keys and states are kept, read or not.
      case .expired, .errors: break
      }
    }
  }
}
