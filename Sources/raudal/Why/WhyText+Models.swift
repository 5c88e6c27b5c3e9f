extension WhyText {
  /// What each version of a model was asked, and how high its scores are.
  var models: String {
    let lines = report.operators.flatMap { step -> [String] in
      (step.versions ?? []).map { "  \(step.stage): \(text(of: $0))" }
    }
    return lines.isEmpty ? "" : "MODELS\n" + lines.joined(separator: "\n") + "\n"
  }

  private func text(of version: StatusReport.Version) -> String {
    var parts = [
      "\(version.name)\(version.isShadow ? " in the shadow" : "")",
      Terminal.counted(version.rows, "row"), Terminal.counted(version.calls, "call"),
    ]
    let answered = version.calls
    if answered > 0 { parts.append("\(Terminal.span(version.latency / answered)) each") }
    if let hits = version.hits, hits > 0 { parts.append("\(hits) from its cache") }
    if version.failed > 0 { parts.append("\(version.failed) failed") }
    if version.scores > 0 {
      let mean = version.scoreSum / Double(version.scores)
      parts.append("mean score \((mean * 1_000).rounded() / 1_000)")
    }
    parts += (version.drifts ?? []).map { drift in
      let index = (drift.index * 1_000).rounded() / 1_000
      return "\(drift.output) has drifted \(Self.amount(of: drift.index)) (PSI \(index))"
    }
    return parts.joined(separator: ", ")
  }

  /// By the bounds that are usual for the index.
  private static func amount(of index: Double) -> String {
    index < 0.1 ? "little" : index < 0.25 ? "somewhat" : "much"
  }
}
