import Schemas

/// The plan as `raudal explain` shows it: a paragraph for each step.
extension LogicalPlan: CustomStringConvertible {
  public var description: String {
    var lines = ["pipeline \(pipeline)"]
    if !documentation.isEmpty {
      lines += documentation.split(separator: "\n").map { "  /// \($0)" }
    }
    lines.append(
      "  checkpoint every \(TimeRendering.duration(checkpoints.interval)), keep \(checkpoints.keep)"
    )
    if errorRoute != .fail { lines.append("  on_error \(errorRoute)") }
    for (index, node) in nodes.enumerated() {
      lines.append("")
      lines += text(of: node, index)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func text(of node: LogicalNode, _ index: Int) -> [String] {
    let inputs = node.inputs.map(name).joined(separator: ", ")
    var lines = ["#\(index) \(node.id)" + (inputs.isEmpty ? "" : "  ← \(inputs)")]
    lines += node.documentation.split(separator: "\n").map { "  /// \($0)" }
    lines += details(of: node.kind).map { "  \($0)" }
    // A step in which no row fails has its source's too, and nothing comes of it.
    if let route = node.errorRoute, node.kind.isFallible { lines.append("  on_error \(route)") }
    lines.append("  : \(shown(node.schema))")
    if node.isStream { lines.append("  \(node.mode)") }
    return lines
  }

  private func name(of input: LogicalInput) -> String {
    guard nodes.indices.contains(input.node) else { return "?" }
    let id = nodes[input.node].id
    return input.output == .main ? "#\(input.node) \(id)" : "#\(input.node) \(id).\(input.output)"
  }

  private func details(of kind: LogicalKind) -> [String] {
    switch kind {
    case .source(let spec): return spec.lines
    case .table(let spec):
      return [
        "table \(spec.name) key \(spec.keys.joined(separator: ", ")) from \(spec.connector)",
        spec.decoding.line,
      ] + spec.policyLines
    case .filter(let condition): return ["where \(condition)"]
    case .project(let columns): return ["columns"] + columns.lines
    case .enrich(let spec):
      let table = nodes.indices.contains(spec.table) ? nodes[spec.table].id.name : "?"
      let keys = spec.keys.map(\.description).joined(separator: ", ")
      let added = spec.columns.map { $0.text }.joined(separator: ", ")
      return ["enrich \(table) on \(keys)\(spec.isRequired ? " required" : ""), adds \(added)"]
    case .asOf(let spec): return spec.lines
    case .infer(let spec): return spec.lines
    case .execute(let spec): return spec.lines
    case .union: return ["union"]
    case .flatten(let spec): return [spec.text]
    case .window(let spec): return spec.lines
    case .running(let spec): return spec.lines
    case .sample(let spec): return spec.lines
    case .limit(let count): return ["limit \(count)"]
    case .dedupe(let spec): return [spec.text]
    case .top(let spec): return [spec.text]
    case .fold(let spec): return spec.lines
    case .funnel(let spec): return spec.lines
    case .match(let spec): return spec.lines
    case .join(let spec): return spec.lines
    case .attribute(let spec): return spec.lines
    case .frequencyCap(let spec): return [spec.text]
    case .over(let spec): return spec.lines
    case .throttle(let spec): return [spec.text]
    case .keyBy(let keys): return ["key by \(keys.map(\.description).joined(separator: ", "))"]
    case .sink(let spec): return spec.lines
    }
  }
}

extension DedupeSpec {
  var text: String {
    let keys = keys.map(\.description).joined(separator: ", ")
    return "dedupe by \(keys)\(keepsLast ? " keep last" : "") within"
      + " \(TimeRendering.duration(span))"
  }
}

extension FoldSpec {
  var text: String {
    if let title { return title }
    let keys = keys.map(\.description).joined(separator: ", ")
    return "fold by \(keys)" + (expiry.map { " expire after \(TimeRendering.duration($0))" } ?? "")
  }

  var lines: [String] {
    // What it computes is the stage's formula.
    if title != nil { return [text] }
    return [text, "states"] + states.map { "  \($0.field) = \($0.first)" } + ["columns"]
      + columns.lines
  }
}

extension FunnelSpec {
  var text: String {
    let keys = keys.map(\.name).joined(separator: ", ")
    return "funnel by \(keys) within \(TimeRendering.duration(span))" + (isStrict ? " strict" : "")
  }

  var lines: [String] {
    [text, "by"] + keys.lines + ["steps"] + steps.map { "  \($0.name): \($0.expression)" }
  }
}

extension JoinSpec.Kind {
  /// As the language calls the stage.
  public var word: String { self == .inner ? "join" : "\(rawValue) join" }
}

extension JoinSpec {
  var lines: [String] {
    [text] + (columns.isEmpty ? [] : ["columns \(columns.map(\.text).joined(separator: ", "))"])
  }

  var text: String {
    let keys = zip(leftKeys, rightKeys).map { "\($0) == \($1)" }.joined(separator: " and ")
    return "\(kind.word) on \(keys) \(running?.text ?? bounds)"
  }
}

extension AsOfSpec {
  var text: String {
    "enrich \(table) on \(keys.map(\.description).joined(separator: ", "))"
      + (moment == .eventTime ? " as of event_time" : "") + (isRequired ? " required" : "")
      + (expiry.map { ", expire after \(TimeRendering.duration($0))" } ?? "")
      + (moment == .latestOfTable ? ", read first" : "")
  }

  var lines: [String] { [text, "adds \(columns.map(\.text).joined(separator: ", "))"] }
}

extension JoinedColumn {
  var text: String {
    switch source {
    case .left(let column): column == name ? "left \(name)" : "left \(column) as \(name)"
    case .right(let column): column == name ? "right \(name)" : "right \(column) as \(name)"
    case .key(let number): "key \(number + 1) as \(name)"
    }
  }
}

extension FlattenSpec {
  var text: String { "flatten \(list) as \(name)" }
}

extension EnrichedColumn {
  var text: String { tableColumn == name ? name : "\(tableColumn) as \(name)" }
}

extension [NamedExpression] {
  /// A line for each column; plain ones share lines.
  var lines: [String] {
    var result: [String] = []
    let plain = filter { $0.expression.node == .column($0.name) }.map(\.name)
    if !plain.isEmpty { result.append("  \(plain.joined(separator: ", "))") }
    for column in self where column.expression.node != .column(column.name) {
      result.append("  \(column.name) = \(column.expression)")
    }
    return result
  }
}

extension SourceSpec {
  var lines: [String] {
    var result = ["source \(name) from \(connector)", decoding.line]
    if let eventTime { result.append(eventTime.line) }
    if let updates { result.append(updates.line) }
    return result
  }
}

extension DecodingSpec {
  var line: String {
    let names = columns.map { column -> String in
      switch column.origin {
      case .field(let name) where name == column.field.name: name
      case .field(let name): "\(column.field.name) from \(Literal.quoted(name))"
      default: column.field.name
      }
    }
    let gone = deletions.map { ", deletes by \($0.keys.joined(separator: ", "))" } ?? ""
    return "reads \(format.rawValue): \(names.joined(separator: ", "))"
      + (coerce ? ", coerced" : "") + gone
  }
}

extension EventTimeSpec {
  var line: String {
    let from =
      switch origin {
      case .column(let name): name
      case .recordTimestamp: "meta.timestamp"
      case .arrival: "arrival"
      }
    var text = "event time \(from), lateness \(TimeRendering.duration(lateness))"
    if let idle { text += ", idle after \(TimeRendering.duration(idle))" }
    if let maxDrift { text += ", drift up to \(TimeRendering.duration(maxDrift))" }
    return text
  }
}

extension WindowSpec.Kind: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tumbling(let size): "tumbling \(TimeRendering.duration(size))"
    case .hopping(let size, let slide):
      "hopping \(TimeRendering.duration(size)) every \(TimeRendering.duration(slide))"
    case .cumulative(let size, let step):
      "cumulative \(TimeRendering.duration(size)) every \(TimeRendering.duration(step))"
    case .session(let gap, let limit):
      "session gap \(TimeRendering.duration(gap))"
        + (limit.map { " max \(TimeRendering.duration($0))" } ?? "")
    case .count(let rows): "count \(rows)"
    }
  }
}

