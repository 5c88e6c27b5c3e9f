extension DiagnosticPage {
  static let engine: [DiagnosticPage] = [
    DiagnosticPage(
      "E0601", "the plan made of a sound definition cannot run: a bug of the engine",
      advice: "report it, with the definition")
  ]
}
