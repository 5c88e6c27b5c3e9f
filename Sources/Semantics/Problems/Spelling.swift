import Diagnostics

/// How near two names are, for "did you mean".
enum Spelling {
  /// What another language calls it, or the nearest name, or one that begins like it. Of more than
  /// a thousand none; see `nearestWord`.
  static func nearest(to name: String, among names: [String]) -> String? {
    guard names.count <= 1_000 else { return nil }
    if let synonym = synonyms[name.lowercased()], names.contains(synonym) { return synonym }
    let nearest = name.utf8.count < 3 ? nil : nearestWord(to: name, among: names)
    return nearest ?? names.first { isBeginning($0, of: name) || isBeginning(name, of: $0) }
  }

  /// `lower` for `lowercase`.
  private static func isBeginning(_ short: String, of long: String) -> Bool {
    short.utf8.count >= 3 && short != long && long.lowercased().hasPrefix(short.lowercased())
  }

  /// What other languages call our types and functions.
  private static let synonyms: [String: String] = [
    "long": "int", "bigint": "int", "integer": "int", "double": "float", "real": "float",
    "text": "string", "varchar": "string", "boolean": "bool", "number": "decimal",
    "numeric": "decimal", "datetime": "timestamp", "interval": "duration", "binary": "bytes",
    "len": "length", "strlen": "length", "to_lower": "lower", "to_upper": "upper",
    "mean": "avg", "average": "avg", "stddev": "stddev_samp", "variance": "var_samp",
    "first_value": "first", "last_value": "last",
    "nvl": "ifnull", "substr": "substring", "concat_with": "concat_ws",
  ]
}
