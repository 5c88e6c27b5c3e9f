/// How near two names are, for "did you mean".
enum Spelling {
  /// The name nearest to `name` if it is near enough: a third of its letters at most are wrong.
  static func nearest(to name: String, among names: [String]) -> String? {
    let wanted = Array(name.lowercased().utf8)
    let limit = max(1, wanted.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in names where candidate != name {
      let distance = distance(wanted, Array(candidate.lowercased().utf8))
      if distance <= limit, best.map({ distance < $0.distance }) ?? true {
        best = (candidate, distance)
      }
    }
    return best?.name
  }

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
