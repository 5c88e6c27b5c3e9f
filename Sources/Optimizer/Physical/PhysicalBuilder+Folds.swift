import Plans
import Schemas

/// Stages that look at the rows of a key one after the other.
extension PhysicalBuilder {
  /// Keys that are no plain columns are computed before. Of the input only what the fold reads or
  /// carries waits for its turn.
  mutating func addFold(
    _ id: LogicalPlan.NodeID, _ spec: FoldSpec, _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let held = HeldValues(spec.keys, stage: node.id)
    let keys = held.names.distinct
    let read = spec.columnsRead.union(keys)
    let carried = schema(of: input).fields.filter { read.contains($0.name) }
    let rows = rowsInOrder(
      id, input, carried.map { NamedExpression($0.name, .column($0)) } + held.computed,
      Schema(carried + held.fields), keys: keys)
    let fold = append(
      id, node.id, .fold(keys: keys, spec), [rows], node.schema,
      canFail: spec.columns.contains { $0.expression.isFallible })
    outputs[LogicalInput(node: id, output: .expired)] = PhysicalEdge(
      from: fold.from, output: .expired)
  }

  /// The steps' conditions are computed where rows are read, so that rows which meet none go no
  /// further.
  mutating func addFunnel(
    _ id: LogicalPlan.NodeID, _ spec: FunnelSpec, _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let mask = HeldName.mask("steps", spec.steps.map(\.expression))
    let origin = NamedExpression.Origin(stage: node.id, column: nil)
    let columns = spec.keys + [NamedExpression(mask, spec.steps.mask, origin: origin)]
    let keys = spec.keys.map(\.field)
    let rows = rowsInOrder(
      id, input, columns, Schema(columns.map(\.field)), keys: keys.map(\.name), where: .isMet(mask))
    let funnel = PhysicalFunnel(
      keys: keys, steps: spec.steps.map(\.name), mask: mask, span: spec.span,
      isStrict: spec.isStrict)
    append(id, node.id, .funnel(funnel), [rows], node.schema, canFail: false)
  }

  /// What comes too late is set aside as it is; of the rest these columns go on, over an exchange
  /// by key, and come out in the order of event time.
  mutating func rowsInOrder(
    _ id: LogicalPlan.NodeID, _ input: PhysicalEdge, _ columns: [NamedExpression],
    _ row: Schema, keys: [String], where condition: Expression? = nil
  ) -> PhysicalEdge {
    let stage = logical.nodes[id].id
    var edge = punctual(id, input)
    let isSame =
      schema(of: edge) == row
      && columns.allSatisfy { $0.expression.node == .column($0.name) }
    if !isSame {
      edge = append(
        id, OperatorID("\(stage).input"), .project(columns), [edge], row,
        canFail: columns.contains { $0.expression.isFallible })
    }
    if let condition {
      edge = append(
        id, OperatorID("\(stage).met"), .filter(condition), [edge], row, canFail: false)
    }
    return ordered(id, by: keys, edge)
  }
}

extension Expression {
  /// Whether a row meets a condition at all.
  static func isMet(_ mask: String) -> Expression {
    let operands: [Expression] = [.column(Field(mask, .int)), .literal(.int(0), .int)]
    return Expression(.call("greater", operands), FieldType(.bool))
  }
}

extension [NamedExpression] {
  /// The conditions that a row meets as the bits of an int; a condition that is null is not met.
  var mask: Expression {
    let bits = enumerated().map { index, step in
      Expression(
        .branch(
          [
            Expression.Branch(
              condition: step.expression, value: .literal(.int(1 << Int64(index)), .int))
          ], otherwise: .literal(.int(0), .int)), FieldType(.int))
    }
    return bits.dropFirst().reduce(bits[0]) {
      Expression(.call("bitor", [$0, $1]), FieldType(.int))
    }
  }
}
