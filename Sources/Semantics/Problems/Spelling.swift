/// How near two names are, for "did you mean".
enum Spelling {
  /// The name nearest to `name` if it is near enough: a third of its letters at most are wrong.
  static func nearest(to name: String, among names: [String]) -> String? {
    if let synonym = synonyms[name.lowercased()], names.contains(synonym) { return synonym }
    let wanted = Array(name.lowercased().utf8)
    let limit = wanted.count < 3 ? 0 : max(1, wanted.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in names where candidate != name {
      let distance = distance(wanted, Array(candidate.lowercased().utf8))
      if distance <= limit, best.map({ distance < $0.distance }) ?? true {
        best = (candidate, distance)
      }
    }
    return best?.name ?? names.first { isBeginning($0, of: name) || isBeginning(name, of: $0) }
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
    "nvl": "ifnull", "substr": "substring", "concat_with": "concat_ws",
  ]

  /// The optimal string alignment distance: insertions, deletions, substitutions, and neighbours
  /// that changed places. O(length × length).
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var rows = [Array(0...b.count), Array(repeating: 0, count: b.count + 1)]
    var before = rows[0]
    for i in 1...a.count {
      rows[1][0] = i
      for j in 1...b.count {
        let cost = a[i - 1] == b[j - 1] ? 0 : 1
        var least = min(rows[0][j] + 1, rows[1][j - 1] + 1, rows[0][j - 1] + cost)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          least = min(least, before[j - 2] + 1)
        }
        rows[1][j] = least
      }
      before = rows[0]
      rows.swapAt(0, 1)
    }
    return rows[0][b.count]
  }
}
