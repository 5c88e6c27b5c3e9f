import Schemas

/// A drawing that stands alone: no script, no font, no file beside it; light or dark as the
/// reader's screen is.
extension PlanGraph {
  private static let margin = 32.0
  private static let titleHeight = 56.0
  private static let columnGap = 92.0
  private static let lineHeight = 17.0
  private static let padding = 12.0
  private static let longest = 46

  var svg: String {
    let sizes = boxes.map(Self.size)
    let layout = GraphLayout(
      sizes, edges: arrows.map { ($0.from, $0.to) }, gap: Self.columnGap)
    let subtitle = documentation.isEmpty ? [] : Self.wrapped(documentation, 100, most: 3)
    let head = Self.titleHeight + Double(subtitle.count) * Self.lineHeight
    let titleWidth = ([title] + subtitle).map { Double($0.count) * 8 }.max() ?? 0
    let width = max(layout.size.width, titleWidth) + 2 * Self.margin
    let height = layout.size.height + head + 2 * Self.margin
    let top = Self.margin + head
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(n(width))\" height=\"\(n(height))\" "
        + "viewBox=\"0 0 \(n(width)) \(n(height))\" role=\"img\" aria-label=\"\(escape(title))\">",
      "<title>\(escape(title))</title>", Self.style, Self.markers,
      "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>",
      "<text class=\"title\" x=\"\(n(Self.margin))\" y=\"\(n(Self.margin + 22))\">"
        + "\(escape(title))</text>",
    ]
    for (index, line) in subtitle.enumerated() {
      let y = Self.margin + 44 + Double(index) * Self.lineHeight
      lines.append(
        "<text class=\"note\" x=\"\(n(Self.margin))\" y=\"\(n(y))\">\(escape(line))</text>")
    }
    lines.append("<g transform=\"translate(\(n(Self.margin)) \(n(top)))\">")
    for (arrow, way) in zip(arrows, layout.ways) { lines += draw(arrow, way) }
    // Behind all of them, so that none goes over the words of another.
    for (arrow, way) in zip(arrows, layout.ways) { lines += label(arrow, way) }
    for (index, box) in boxes.enumerated() {
      lines += draw(box, at: layout.boxes[index], sizes[index])
    }
    return (lines + ["</g>", "</svg>"]).joined(separator: "\n") + "\n"
  }

  // MARK: - Boxes

  private static func shown(_ box: Box) -> [(text: String, style: String)] {
    [(cut(box.name), "name")] + wrapped(box.label, longest, most: 3).map { ($0, "label") }
      + (box.mode.map { [($0, "mode")] } ?? [])
      + wrapped(box.documentation.joined(separator: " "), longest, most: 3).map { ($0, "note") }
  }

  private static func size(_ box: Box) -> GraphLayout.Size {
    let lines = shown(box)
    let letters = lines.map { Double($0.text.count) * ($0.style == "name" ? 8.4 : 6.8) }
    return GraphLayout.Size(
      width: max(110, (letters.max() ?? 0) + 2 * padding + 4),
      height: Double(lines.count) * lineHeight + 2 * padding - 4)
  }

  private func draw(_ box: Box, at place: GraphLayout.Point, _ size: GraphLayout.Size) -> [String] {
    let (x, y) = (place.x, place.y - size.height / 2)
    let kind =
      switch box.shape {
      case .source: "source"
      case .table: "table"
      case .step: "step"
      case .sink: "sink"
      }
    let radius = box.shape == .step ? 6.0 : 14.0
    var lines = [
      "<g class=\"box \(kind)\">",
      "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(size.width))\" height=\"\(n(size.height))\" "
        + "rx=\"\(n(radius))\"/>",
    ]
    for (index, line) in Self.shown(box).enumerated() {
      let baseline = y + Self.padding + 10 + Double(index) * Self.lineHeight
      lines.append(
        "<text class=\"\(line.style)\" x=\"\(n(x + Self.padding + 2))\" y=\"\(n(baseline))\">"
          + "\(escape(line.text))</text>")
    }
    return lines + ["</g>"]
  }

  // MARK: - Arrows

  /// A smooth way through its points; what changes workers is dashed and says by what.
  private func draw(_ arrow: Arrow, _ way: [GraphLayout.Point]) -> [String] {
    guard let first = way.first else { return [] }
    var path = "M\(n(first.x)) \(n(first.y))"
    for (a, b) in zip(way, way.dropFirst()) {
      let bend = max(18, (b.x - a.x) / 2)
      path +=
        a.y == b.y
        ? " L\(n(b.x)) \(n(b.y))"
        : " C\(n(a.x + bend)) \(n(a.y)) \(n(b.x - bend)) \(n(b.y)) \(n(b.x)) \(n(b.y))"
    }
    let style = arrow.exchange != nil ? "exchange" : arrow.label.isEmpty ? "flow" : "aside"
    let head = style == "exchange" ? "head-exchange" : "head"
    return ["<path class=\"\(style)\" d=\"\(path)\" marker-end=\"url(#\(head))\"/>"]
  }

  /// What an arrow says of itself, over its last stretch.
  private func label(_ arrow: Arrow, _ way: [GraphLayout.Point]) -> [String] {
    var lines: [String] = []
    let label = [arrow.label, arrow.exchange ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
    if !label.isEmpty, way.count > 1 {
      let (a, b) = (way[way.count - 2], way[way.count - 1])
      let text = label.count > 16 ? label.prefix(15) + "…" : label
      // Twice, for not every viewer paints an outline under its letters.
      for style in ["way halo", "way"] {
        lines.append(
          "<text class=\"\(style)\" x=\"\(n((a.x + b.x) / 2))\" y=\"\(n((a.y + b.y) / 2 - 5))\">"
            + "<title>\(escape(label))</title>\(escape(String(text)))</text>")
      }
    }
    return lines
  }

  // MARK: - Text

  private static func cut(_ text: String) -> String {
    text.count > longest ? text.prefix(longest - 1) + "…" : text
  }

  /// Lines of at most so many letters; what is left over is cut.
  static func wrapped(_ text: String, _ width: Int, most: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word.count > width ? word.prefix(width - 1) + "…" : String(word))
      }
    }
    guard lines.count > most else { return lines }
    lines = Array(lines.prefix(most))
    lines[most - 1] = lines[most - 1].prefix(width - 1) + "…"
    return lines
  }

  private func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      // What XML has no way to write.
      case _ where scalar.value < 0x20 && !"\t\n\r".unicodeScalars.contains(scalar),
        "\u{FFFE}", "\u{FFFF}":
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A number with a tenth at most.
  private func n(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
  }

  private static let markers = """
    <defs>
    <marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" \
    orient="auto-start-reverse"><path class="tip" d="M0 0L10 5L0 10z"/></marker>
    <marker id="head-exchange" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" \
    markerHeight="7" orient="auto-start-reverse"><path class="tip-exchange" \
    d="M0 0L10 5L0 10z"/></marker>
    </defs>
    """

  private static var style: String {
    """
    <style>
    text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
      font-size: 12px; }
    .title { font-size: 22px; font-weight: 600; }
    .name { font-weight: 600; font-size: 13px; }
    .label { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
      font-size: 11px; }
    .mode, .note { font-size: 11px; }
    .note { font-style: italic; }
    .box rect { stroke-width: 1.2; }
    path.flow, path.aside, path.exchange { fill: none; stroke-width: 1.6; }
    path.aside { stroke-dasharray: 2 4; stroke-linecap: round; }
    path.exchange { stroke-dasharray: 7 4; }
    .way { text-anchor: middle; font-size: 10.5px; }
    .halo { stroke-width: 4px; stroke-linejoin: round; }
    \(Palette.light.rules)
    @media (prefers-color-scheme: dark) {
    \(Palette.dark.rules)
    }
    </style>
    """
  }
}

