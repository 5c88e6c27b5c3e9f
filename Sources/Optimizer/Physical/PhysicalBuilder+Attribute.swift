import Plans
import Schemas

extension PhysicalBuilder {
  /// Conversions and touches become rows of one schema, where what only the other has is null, so
  /// that one exchange and one order bring both by key and event time. What comes too late for its
  /// own stream is set aside before; what comes back from idleness behind the time of both, behind
  /// that, where of the rows only what the stage reads is left.
  mutating func addAttribute(
    _ id: LogicalPlan.NodeID, _ spec: AttributeSpec, _ inputs: [PhysicalEdge]
  ) {
    guard inputs.count == 2 else { return }
    let node = logical.nodes[id]
    let row = unionSchema(spec, node.schema, touch: schema(of: inputs[1]))
    let left = side(id, "", conversions(spec), inputs[0], row)
    outputs[LogicalInput(node: id, output: .late)] = PhysicalEdge(
      from: left.punctual, output: .late)
    var right = side(id, ".other", touches(spec), inputs[1], row).edge
    // Of null keys there are no conversions with touches, and what no look-back sees is none.
    right = append(
      id, OperatorID("\(node.id).other.seen"), .filter(isSeen(spec)), [right], row, canFail: false)
    var edge = append(
      id, OperatorID("\(node.id).both"), .union, [left.edge, right], row, canFail: false)
    edge = append(
      id, OperatorID("\(node.id).both.punctual"), .punctual(), [edge], row, canFail: false)
    let keys = spec.keyNames
    edge = ordered(id, by: keys, edge)
    let attribution = PhysicalAttribution(
      keys: keys, mask: spec.maskName, lookBacks: spec.lookBacks.map(\.span), windows: spec.windows,
      model: spec.model,
      columns: spec.columns.map { PhysicalAttribution.Column($0.name, isOfTouch: $0.isOfTouch) })
    outputs[LogicalInput(node: id)] = append(
      id, node.id, .attribute(attribution), [edge], node.schema, canFail: false)
  }

  /// Columns are what they are on their own side, though the other's rows have no value in them:
  /// what is kept of rows must not be given columns that they never had.
  private func unionSchema(
    _ spec: AttributeSpec, _ result: Schema, touch: Schema
  ) -> Schema {
    let keys = zip(spec.keyNames, spec.leftKeys).map { name, key in
      Field(name, FieldType(key.type, nullable: true), hidden: true)
    }
    let own = [
      Field(spec.maskName, .int, hidden: true),
      Field(PhysicalAttribution.value, FieldType(spec.value.type, nullable: true), hidden: true),
    ]
    let columns = spec.columns.compactMap { column in
      result.field(named: column.name).map { field in
        let own = column.isOfTouch ? touch.field(named: column.sourceName) : field
        return Field(field.name, (own ?? field).fieldType, hidden: field.isHidden)
      }
    }
    return Schema(keys + own + columns)
  }

  /// What a row of the one stream is in the rows of both.
  private typealias Side = (keys: [Expression], mask: Expression, value: Expression?, isTouch: Bool)

  private func conversions(_ spec: AttributeSpec) -> Side {
    (spec.leftKeys, .literal(.int(0), .int), spec.value, false)
  }

  private func touches(_ spec: AttributeSpec) -> Side {
    let conditions = spec.seen.map { NamedExpression("", $0) }
    let mask = spec.conditions.isEmpty ? Expression.literal(.int(1), .int) : conditions.mask
    return (spec.rightKeys, mask, nil, true)
  }

  private mutating func side(
    _ id: LogicalPlan.NodeID, _ suffix: String, _ side: Side, _ input: PhysicalEdge,
    _ row: Schema
  ) -> (edge: PhysicalEdge, punctual: PhysicalPlan.Index) {
    guard case .attribute(let spec) = logical.nodes[id].kind else { return (input, input.from) }
    let stage = logical.nodes[id].id
    let punctual = append(
      id, OperatorID("\(stage)\(suffix).punctual"), .punctual(), [input], schema(of: input),
      canFail: false)
    let origin = NamedExpression.Origin(stage: stage, column: nil)
    let own = schema(of: input)
    var values = zip(spec.keyNames, side.keys).map { NamedExpression($0, $1, origin: origin) }
    values.append(NamedExpression(spec.maskName, side.mask, origin: origin))
    let value = side.value ?? .literal(.null, spec.value.type)
    values.append(NamedExpression(PhysicalAttribution.value, value, origin: origin))
    for (column, field) in zip(spec.columns, row.fields.suffix(spec.columns.count)) {
      let source = column.isOfTouch == side.isTouch ? own.field(named: column.sourceName) : nil
      values.append(
        NamedExpression(
          column.name, source.map { .column($0) } ?? .literal(.null, field.type)))
    }
    let edge = append(
      id, OperatorID("\(stage)\(suffix).input"), .project(values), [punctual], row,
      canFail: values.contains { $0.expression.isFallible })
    return (edge, punctual.from)
  }

  private func isSeen(_ spec: AttributeSpec) -> Expression {
    let keys = zip(spec.keyNames, spec.rightKeys).filter { $1.isNullable }.map { name, key in
      let field = Field(name, FieldType(key.type, nullable: true))
      let isNull = Expression(.isNull(.column(field)), FieldType(.bool))
      return Expression(.not(isNull), FieldType(.bool))
    }
    let seen = Expression.isMet(spec.maskName)
    return keys.isEmpty ? seen : Expression(.and([seen] + keys), FieldType(.bool))
  }
}

extension AttributeSpec {
  /// What is compared, for it is computed for rows that wait.
  fileprivate var keyNames: [String] {
    zip(leftKeys, rightKeys).map { HeldName.of("\($0) == \($1)") }
  }

  /// What each look-back sees.
  fileprivate var seen: [Expression] {
    lookBacks.map { $0.condition ?? .literal(.bool(true), .bool) }
  }

  fileprivate var maskName: String { HeldName.mask("touch", seen) }
}

extension JoinedColumn {
  fileprivate var isOfTouch: Bool { if case .right = source { true } else { false } }

  /// What it is called where it comes from.
  fileprivate var sourceName: String {
    switch source {
    case .left(let name), .right(let name): name
    case .key: name
    }
  }
}