extension WindowSpec {
  var lines: [String] {
    let shift = offset == 0 ? "" : " offset \(TimeRendering.duration(offset))"
    let clock = zone.map { " zone \(Literal.quoted($0))" } ?? ""
    let refresh = Self.refresh(emitEvery, allowLate)
    var result = ["window \(kind)\(shift)\(clock)\(refresh)"]
    if !keys.isEmpty { result += ["by"] + keys.lines }
    if !aggregates.isEmpty {
      result.append("aggregates")
      result += aggregates.map { "  \($0.name): \($0.fieldType) = \($0)" }
    }
    if !results.isEmpty { result += ["results"] + results.lines }
    return result
  }

  /// ` emit every 1m allow late 1d`, as far as they are there.
  static func refresh(_ emitEvery: Int64?, _ allowLate: Int64?) -> String {
    let early = emitEvery.map { " emit every \(TimeRendering.duration($0))" } ?? ""
    return early + (allowLate.map { " allow late \(TimeRendering.duration($0))" } ?? "")
  }
}

extension SampleSpec {
  var lines: [String] {
    ["sample \(percentage), by the values of \(columns.joined(separator: ", "))"]
  }

  var percentage: String {
    let percent = share * 100
    return percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
  }
}

extension AggregateCall: CustomStringConvertible {
  public var description: String {
    let inside = arguments.map(\.description).joined(separator: ", ")
    let condition = filter.map { "where \($0)" } ?? ""
    let gap = inside.isEmpty || condition.isEmpty ? "" : " "
    let rows = step.map { " of \($0)" } ?? ""
    return "\(choice?.rawValue ?? function)(\(inside)\(gap)\(condition))\(rows)"
  }
}

extension SinkSpec {
  var lines: [String] {
    var text = "writes \(encoding.format.rawValue)"
    if !encoding.keys.isEmpty { text += ", key \(encoding.keys.joined(separator: ", "))" }
    if let updates { text += ", updates \(updates.rawValue)" }
    text += ", \(delivery.rawValue)"
    var result = ["sink \(name) to \(connector)", text]
    if !encoding.headers.isEmpty { result += ["headers"] + encoding.headers.lines }
    if let tombstone = encoding.tombstone { result.append("tombstone where \(tombstone)") }
    return result
  }
}

/// The visible columns with their types.
func shown(_ schema: Schema) -> String {
  schema.visibleFields.map(\.description).joined(separator: ", ")
}
