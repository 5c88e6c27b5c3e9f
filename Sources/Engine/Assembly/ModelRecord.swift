import Columns
import Plans
import Platform

/// Who answers for the models of a run, and whether answers are written down: told at its first
/// start, and later where it is otherwise than in the run before. It stands in the state
/// directory, and nothing rests on it.
struct ModelRecord {
  private struct Entry: Equatable {
    /// `churn v3`, and where there is but one file `churn`.
    var name: String
    /// Of its file; empty where a server is asked.
    var hash: String
    /// `90%`, `shadow`, or nothing.
    var part: String

    var text: String {
      [hash.isEmpty ? "a server" : "file \(hash)", part].filter { !$0.isEmpty }
        .joined(separator: ", ")
    }
  }

  private static let path = "models"

  private var entries: [Entry] = []

  /// `models` are the versions of each of the plan's, opened.
  init(_ plan: PhysicalPlan, _ models: [[any InferenceModel]]) {
    for (spec, versions) in zip(plan.models, models) {
      for (version, model) in zip(spec.versions, versions) {
        let entry = Entry(
          name: spec.name + (version.name.map { " \($0)" } ?? ""), hash: model.version,
          part: version.isShadow
            ? "shadow" : version.name == nil ? "" : ModelSpec.percentage(version.share))
        if !entries.contains(entry) { entries.append(entry) }
      }
    }
    for table in plan.lookups where table.model != nil {
      var parts: [String] = []
      if let number = table.version, let version = table.model?.versions[number] {
        parts.append(version.isShadow ? "shadow" : ModelSpec.percentage(version.share))
      }
      if table.lookup?.isStable ?? false { parts.append("answers are written down") }
      let entry = Entry(
        name: table.name + (table.versionName.map { " \($0)" } ?? ""), hash: "",
        part: parts.joined(separator: ", "))
      if !entries.contains(entry) { entries.append(entry) }
    }
  }

  private init(_ text: String) {
    entries = text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return parts.count == 3 ? Entry(name: parts[0], hash: parts[1], part: parts[2]) : nil
    }
  }

  /// Says what is new, and remembers it. A directory that can't be written stops nobody here.
  func tell(_ files: any FileStore, _ notify: (String) -> Void) {
    let bytes = (try? files.read(Self.path)) ?? []
    let former = ModelRecord(String(decoding: bytes, as: UTF8.self))
    guard former.entries != entries else { return }
    for entry in entries where !former.entries.contains(entry) {
      if let old = former.entries.first(where: { $0.name == entry.name }) {
        notify("model \(entry.name) has changed: \(entry.text); it was \(old.text)")
      } else {
        notify("model \(entry.name): \(entry.text)")
      }
    }
    for old in former.entries where !entries.contains(where: { $0.name == old.name }) {
      notify("model \(old.name) answers no more: it was \(old.text)")
    }
    let text = entries.map { "\($0.name)\t\($0.hash)\t\($0.part)\n" }.joined()
    try? files.write("\(Self.path).new", Array(text.utf8))
    try? files.rename("\(Self.path).new", to: Self.path)
  }
}
