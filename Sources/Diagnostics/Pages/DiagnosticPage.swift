/// What there is to say about a code: the one declaration that `raudal explain CODE` and the page
/// of messages are made of.
package struct DiagnosticPage: Hashable, Sendable {
  /// `E0102`
  package let code: String
  /// What is wrong.
  package let meaning: String
  /// What to do; empty where the meaning says it.
  package let advice: String
  /// A piece of a definition that is told with this code: stages, which begin with `|`, a column's
  /// value, which begins with `=`, or declarations. Nil where a piece can't show it.
  package let wrong: String?
  /// The same as it should be.
  package let right: String?

  init(
    _ code: String, _ meaning: String, advice: String = "", wrong: String? = nil,
    right: String? = nil
  ) {
    self.code = code
    self.meaning = meaning
    self.advice = advice
    self.wrong = wrong
    self.right = right
  }

  /// Codes that belong together.
  package struct Family: Sendable {
    package let title: String
    package let prefix: String
    package let pages: [DiagnosticPage]
  }

  package static let families: [Family] = [
    Family(title: "Form", prefix: "E00", pages: form + formContinued),
    Family(title: "Names", prefix: "E01", pages: names),
    Family(title: "Types and values", prefix: "E02", pages: values + nested),
    Family(
      title: "Stages", prefix: "E03",
      pages: stages + tables + joins + matches + updates + marketing),
    Family(
      title: "Options, tables and windows", prefix: "E04",
      pages: options + changes + latestRows + windows),
    Family(title: "Estimates", prefix: "E048", pages: sketches),
    Family(title: "Tables that are asked", prefix: "E053", pages: lookups + services),
    Family(title: "Models", prefix: "E054", pages: models),
    Family(title: "Models elsewhere", prefix: "E055", pages: remoteModels),
    Family(title: "Tasks", prefix: "E056", pages: tasks),
    Family(title: "Steering and hours of tasks", prefix: "E057", pages: steering),
    Family(title: "Tasks by their kind", prefix: "E057", pages: taskKinds),
    Family(title: "Tasks in doubt", prefix: "E058", pages: taskDoubt),
    Family(title: "Drift of models", prefix: "E0585", pages: drift),
    Family(title: "Tests", prefix: "E05", pages: tests),
    Family(title: "The engine", prefix: "E06", pages: engine),
  ]

  package static let all: [DiagnosticPage] = families.flatMap(\.pages)

  /// The page of a code, however its letter is written.
  package static func page(of code: String) -> DiagnosticPage? {
    all.first { $0.code == code.uppercased() }
  }

  /// As `raudal explain` prints it.
  package var text: String {
    var parts = ["\(code): \(meaning)\n"]
    if !advice.isEmpty { parts.append("What to do: \(advice)\n") }
    if let wrong { parts.append("Wrong:\n\(Self.indented(wrong))") }
    if let right { parts.append("Right:\n\(Self.indented(right))") }
    return parts.joined(separator: "\n")
  }

  /// As `raudal explain --json` prints it: one object, its examples null where there are none.
  package var json: String {
    let members = [
      ("code", code), ("meaning", meaning), ("advice", advice.isEmpty ? nil : advice),
      ("wrong", wrong), ("right", right),
    ]
    let texts = members.map { "\"\($0)\":\($1.map(JSONRenderer.quoted) ?? "null")" }
    return "{\(texts.joined(separator: ","))}"
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined()
  }
}
