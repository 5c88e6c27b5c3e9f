extension InferSpec {
  var text: String {
    "infer \(model.name)(\(arguments.map(\.description).joined(separator: ", ")))"
  }

  var lines: [String] {
    var result = ["\(text), adds \(columns.map(\.text).joined(separator: ", "))"]
    if let sticky { result.append("version by \(sticky)" + Self.named(choice)) }
    if let payer { result.append("budget of \(payer)") }
    result += model.lines
    for model in next { result += ["else \(model.text)"] + model.model.lines }
    return result
  }

  fileprivate static func named(_ choice: (any CustomStringConvertible)?) -> String {
    choice.map { " unless named by \($0)" } ?? ""
  }
}

extension PhysicalInference {
  var text: String {
    let added = columns.map(\.text).joined(separator: ", ")
    return "infer model \(model) of \(arguments.joined(separator: ", "))"
      + (sticky.map { ", version by \($0)" } ?? "") + InferSpec.named(choice) + ", adds \(added)"
  }
}

extension ModelSpec {
  /// What it is made of, and how it is run.
  var lines: [String] {
    if let remote { return lines(remote) }
    let files = versions.map { version in
      (version.name.map { "\($0) " } ?? "") + "\(version.path)" + version.part
    }
    var parts = ["batch \(batch)" + (within.map { " within \(TimeRendering.duration($0))" } ?? "")]
    if threads > 1 { parts.append("threads \(threads)") }
    if next == nil, let fallback {
      let names = fallback.values.map(\.column)
      parts.append("fallback \(names.isEmpty ? "nulls" : names.joined(separator: ", "))")
    }
    if let baseline { parts.append("baseline \(baseline)") }
    return ["model \(kind): \(files.joined(separator: ", "))", parts.joined(separator: "; ")]
  }

  private func lines(_ remote: RemoteModel) -> [String] {
    var policy = remote.policy
    policy.fallback = next == nil ? fallback : nil
    let options = remote.options.map(\.description).joined(separator: ", ")
    var lines = ["model \(kind): \(options)"]
    lines += versions.map { version in
      let own = version.options.map(\.description).joined(separator: ", ")
      return "version \(version.name ?? "")\(version.part)" + (own.isEmpty ? "" : ": \(own)")
    }
    lines.append(policy.line)
    if let budget = remote.budget {
      lines.append(
        "budget \(budget.tokens) tokens in \(TimeRendering.duration(budget.span))"
          + (budget.column.map { " per \($0)" } ?? ""))
    }
    return lines
  }

  package static func percentage(_ share: Double) -> String {
    let percent = (share * 10_000).rounded() / 100
    return percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
  }
}

extension ModelSpec.Version {
  /// Which keys it answers.
  fileprivate var part: String {
    if isShadow { return " in the shadow" }
    return name == nil ? "" : " \(ModelSpec.percentage(share))"
  }
}
