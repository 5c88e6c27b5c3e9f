import Schemas

/// A logical plan as a drawing: `raudal graph`.
public struct PlanGraph: Sendable {
  public enum Format: String, Sendable, CaseIterable { case text, dot, mermaid, svg }

  struct Box {
    var name: String
    var label: String
    var shape: Shape
    /// Whether it appends or updates; nil where no stream comes out.
    var mode: String?
    /// What the definition says of it, a line each.
    var documentation: [String]

    /// Everything in a box, a line each.
    var lines: [String] { [name, label] + (mode.map { [$0] } ?? []) + documentation }
  }

  enum Shape { case source, table, step, sink }

  struct Arrow {
    var from: Int
    var to: Int
    /// What is set aside (`late`), or `looked up`.
    var label: String
    /// By what rows change workers on the way, if they do.
    var exchange: String?
  }

  let title: String
  let documentation: String
  let boxes: [Box]
  let arrows: [Arrow]

  public init(_ plan: LogicalPlan) {
    title = plan.pipeline
    documentation = plan.documentation
    boxes = plan.nodes.map { node in
      Box(
        name: node.id.name, label: Self.label(node.kind, plan), shape: Self.shape(node.kind),
        mode: node.isStream ? "\(node.mode)" : nil,
        documentation: node.documentation.split(separator: "\n").map(String.init))
    }
    var arrows: [Arrow] = []
    for (index, node) in plan.nodes.enumerated() {
      for input in node.inputs where plan.nodes.indices.contains(input.node) {
        let label = input.output == .main ? "" : input.output.rawValue
        arrows.append(
          Arrow(
            from: input.node, to: index, label: label, exchange: Self.exchange(into: node.kind)))
      }
      if let table = node.kind.loadedTable {
        arrows.append(Arrow(from: table, to: index, label: "looked up"))
      }
    }
    self.arrows = arrows
  }

  private static func exchange(into kind: LogicalKind) -> String? {
    let keys: [String]
    switch kind {
    case .window(let spec): keys = spec.keys.map(\.name)
    case .running(let spec): keys = spec.keys.map(\.name)
    case .dedupe(let spec): keys = spec.keys.map(\.description)
    case .top(let spec): keys = spec.per.map(\.description)
    case .fold(let spec): keys = spec.keys.map(\.description)
    case .funnel(let spec): keys = spec.keys.map(\.name)
    case .match(let spec): keys = spec.keys.map(\.name)
    case .join(let spec): keys = spec.leftKeys.map(\.description)
    case .frequencyCap(let spec): keys = spec.keys.map(\.description)
    case .attribute(let spec): keys = spec.leftKeys.map(\.description)
    case .asOf(let spec): keys = spec.keys.map(\.description)
    case .over(let spec): keys = spec.keys.map(\.description)
    case .keyBy(let expressions): keys = expressions.map(\.description)
    case .execute(let spec): keys = [spec.key].compactMap { $0?.description }
    case .limit: keys = []
    default: return nil
    }
    return keys.isEmpty ? "to one worker" : "by \(keys.joined(separator: ", "))"
  }

  private static func shape(_ kind: LogicalKind) -> Shape {
    switch kind {
    case .source: .source
    case .table: .table
    case .sink: .sink
    default: .step
    }
  }

  private static func label(_ kind: LogicalKind, _ plan: LogicalPlan) -> String {
    switch kind {
    case .source(let spec): "from \(spec.connector.connector)"
    case .table(let spec): "table from \(spec.connector.connector)"
    case .filter(let condition): "where \(condition)"
    case .project(let columns):
      columns.filter { !$0.name.hasPrefix("meta.") }.map(\.name)
        .joined(separator: ", ")
    case .enrich(let spec):
      "enrich on \(spec.keys.map(\.description).joined(separator: ", "))"
    case .infer(let spec): spec.text
    case .execute(let spec): spec.text
    case .union: "union"
    case .flatten(let spec): spec.text
    case .window(let spec):
      "\(spec.kind)" + (spec.offset == 0 ? "" : " offset \(TimeRendering.duration(spec.offset))")
        + (spec.zone.map { " zone \($0)" } ?? "")
        + (spec.keys.isEmpty ? "" : " by \(spec.keys.map(\.name).joined(separator: ", "))")
    case .running(let spec): spec.text
    case .sample(let spec): "sample \(spec.percentage)"
    case .limit(let count): "limit \(count)"
    case .dedupe(let spec): spec.text
    case .top(let spec): spec.text
    case .fold(let spec): spec.text
    case .funnel(let spec): spec.text
    case .match(let spec): spec.text
    case .join(let spec): spec.text
    case .attribute(let spec): spec.text
    case .frequencyCap(let spec): spec.text
    case .asOf(let spec): spec.text
    case .over(let spec): spec.text
    case .throttle(let spec): spec.text
    case .keyBy(let keys): "key by \(keys.map(\.description).joined(separator: ", "))"
    case .sink(let spec): "to \(spec.connector.connector), \(spec.delivery.rawValue)"
    }
  }

  public func render(_ format: Format) -> String {
    switch format {
    case .text: text
    case .dot: dot
    case .mermaid: mermaid
    case .svg: svg
    }
  }

  private var text: String {
    var lines = [title]
    for (index, box) in boxes.enumerated() {
      lines.append("  \(box.name)  \(box.label)" + (box.mode.map { "; \($0)" } ?? ""))
      lines += box.documentation.map { "    /// \($0)" }
      for arrow in arrows where arrow.to == index {
        let label = arrow.label.isEmpty ? "" : " (\(arrow.label))"
        lines.append("    ← \(boxes[arrow.from].name)\(label)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var dot: String {
    var lines = ["digraph \(escaped(title)) {", "  rankdir=LR;", "  node [fontname=\"sans\"];"]
    for (index, box) in boxes.enumerated() {
      let shape =
        switch box.shape {
        case .source: "cds"
        case .table: "cylinder"
        case .step: "box"
        case .sink: "note"
        }
      let text = escaped(box.lines.joined(separator: "\n"))
      lines.append("  n\(index) [shape=\(shape), label=\(text)];")
    }
    for arrow in arrows {
      let label = arrow.label.isEmpty ? "" : " [label=\(escaped(arrow.label))]"
      lines.append("  n\(arrow.from) -> n\(arrow.to)\(label);")
    }
    return (lines + ["}"]).joined(separator: "\n") + "\n"
  }

  private func escaped(_ text: String) -> String { Literal.quoted(text) }

  private var mermaid: String {
    var lines = ["flowchart LR"]
    for (index, box) in boxes.enumerated() {
      let text = "\"\(box.lines.map(entities).joined(separator: "<br/>"))\""
      let shape =
        switch box.shape {
        case .source: "n\(index)([\(text)])"
        case .table: "n\(index)[(\(text))]"
        case .step: "n\(index)[\(text)]"
        case .sink: "n\(index)>\(text)]"
        }
      lines.append("  \(shape)")
    }
    for arrow in arrows {
      let label = arrow.label.isEmpty ? "" : "|\(arrow.label)|"
      lines.append("  n\(arrow.from) -->\(label) n\(arrow.to)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func entities(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "#quot;"
      case "<": result += "#lt;"
      case ">": result += "#gt;"
      case "#": result += "#35;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
