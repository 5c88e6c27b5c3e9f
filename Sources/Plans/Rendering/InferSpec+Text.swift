extension InferSpec {
  var text: String {
    "infer \(model.name)(\(arguments.map(\.description).joined(separator: ", ")))"
  }

  var lines: [String] {
    var result = ["\(text), adds \(columns.map(\.text).joined(separator: ", "))"]
    if let sticky { result.append("version by \(sticky)") }
    return result + model.lines
  }
}

extension PhysicalInference {
  var text: String {
    let added = columns.map(\.text).joined(separator: ", ")
    return "infer model \(model) of \(arguments.joined(separator: ", "))"
      + (sticky.map { ", version by \($0)" } ?? "") + ", adds \(added)"
  }
}

extension ModelSpec {
  /// What it is made of, and how it is run.
  var lines: [String] {
    let files = versions.map { version in
      let part =
        version.isShadow
        ? " in the shadow" : version.name == nil ? "" : " \(Self.percentage(version.share))"
      return (version.name.map { "\($0) " } ?? "") + "\(version.path)" + part
    }
    var parts = ["batch \(batch)" + (within.map { " within \(TimeRendering.duration($0))" } ?? "")]
    if threads > 1 { parts.append("threads \(threads)") }
    if let fallback {
      let names = fallback.values.map(\.column)
      parts.append("fallback \(names.isEmpty ? "nulls" : names.joined(separator: ", "))")
    }
    return ["model \(kind): \(files.joined(separator: ", "))", parts.joined(separator: "; ")]
  }

  package static func percentage(_ share: Double) -> String {
    let percent = (share * 10_000).rounded() / 100
    return percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
  }
}
