import Columns
import Connectors
import Plans

/// What answers under the name of each version of a plan's models: the hash of its file, or what
/// its server calls it, however the definition came by that. By model and version, `churn.v3`; one
/// without a name is named by its answers.
struct ModelPins {
  private(set) var answering: [String: String] = [:]

  /// `models` are the versions of each of the plan's, `lookups` what asks those elsewhere. A shadow
  /// answers no row.
  init(
    _ plan: PhysicalPlan, _ models: [[any InferenceModel]], _ lookups: [any LookupClient]
  ) {
    for (spec, opened) in zip(plan.models, models) {
      for (version, model) in zip(spec.versions, opened) where !version.isShadow {
        guard let name = version.name else { continue }
        answering["\(spec.name).\(name)"] = "the file \(model.version)"
      }
    }
    for (table, lookup) in zip(plan.lookups, lookups) where !table.isShadow {
      guard let name = table.versionName else { continue }
      answering["\(table.name).\(name)"] = lookup.model ?? "the server's own choice"
    }
  }
}
