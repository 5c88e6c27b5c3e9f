import Schemas

/// The plan as `raudal explain` shows it: operators under their segments.
extension PhysicalPlan: CustomStringConvertible {
  public var description: String {
    var lines = ["pipeline \(pipeline)"]
    for (index, table) in tables.enumerated() {
      lines.append("")
      lines.append(
        "table \(index) \(table.name) key \(table.keys.joined(separator: ", "))"
          + " from \(table.connector)")
      lines += ([table.decoding.line] + table.policyLines).map { "  \($0)" }
    }
    for (index, table) in lookups.enumerated() {
      lines.append("")
      lines.append(
        "lookup \(index) \(table.name) key \(table.keys.joined(separator: ", "))"
          + " from \(table.connector)")
      lines += ([table.decoding.line] + table.policyLines).map { "  \($0)" }
    }
    for (index, model) in models.enumerated() {
      lines.append("")
      lines.append("model \(index) \(model.name)")
      lines += model.lines.map { "  \($0)" }
    }
    for (index, task) in tasks.enumerated() {
      lines.append("")
      lines.append("task \(index) \(task.name)")
      lines += task.lines.map { "  \($0)" }
    }
    let segments = Set(operators.map(\.segment)).sorted()
    for segment in segments {
      lines.append("")
      lines.append("segment \(segment)")
      for (index, step) in operators.enumerated() where step.segment == segment {
        lines += text(of: step, index).map { "  \($0)" }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func text(of step: PhysicalOperator, _ index: Int) -> [String] {
    let inputs = step.inputs.map(name).joined(separator: ", ")
    var lines = ["#\(index) \(step.id)" + (inputs.isEmpty ? "" : "  ← \(inputs)")]
    lines += step.kind.lines.map { "  \($0)" }
    if step.errorRoute != .fail {
      lines.append("  on_error \(step.errorRoute == .skip ? "skip" : "to the output errors")")
    }
    lines.append("  : \(shown(step.schema))")
    return lines
  }

  private func name(of edge: PhysicalEdge) -> String {
    let output = edge.output == .main ? "" : ".\(edge.output)"
    let from = operators.indices.contains(edge.from) ? operators[edge.from].id.name : "?"
    let text = "#\(edge.from) \(from)\(output)"
    switch edge.exchange {
    case nil: return text
    case .key(let columns): return "\(text) by key (\(columns.joined(separator: ", ")))"
    case .broadcast: return "\(text) to all"
    case .forward: return "\(text) handed over"
    }
  }
}

extension PhysicalKind {
  var lines: [String] {
    switch self {
    case .source(let spec): return spec.lines
    case .filter(let condition): return ["where \(condition)"]
    case .project(let columns): return ["columns"] + columns.lines
    case .enrich(let table, let keys, let columns, let isRequired):
      let added = columns.map(\.text).joined(separator: ", ")
      return [
        "enrich table \(table) on \(keys.joined(separator: ", "))"
          + "\(isRequired ? " required" : ""), adds \(added)"
      ]
    case .ask(let lookup, let keys, let columns, let isRequired):
      let added = columns.map(\.text).joined(separator: ", ")
      return [
        "ask lookup \(lookup) on \(keys.joined(separator: ", "))"
          + "\(isRequired ? " required" : ""), adds \(added)"
      ]
    case .infer(let inference): return [inference.text]
    case .execute(let task): return [task.text]
    case .union: return ["union"]
    case .sample(let spec): return spec.lines
    case .limit(let count, let isGlobal):
      return [isGlobal ? "limit \(count) over all workers" : "limit \(count) of this worker"]
    case .throttle(let spec): return ["\(spec.text) over all workers"]
    case .flatten(let spec): return [spec.text]
    case .dedupe(let keys, let span):
      return [DedupeSpec(keys: keys.map { .column(Field($0, .unknown)) }, span: span).text]
    case .keepLast(let keys, let span):
      let columns = keys.map { Expression.column(Field($0, .unknown)) }
      return [DedupeSpec(keys: columns, span: span, keepsLast: true).text]
    case .over(let over): return over.lines
    case .top(let top, let isGlobal):
      return ["\(top) \(isGlobal ? "over all workers" : "of this worker")"]
    case .running(let running): return running.lines
    case .runningJoin(let join): return join.lines
    case .runningTop(let running): return ["\(running.top) of all rows so far"]
    case .upserts(let upserts): return [upserts.text]
    case .changes(.envelope(let row)): return ["changes of \(row)"]
    case .changes(.final(_)): return ["rows that are left at the end"]
    case .localWindow(let window): return ["local phase"] + window.lines
    case .globalWindow(let window): return ["global phase"] + window.lines
    case .sessionWindow(let window): return window.lines
    case .join(let join): return join.lines
    case .attribute(let attribution): return attribution.lines
    case .frequencyCap(let keys, let caps):
      let columns = keys.map { Expression.column(Field($0, .unknown)) }
      return [FrequencyCapSpec(keys: columns, caps: caps).text]
    case .punctual(0): return ["rows in time"]
    case .punctual(let allowance):
      return ["rows no more than \(TimeRendering.duration(allowance)) late"]
    case .tableRows: return ["versions"]
    case .versionsInTime: return ["rows in time, versions never behind it"]
    case .asOf(let asOf): return asOf.lines
    case .latestRows: return ["latest rows"]
    case .latest(let latest): return latest.lines
    case .order: return ["in event-time order"]
    case .fold(_, let spec): return spec.lines
    case .funnel(let funnel): return [funnel.text]
    case .match(let match): return match.lines
    case .sink(let spec): return spec.lines
    }
  }
}

extension PhysicalFunnel {
  var text: String {
    let by = keys.map(\.name).joined(separator: ", ")
    return "funnel by \(by) within \(TimeRendering.duration(span))\(isStrict ? " strict" : ""): "
      + "\(steps.joined(separator: ", ")) are the bits of \(mask)"
  }
}

extension PhysicalJoin {
  var lines: [String] {
    let keys = zip(leftKeys, rightKeys).map { "\($0) == \($1)" }.joined(separator: " and ")
    let between = columnBounds.map { " between \($0.low) and \($0.high)" } ?? ""
    return ["\(kind.word) on \(keys) \(JoinSpec.bounds(before, after))\(between)"]
      + (columns.isEmpty ? [] : ["columns \(columns.map(\.text).joined(separator: ", "))"])
  }
}

extension PhysicalAsOf {
  var lines: [String] {
    [
      "newest of \(table) by \(keys.map(\.name).joined(separator: ", "))"
        + (isRequired ? " required" : "")
        + (expiry.map { ", expire after \(TimeRendering.duration($0))" } ?? ""),
      "adds \(columns.map(\.text).joined(separator: ", "))",
    ]
  }
}

extension PhysicalLatest {
  var lines: [String] {
    [
      "latest of \(table) by \(keys.joined(separator: ", "))" + (isRequired ? " required" : "")
        + (expiry.map { ", expire after \(TimeRendering.duration($0))" } ?? "")
        + (isReadFirst ? ", read first" : "") + (takesUpdates ? ", remembers answers" : "")
        + (tellsTimes ? ", tells times" : ""),
      "adds \(columns.map(\.text).joined(separator: ", "))",
    ]
  }
}

extension PhysicalWindow {
  var lines: [String] {
    let shift = offset == 0 ? "" : " offset \(TimeRendering.duration(offset))"
    let by = keys.isEmpty ? "" : " by \(keys.map(\.name).joined(separator: ", "))"
    let clock = zone.map { " zone \(Literal.quoted($0))" } ?? ""
    let refresh = WindowSpec.refresh(emitEvery, allowLate)
    return ["window \(kind)\(shift)\(clock)\(by)\(refresh)"]
      + aggregates.map { "  \($0.name): \($0.fieldType) = \($0)" }
  }
}

extension PhysicalWindow.Aggregate: CustomStringConvertible {
  public var description: String { text(calling: function) }

  func text(calling function: String) -> String {
    let inside = arguments.map { argument in
      switch argument {
      case .column(let field): field.name
      case .constant(let literal): literal.description(as: .unknown)
      }
    }
    let condition = filter.map { "where \($0)" } ?? ""
    let gap = inside.isEmpty || condition.isEmpty ? "" : " "
    return "\(function)(\(inside.joined(separator: ", "))\(gap)\(condition))"
  }
}
