import Plans
import Schemas

/// Stages and sinks of rows that change earlier ones.
extension PhysicalBuilder {
  /// Where a source brings the newest rows of keys, a step behind an exchange by these makes
  /// changes of them.
  mutating func addSource(_ id: LogicalPlan.NodeID, _ spec: SourceSpec) {
    let node = logical.nodes[id]
    var edge = append(id, node.id, .source(spec), [], node.schema, canFail: true)
    guard let updates = spec.updates, updates.keepsRows else { return }
    edge.exchange = .key(updates.key)
    outputs[LogicalInput(node: id)] = append(
      id, OperatorID("\(node.id).rows"), .upserts(PhysicalUpserts(keys: updates.key)), [edge],
      node.schema, canFail: false)
  }

  /// A projection of what is read, an exchange by key, and the step that keeps the results; behind
  /// it what the block computes of them.
  mutating func addRunning(
    _ id: LogicalPlan.NodeID, _ spec: RunningSpec, _ inputs: [PhysicalEdge]
  ) {
    guard let input = inputs.first else { return }
    let node = logical.nodes[id]
    let columns = GroupInputs(spec, stage: node.id)
    var edge = project(id, columns, input)
    edge.exchange = .key(columns.keys.map(\.name))
    let running = PhysicalRunning(
      keys: columns.keys, aggregates: columns.aggregates, takesUpdates: spec.takesUpdates,
      origin: origin(of: node, spec))
    var result = append(
      id, node.id, .running(running), [edge], running.resultSchema,
      canFail: canFail(running.aggregates))
    if !columns.resultsArePlain {
      result = append(
        id, OperatorID("\(node.id).result"), .project(columns.results), [result], node.schema,
        canFail: spec.results.contains { $0.expression.isFallible })
    }
    outputs[LogicalInput(node: id)] = result
  }

  private func origin(of node: LogicalNode, _ spec: RunningSpec) -> String {
    let keys = spec.keys.map { "\($0.name) = \($0.expression)" }
    let computed = (keys + spec.aggregates.map { "\($0)" }).joined(separator: ", ")
    guard spec.takesUpdates else { return computed }
    let read = spec.inputs.reduce(into: Set<String>()) { $0.formUnion($1.columnNames) }
    return "\(UpdateOrigin(logical).text(before: node, reading: read)) | \(computed)"
  }

  /// Behind an exchange by the groups' keys the best rows of all so far.
  mutating func addRunningTop(
    _ id: LogicalPlan.NodeID, _ top: PhysicalTop, _ running: TopSpec.Running,
    _ input: PhysicalEdge, isPlain: Bool
  ) {
    let node = logical.nodes[id]
    let row = schema(of: input)
    var edge = input
    edge.exchange = .key(top.per)
    let computed = node.kind.expressions.map(\.description).joined(separator: ", ")
    var origin = computed
    if running.takesUpdates { origin = "\(self.origin(of: node, row)) | \(computed)" }
    let kind = PhysicalRunningTop(
      top: top, takesUpdates: running.takesUpdates, pairs: running.key, origin: origin)
    edge = append(
      id, node.id, .runningTop(kind), [edge], top.resultSchema(of: row), canFail: false)
    if !isPlain { edge = shown(id, edge) }
    outputs[LogicalInput(node: id)] = edge
  }

  private func origin(of sink: LogicalNode, _ row: Schema) -> String {
    UpdateOrigin(logical).text(before: sink, reading: Set(row.fields.map(\.name)))
  }

  mutating func addSink(_ id: LogicalPlan.NodeID, _ spec: SinkSpec, _ inputs: [PhysicalEdge]) {
    let node = logical.nodes[id]
    guard var edge = inputs.first else { return }
    var (sink, row) = (spec, node.schema)
    switch spec.updates {
    case nil, .upsert: break
    case .debezium:
      let envelope = Envelope(node.schema, spec.encoding)
      edge = append(
        id, OperatorID("\(node.id).row"), .project(envelope.columns), [edge], envelope.input,
        canFail: false)
      edge = append(
        id, OperatorID("\(node.id).changes"), .changes(.envelope(row: Envelope.row)), [edge],
        envelope.output, canFail: false)
      (sink.encoding, row) = (envelope.encoding, envelope.output)
    case .final:
      // Rows are taken back by their values.
      edge.exchange = .key(row.fields.map(\.name))
      edge = append(
        id, OperatorID("\(node.id).final"), .changes(.final(origin: origin(of: node, row))),
        [edge], row, canFail: false)
    }
    append(id, node.id, .sink(sink), [edge], row, canFail: true)
  }
}

/// A row as one value, beside the columns that its record's key and headers are made of.
private struct Envelope {
  static let row = "$row"
  private(set) var columns: [NamedExpression] = []
  private(set) var input = Schema([])
  private(set) var output = Schema([])
  private(set) var encoding: EncodingSpec

  init(_ schema: Schema, _ encoding: EncodingSpec) {
    self.encoding = encoding
    let visible = schema.visibleFields
    let type = DataType.structure(visible.map { Field($0.name, $0.fieldType) })
    let whole = Expression(.structure(visible.map { .column($0) }), FieldType(type))
    columns = [NamedExpression(Self.row, whole)]
    let before = Field("before", FieldType(type, nullable: true))
    let after = Field("after", FieldType(type, nullable: true))
    var made = [before, after, Field("op", .string)]
    var taken: [String: Expression] = [:]
    for field in schema.fields where Self.names(encoding).contains(field.name) {
      let carried = Field("$\(field.name)", field.fieldType, hidden: true)
      columns.append(NamedExpression(carried.name, .column(field)))
      taken[field.name] = .column(carried)
      made.append(carried)
    }
    self.encoding.keys = encoding.keys.map { "$\($0)" }
    for (index, header) in encoding.headers.enumerated() {
      self.encoding.headers[index].expression = header.expression.substituting(taken)
    }
    self.encoding.tombstone = encoding.tombstone?.substituting(taken)
    input = Schema(columns.map { Field($0.name, $0.expression.fieldType, hidden: true) })
    output = Schema(made)
  }

  private static func names(_ encoding: EncodingSpec) -> Set<String> {
    let read = encoding.headers.map(\.expression) + (encoding.tombstone.map { [$0] } ?? [])
    return read.reduce(into: Set(encoding.keys)) { $0.formUnion($1.columnNames) }
  }
}
