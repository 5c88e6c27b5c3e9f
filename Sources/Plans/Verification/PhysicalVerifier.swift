public import Schemas

/// Holds a physical plan against what the runtime relies on. For our own mistakes, not the user's.
public enum PhysicalVerifier {
  /// What is wrong, a line each; empty for a sound plan.
  public static func violations(in plan: PhysicalPlan) -> [String] {
    var found: [String] = []
    var ids: Set<OperatorID> = []
    for (index, step) in plan.operators.enumerated() {
      var problems: [String] = []
      if !ids.insert(step.id).inserted { problems.append("id used twice") }
      for edge in step.inputs where edge.from < 0 || edge.from >= index {
        problems.append("input #\(edge.from) does not stand before it")
      }
      if problems.isEmpty {
        problems = columns(plan, step)
        for edge in step.inputs where edge.exchange == nil {
          if plan.operators[edge.from].segment != step.segment {
            problems.append("a direct edge leaves segment \(step.segment)")
          }
        }
      }
      found += problems.map { "#\(index) \(step.id): \($0)" }
    }
    return found.isEmpty ? circles(in: plan) : found
  }

  /// Segments that feed each other or themselves through exchanges: their barriers would wait for
  /// each other. O(operators + edges).
  private static func circles(in plan: PhysicalPlan) -> [String] {
    var ways: [Int: Set<Int>] = [:]
    for step in plan.operators {
      for edge in step.inputs where edge.exchange != nil {
        ways[plan.operators[edge.from].segment, default: []].insert(step.segment)
      }
    }
    var arrivals: [Int: Int] = [:]
    for segment in plan.operators.map(\.segment) { arrivals[segment] = 0 }
    for targets in ways.values { for target in targets { arrivals[target, default: 0] += 1 } }
    // Takes away what nothing leads into, until only circles and what follows them are left.
    var free = arrivals.filter { $0.value == 0 }.map(\.key)
    while let next = free.popLast() {
      arrivals[next] = nil
      for target in ways[next] ?? [] {
        arrivals[target, default: 1] -= 1
        if arrivals[target] == 0 { free.append(target) }
      }
      ways[next] = nil
    }
    let stuck = arrivals.keys.filter { ways[$0] != nil }.sorted()
    return stuck.isEmpty ? [] : ["exchanges lead in a circle through segments \(stuck)"]
  }

  /// The columns that an edge brings.
  public static func schema(of edge: PhysicalEdge, in plan: PhysicalPlan) -> Schema {
    let source = plan.operators[edge.from]
    switch edge.output {
    case .main, .capped, .failed: return source.schema
    case .expired: return source.kind.expiredSchema ?? source.schema
    case .errors: return PhysicalOperator.errorSchema
    case .late, .unmatched:
      return source.inputs.first.map { schema(of: $0, in: plan) } ?? source.schema
    }
  }

  private static func columns(_ plan: PhysicalPlan, _ step: PhysicalOperator) -> [String] {
    let rows = step.inputs.map { schema(of: $0, in: plan) }
    guard let row = rows.first else {
      if case .source = step.kind { return [] }
      return ["no input"]
    }
    let exchanged = step.inputs.flatMap { edge -> [String] in
      guard case .key(let names)? = edge.exchange else { return [] }
      return names.filter { schema(of: edge, in: plan).index(of: $0) == nil }
    }
    return exchanged.map { "exchanged by `\($0)`, which is no column" }
      + missing(step.kind, row, rows, step.schema).map { "no column `\($0)`" }
  }

