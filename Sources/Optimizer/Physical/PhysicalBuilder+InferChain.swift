import Plans
import Schemas

extension PhysicalBuilder {
  /// Models one after the other. Each is given the rows that those before have no answer for, and
  /// nulls in place of the others, about which nobody is asked; then its answers take the place of
  /// those that stood in.
  mutating func addChain(_ id: LogicalPlan.NodeID, _ spec: InferSpec, _ input: PhysicalEdge) {
    let node = logical.nodes[id]
    let row = schema(of: input)
    let held = HeldValues(spec.inputs, stage: node.id)
    let chain = InferenceChain(spec, stage: node)
    var names = held.names[...]
    var edge = input
    if !held.computed.isEmpty {
      edge = append(
        id, OperatorID("\(node.id).input"), .project(identity(row) + held.computed), [input],
        Schema(row.fields + held.fields), canFail: held.canFail)
    }
    for (number, step) in chain.steps.enumerated() {
      let own = Array(names.prefix(step.ownInputs.count))
      names = names.dropFirst(own.count)
      let stage = chain.stage(number)
      let before = schema(of: edge)
      let isLast = number + 1 == chain.steps.count
      guard number > 0 else {
        edge = append(
          id, stage, add(step, of: own), [edge], Schema(before.fields + chain.answers),
          canFail: false)
        continue
      }
      let asked = before.fields.filter { own.contains($0.name) }.map { chain.asked($0) }
      let gated = Schema(before.fields + asked.map(\.field))
      edge = append(
        id, OperatorID("\(stage).input"), .project(identity(before) + asked.map(\.column)), [edge],
        gated, canFail: false)
      edge = append(
        id, stage, add(chain.renamed(step), of: own.map(InferenceChain.asked)), [edge],
        Schema(gated.fields + chain.others), canFail: isLast)
      let result = isLast ? node.schema : before
      edge = append(
        id, OperatorID("\(stage).result"), .project(chain.merged(into: result)), [edge], result,
        canFail: false)
    }
    outputs[LogicalInput(node: id)] = edge
  }
}

/// The columns of a chain of models: what all of them have answered so far, and what one of them
/// says of rows that are without an answer.
private struct InferenceChain {
  /// The first and those that stand in for it, each with the version among its columns.
  let steps: [InferSpec]
  private let id: OperatorID
  private let version: String
  private let columns: [EnrichedColumn]
  /// What has been answered so far, null where nothing has. A row that fails does not show it.
  let answers: [Field]

  init(_ spec: InferSpec, stage: LogicalNode) {
    id = stage.id
    let shown = stage.schema.fields.suffix(spec.columns.count)
    var columns = spec.columns
    var answers = shown.map { Field($0.name, $0.type, nullable: true, hidden: true) }
    if let known = columns.first(where: { $0.tableColumn == ModelSpec.versionColumn }) {
      version = known.name
    } else {
      version = "$version"
      columns.append(EnrichedColumn(tableColumn: ModelSpec.versionColumn, name: version))
      answers.append(Field(version, .string, nullable: true, hidden: true))
    }
    (self.columns, self.answers) = (columns, answers)
    steps = ([spec] + spec.next).map { step in
      var step = step
      step.columns = columns
      return step
    }
  }

  func stage(_ number: Int) -> OperatorID {
    switch number {
    case 0: id
    case 1: OperatorID("\(id).fallback")
    default: OperatorID("\(id).fallback\(number)")
    }
  }

  /// What one that stands in says.
  var others: [Field] {
    answers.map { Field(Self.other($0.name), $0.type, nullable: true, hidden: true) }
  }

  private static func other(_ name: String) -> String { "$other.\(name)" }

  func renamed(_ step: InferSpec) -> InferSpec {
    var step = step
    step.columns = columns.map {
      EnrichedColumn(tableColumn: $0.tableColumn, name: Self.other($0.name))
    }
    return step
  }

  /// Whether something stands in for a row's answer.
  private var isWithout: Expression {
    Expression(
      .call(
        "equal",
        [
          .column(Field(version, .string, nullable: true)),
          .literal(.string(ModelSpec.fallbackVersion), .string),
        ]), FieldType(.bool, nullable: true))
  }

  static func asked(_ name: String) -> String { "$asked.\(name)" }

  /// An input as one that stands in is given it.
  func asked(_ field: Field) -> (field: Field, column: NamedExpression) {
    let own = Field(Self.asked(field.name), field.type, nullable: true, hidden: true)
    let value = Expression(
      .branch(
        [Expression.Branch(condition: isWithout, value: .column(field))], otherwise: nil),
      own.fieldType)
    return (own, NamedExpression(own.name, value))
  }

  /// All columns, with the answers of one that stands in where nothing else answers.
  func merged(into schema: Schema) -> [NamedExpression] {
    schema.fields.map { field in
      guard let answer = answers.first(where: { $0.name == field.name }) else {
        return NamedExpression(field.name, .column(field))
      }
      let other = Field(Self.other(answer.name), answer.type, nullable: true)
      let value = Expression(
        .branch(
          [Expression.Branch(condition: isWithout, value: .column(other))],
          otherwise: .column(answer)), field.fieldType)
      return NamedExpression(field.name, value)
    }
  }
}
