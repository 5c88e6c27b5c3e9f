/// What stands between a stage that updates and one that takes its rows back: a row that is taken
/// back is computed anew there, and must come out as it did when it was given.
public struct UpdateOrigin {
  private let plan: LogicalPlan

  public init(_ plan: LogicalPlan) { self.plan = plan }

  /// The steps before a node as text, as far as these of its input's columns hang on them.
  public func text(before node: LogicalNode, reading columns: Set<String>) -> String {
    node.inputs.map { text(of: $0, columns) }.joined(separator: "; ")
  }

  /// The same of one of the node's inputs.
  public func text(behind input: LogicalInput, reading columns: Set<String>) -> String {
    text(of: input, columns)
  }

  private func text(of input: LogicalInput, _ columns: Set<String>) -> String {
    guard plan.nodes.indices.contains(input.node) else { return "" }
    let node = plan.nodes[input.node]
    let output = input.output == .main ? "" : ".\(input.output.rawValue)"
    var needed = columns
    let own: String
    switch node.kind {
    case .filter(let condition):
      needed.formUnion(condition.columnNames)
      own = "where \(condition)"
    case .project(let all):
      // A row of which one that nobody reads fails does not pass either.
      let read = all.filter { columns.contains($0.name) || $0.expression.isFallible }
      needed = read.reduce(into: []) { $0.formUnion($1.expression.columnNames) }
      own = read.map { "\($0.name) = \($0.expression)" }.sorted().joined(separator: ", ")
    case .enrich(let spec):
      let added = spec.columns.filter { columns.contains($0.name) }
      needed.subtract(added.map(\.name))
      for key in spec.keys { needed.formUnion(key.columnNames) }
      let keys = spec.keys.map(\.description).joined(separator: ", ")
      let names = added.map { "\($0.tableColumn) as \($0.name)" }.sorted()
      own =
        "enrich \(plan.nodes[spec.table].id) on \(keys)\(spec.isRequired ? " required" : ""): "
        + names.joined(separator: ", ")
    case .flatten(let spec):
      needed.remove(spec.name)
      needed.formUnion(spec.list.columnNames)
      own = "flatten \(spec.list)"
    case .union: own = "union"
    case .running(let spec): return "\(node.id) \(Self.text(spec.results, columns))\(output)"
    case .window(let spec) where spec.isUpdating:
      return "\(node.id) \(Self.text(spec.results, columns))\(output)"
    // What it holds is held against its own state.
    default: return "\(node.id)\(output)"
    }
    return text(before: node, reading: needed) + " | \(own)\(output)"
  }

  private static func text(_ results: [NamedExpression], _ columns: Set<String>) -> [String] {
    let read = results.filter { columns.contains($0.name) || $0.expression.isFallible }
    return read.map { "\($0.name) = \($0.expression)" }.sorted()
  }
}
