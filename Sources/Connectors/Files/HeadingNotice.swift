import Columns

extension FileOptions {
  /// Says once for a file that its heading lacks columns that all its rows fail without.
  func note(_ heading: RecordHeading, of file: String) {
    let missing = requiredColumns.filter { !heading.names.contains($0) }
    guard !missing.isEmpty else { return }
    notify(
      "\(place): the heading of \(file) has no column \(Self.list(missing)), which may not"
        + " be null, so its rows fail; it has \(Self.list(heading.names))")
  }

  /// A heading may be of thousands of columns.
  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(20).map { "`\($0.prefix(80))`" }
    let rest = names.count - shown.count
    guard rest == 0 else { return shown.joined(separator: ", ") + " and \(rest) more" }
    guard shown.count > 1, let last = shown.last else { return shown.first ?? "none" }
    return shown.dropLast().joined(separator: ", ") + " and \(last)"
  }
}
