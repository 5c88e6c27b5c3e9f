import Columns
import Plans

/// What answers under the name of each version of a plan's models: the hash of its file, or what
/// its server calls it. By model and version, `churn.v3`; one without a name is named by its
/// answers.
struct ModelPins {
  private(set) var answering: [String: String] = [:]

  /// `models` are the versions of each of the plan's.
  init(_ plan: PhysicalPlan, _ models: [[any InferenceModel]]) {
    for (spec, opened) in zip(plan.models, models) {
      for (version, model) in zip(spec.versions, opened) {
        guard let name = version.name else { continue }
        answering["\(spec.name).\(name)"] = "the file \(model.version)"
      }
    }
    for table in plan.lookups {
      guard let name = table.versionName else { continue }
      let named = table.connector.options.filter { Self.naming.contains($0.name) }
      let text = named.map(\.description).sorted().joined(separator: ", ")
      answering["\(table.name).\(name)"] = text.isEmpty ? "the server's own choice" : text
    }
  }

  /// The options that say which of a server's models it is; where the server stands does not.
  private static let naming: Set<String> = ["model", "version"]
}
