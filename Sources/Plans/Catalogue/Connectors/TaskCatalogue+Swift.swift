extension TaskCatalogue {
  /// A closure of the program that has the engine inside.
  public static let swift = TaskKind(
    "swift", closure, statuses: 100...599, done: 200...299, usualStatus: 200, hasClasses: true,
    retried: http.retried)

  private static let closure: [OptionDescriptor] = [
    OptionDescriptor(
      "values", .jsonTemplate, fallback: "none",
      "What the closure is given: a block whose members are values of the row, as JSON."),
    OptionDescriptor(
      "response", .fields, fallback: "nothing is read",
      "What is read of what it returns: names and types."),
  ]
}
