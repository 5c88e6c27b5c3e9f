/// Which expected rows are which actual ones: a largest matching in a bipartite graph, by
/// augmenting paths (H. W. Kuhn, The Hungarian method for the assignment problem, 1955).
///
/// An expected row names only some columns, so it may fit several rows, and taking the first that
/// fits could leave another without any. O(expected² × actual) at worst, near linear where rows
/// fit one row each.
struct RowMatching {
  /// The actual row of each expected one; nil where there is none left that fits.
  private(set) var partners: [Int?]
  private var taken: [Int?]

  init(expected: Int, actual: Int, fits: (_ expected: Int, _ actual: Int) -> Bool) {
    partners = Array(repeating: nil, count: expected)
    taken = Array(repeating: nil, count: actual)
    let candidates = (0..<expected).map { row in (0..<actual).filter { fits(row, $0) } }
    for row in 0..<expected { augment(from: row, candidates) }
  }

  /// Finds a partner for an expected row, and other partners for those in its way. A search in
  /// breadth, so that a long chain of rows takes no stack.
  private mutating func augment(from start: Int, _ candidates: [[Int]]) {
    var reachedBy: [Int: Int] = [:]
    var queue = [start]
    var next = 0
    while next < queue.count {
      let row = queue[next]
      next += 1
      for actual in candidates[row] where reachedBy[actual] == nil {
        reachedBy[actual] = row
        guard let other = taken[actual] else { return turn(actual, reachedBy) }
        queue.append(other)
      }
    }
  }

  /// Gives the free row at the end of a path to the one that reached it, and so on to the start.
  private mutating func turn(_ end: Int, _ reachedBy: [Int: Int]) {
    var free: Int? = end
    while let actual = free, let row = reachedBy[actual] {
      free = partners[row]
      partners[row] = actual
      taken[actual] = row
    }
  }
}