/// The colours of a drawing, written out, for not every viewer knows variables.
private struct Palette {
  var paper, ink, faint, line, exchange: String
  /// Fill and edge.
  var step, source, table, sink: (String, String)

  static let light = Palette(
    paper: "#ffffff", ink: "#1c2430", faint: "#5d6878", line: "#8592a6", exchange: "#b4552d",
    step: ("#f4f6f9", "#c9d1dc"), source: ("#e3f1ea", "#3c8d63"), table: ("#f6eeda", "#a5812b"),
    sink: ("#e5ecfb", "#3f6cc4"))
  static let dark = Palette(
    paper: "#14181f", ink: "#e7ebf1", faint: "#9aa6b7", line: "#6f7d92", exchange: "#e58a5f",
    step: ("#1f2631", "#3a4555"), source: ("#17332a", "#57b585"), table: ("#352c15", "#cda548"),
    sink: ("#1a2a4a", "#7ea3ee"))

  var rules: String {
    let boxes = [("step", step), ("source", source), ("table", table), ("sink", sink)]
      .map { ".\($0.0) rect { fill: \($0.1.0); stroke: \($0.1.1); }" }
    return
      (["text { fill: \(ink); }", ".mode, .note, .way { fill: \(faint); }"] + boxes + [
        ".paper { fill: \(paper); }",
        "path.flow, path.aside { stroke: \(line); }",
        "path.exchange { stroke: \(exchange); }",
        ".tip { fill: \(line); }",
        ".tip-exchange { fill: \(exchange); }",
        ".halo { fill: \(paper); stroke: \(paper); }",
      ]).joined(separator: "\n")
  }
}
