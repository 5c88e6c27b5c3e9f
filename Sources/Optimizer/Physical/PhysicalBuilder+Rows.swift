import Plans
import Schemas

/// Stages that leave rows as they are and send them elsewhere.
extension PhysicalBuilder {
  /// One worker counts all rows; each other sends it no more than could be taken.
  mutating func addLimit(_ id: LogicalPlan.NodeID, _ count: Int64, _ inputs: [PhysicalEdge]) {
    let node = logical.nodes[id]
    var local = append(
      id, OperatorID("\(node.id).local"), .limit(count, isGlobal: false), inputs, node.schema,
      canFail: false)
    local.exchange = .key([])
    append(
      id, node.id, .limit(count, isGlobal: true), [local], node.schema, canFail: false)
  }

  /// An exchange into a step that passes rows on. Keys that are no plain columns are computed
  /// before, and left out behind.
  mutating func addKeyBy(
    _ id: LogicalPlan.NodeID, _ keys: [Expression], _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard var input = inputs.first else { return }
    let row = schema(of: input)
    var names: [String] = []
    var computed: [NamedExpression] = []
    for (number, key) in keys.enumerated() {
      if case .column(let name) = key.node {
        names.append(name)
        continue
      }
      let origin = NamedExpression.Origin(stage: node.id, column: nil)
      computed.append(NamedExpression("$key\(number)", key, origin: origin))
      names.append("$key\(number)")
    }
    let temporary = computed.map { Field($0.name, $0.expression.fieldType, hidden: true) }
    let wide = Schema(row.fields + temporary)
    if !computed.isEmpty {
      input = append(
        id, OperatorID("\(node.id).input"), .project(identity(row) + computed), [input], wide,
        canFail: computed.contains { $0.expression.isFallible })
    }
    input.exchange = .key(names)
    guard !computed.isEmpty else {
      append(id, node.id, .union, [input], node.schema, canFail: false)
      return
    }
    let spread = append(id, OperatorID("\(node.id).rows"), .union, [input], wide, canFail: false)
    append(id, node.id, .project(identity(node.schema)), [spread], node.schema, canFail: false)
  }
}