  private static func missing(
    _ kind: PhysicalKind, _ row: Schema, _ rows: [Schema], _ schema: Schema
  ) -> [String] {
    let known = Set(row.fields.map(\.name))
    func absent(_ names: some Sequence<String>) -> [String] {
      names.filter { !known.contains($0) }.sorted()
    }
    switch kind {
    case .source: return []
    case .filter(let condition): return absent(condition.columnNames)
    case .project(let columns): return columns.flatMap { absent($0.expression.columnNames) }
    case .enrich(_, let keys, _, _), .ask(_, let keys, _, _): return absent(keys)
    case .union:
      return rows.flatMap { other in
        zip(other.fields, schema.fields).filter { $0.name != $1.name }.map(\.0.name)
      }
    case .sample(let spec): return absent(spec.columns)
    case .limit, .throttle, .punctual, .tableRows, .latestRows, .changes(.final): return []
    case .dedupe(let keys, _), .keepLast(let keys, _): return absent(keys)
    case .over(let over): return absent(over.columns)
    case .running(let running): return absent(running.columns)
    case .upserts(let upserts): return absent(upserts.keys)
    case .changes(.envelope(let row)): return absent([row])
    case .runningTop(let running): return absent(running.columns)
    case .top(let top, _): return absent(top.orders.map(\.column) + top.per + top.ties)
    case .flatten(let spec):
      let carried = schema.fields.map(\.name).filter { $0 != spec.name }
      return absent(spec.list.columnNames) + absent(carried)
    case .localWindow(let window), .sessionWindow(let window): return absent(names(window))
    case .order(let keys): return absent(keys)
    case .fold(let keys, let spec): return absent(keys) + absent(spec.columnsRead)
    case .funnel(let funnel): return absent(funnel.keys.map(\.name) + [funnel.mask])
    case .match(let match): return absent(match.columns)
    case .join(let join): return missing(join, rows)
    case .runningJoin(let running):
      let given = Set(schema.fields.map(\.name))
      return missing(running.join, rows) + running.pairs.filter { !given.contains($0) }
    case .frequencyCap(let keys, _): return absent(keys)
    case .infer(let inference): return absent(inference.read)
    case .execute(let task): return missing(task, rows)
    case .attribute(let attribution): return absent(attribution.read)
    case .versionsInTime(let version): return absent([version])
    case .asOf(let asOf): return absent(asOf.columns(of: schema))
    case .latest(let latest):
      let table = rows.count == 2 ? Set(rows[1].fields.map(\.name)) : []
      return absent(latest.columns(of: schema)) + latest.tableColumns.filter { !table.contains($0) }
    case .globalWindow(let window): return absent(window.partialSchema.fields.map(\.name))
    case .sink(let spec): return absent(spec.encoding.keys)
    }
  }

  private static func missing(_ task: PhysicalTask, _ rows: [Schema]) -> [String] {
    let (own, table) = (Set(rows[0].fields.map(\.name)), rows.dropFirst().flatMap(\.fields))
    let names = Set(table.map(\.name))
    let keys = task.steering.map { [$0.key] } ?? []
    let ofTable = task.steering?.tableColumns ?? []
    return (task.read + task.carried + keys).filter { !own.contains($0) }.sorted()
      + ofTable.filter { !names.contains($0) }
  }

  private static func missing(_ join: PhysicalJoin, _ rows: [Schema]) -> [String] {
    guard rows.count == 2 else { return ["of a second input"] }
    let (left, right) = (Set(rows[0].fields.map(\.name)), Set(rows[1].fields.map(\.name)))
    return join.columns.compactMap { column in
      switch column.source {
      case .left(let name): left.contains(name) ? nil : name
      case .right(let name): right.contains(name) ? nil : name
      case .key(let number): join.leftKeys.indices.contains(number) ? nil : column.name
      }
    } + join.leftKeys.filter { !left.contains($0) } + join.rightKeys.filter { !right.contains($0) }
      + (join.columnBounds.map { bounds in
        [bounds.low, bounds.high].filter { !(bounds.areRight ? right : left).contains($0) }
      } ?? [])
  }

  private static func names(_ window: PhysicalWindow) -> [String] {
    window.keys.map(\.name) + window.aggregates.compactMap(\.filter)
      + window.aggregates.flatMap(\.arguments).compactMap { argument in
        if case .column(let field) = argument { field.name } else { nil }
      }
  }
}
