import Schemas

/// A logical plan as a drawing: `raudal graph`.
public struct PlanGraph: Sendable {
  public enum Format: String, Sendable, CaseIterable { case text, dot, mermaid }

  private struct Box {
    var name: String
    var label: String
    var shape: Shape
  }

  private enum Shape { case source, table, step, sink }

  private let title: String
  private let boxes: [Box]
  private let arrows: [(from: Int, to: Int, label: String)]

  public init(_ plan: LogicalPlan) {
    title = plan.pipeline
    boxes = plan.nodes.map { node in
      Box(name: node.id.name, label: Self.label(node.kind, plan), shape: Self.shape(node.kind))
    }
    var arrows: [(from: Int, to: Int, label: String)] = []
    for (index, node) in plan.nodes.enumerated() {
      for input in node.inputs where plan.nodes.indices.contains(input.node) {
        let label = input.output == .main ? "" : input.output.rawValue
        arrows.append((input.node, index, label))
      }
      if case .enrich(let spec) = node.kind { arrows.append((spec.table, index, "looked up")) }
    }
    self.arrows = arrows
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
    case .union: "union"
    case .window(let spec):
      "\(spec.kind)"
        + (spec.keys.isEmpty ? "" : " by \(spec.keys.map(\.name).joined(separator: ", "))")
    case .sink(let spec): "to \(spec.connector.connector), \(spec.delivery.rawValue)"
    }
  }

  public func render(_ format: Format) -> String {
    switch format {
    case .text: text
    case .dot: dot
    case .mermaid: mermaid
    }
  }

  private var text: String {
    var lines = [title]
    for (index, box) in boxes.enumerated() {
      lines.append("  \(box.name)  \(box.label)")
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
      lines.append("  n\(index) [shape=\(shape), label=\(escaped("\(box.name)\n\(box.label)"))];")
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
      let text = "\"\(entities(box.name))<br/>\(entities(box.label))\""
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
