/// Places for the boxes of a graph without circles, in layers from left to right (after
/// K. Sugiyama): ranks by the longest way, few crossings by barycentres, straight ways by least
/// squares.
struct GraphLayout {
  struct Point: Hashable {
    var x: Double
    var y: Double
  }

  struct Size {
    var width: Double
    var height: Double
  }

  /// The middle of each box's left side.
  private(set) var boxes: [Point] = []
  /// Of each edge the points it goes through: from a right side to a left side.
  private(set) var ways: [[Point]] = []
  private(set) var size = Size(width: 0, height: 0)

  private static let rowGap = 28.0
  private static let sweeps = 12

  /// A box, or the place where an edge passes a rank.
  private struct Node {
    var size: Size
    var rank: Int
    /// The box's number; nil for a passage.
    var box: Int?
    var before: [Int] = []
    var after: [Int] = []
    var middle = 0.0
  }

  private var nodes: [Node] = []
  private var ranks: [[Int]] = []
  /// Each edge's nodes, from box to box.
  private var chains: [[Int]] = []

  /// `edges` lead from lower numbers to higher ones. `gap` is between the columns.
  init(_ sizes: [Size], edges: [(from: Int, to: Int)], gap: Double) {
    let rankOf = Self.ranks(sizes.count, edges)
    nodes = sizes.indices.map { Node(size: sizes[$0], rank: rankOf[$0], box: $0) }
    for edge in edges { connect(edge.from, edge.to) }
    ranks = Array(repeating: [], count: (rankOf.max() ?? 0) + 1)
    for index in nodes.indices { ranks[nodes[index].rank].append(index) }
    order()
    align()
    place(gap)
  }

  /// The longest way from a beginning; what has nothing before it stands right before what it is
  /// for.
  private static func ranks(_ count: Int, _ edges: [(from: Int, to: Int)]) -> [Int] {
    var rank = Array(repeating: 0, count: count)
    for edge in edges.sorted(by: { $0.to < $1.to }) {
      rank[edge.to] = max(rank[edge.to], rank[edge.from] + 1)
    }
    for box in 0..<count where !edges.contains(where: { $0.to == box }) {
      let next = edges.filter { $0.from == box }.map { rank[$0.to] }.min()
      if let next { rank[box] = next - 1 }
    }
    return rank
  }

  private mutating func connect(_ from: Int, _ to: Int) {
    var chain = [from]
    for rank in nodes[from].rank + 1..<max(nodes[from].rank + 1, nodes[to].rank) {
      nodes.append(Node(size: Size(width: 0, height: 8), rank: rank, box: nil))
      chain.append(nodes.count - 1)
    }
    chain.append(to)
    for (left, right) in zip(chain, chain.dropFirst()) {
      nodes[left].after.append(right)
      nodes[right].before.append(left)
    }
    chains.append(chain)
  }

  // MARK: - Order within the ranks

  private mutating func order() {
    var best = ranks
    var least = crossings(ranks)
    for sweep in 0..<Self.sweeps where least > 0 {
      let isForward = sweep % 2 == 0
      let indexes = isForward ? Array(ranks.indices) : ranks.indices.reversed()
      for rank in indexes { sort(rank, by: isForward ? \.before : \.after) }
      let found = crossings(ranks)
      if found < least { (best, least) = (ranks, found) }
    }
    ranks = best
  }

  private mutating func sort(_ rank: Int, by side: KeyPath<Node, [Int]>) {
    let places = self.places
    func weight(_ node: Int) -> Double {
      let neighbours = nodes[node][keyPath: side].map { Double(places[$0] ?? 0) }
      guard !neighbours.isEmpty else { return Double(places[node] ?? 0) }
      return neighbours.reduce(0, +) / Double(neighbours.count)
    }
    let weighed = ranks[rank].enumerated().map { ($0.element, weight($0.element), $0.offset) }
    ranks[rank] = weighed.sorted { ($0.1, $0.2) < ($1.1, $1.2) }.map(\.0)
  }

  private var places: [Int: Int] {
    var places: [Int: Int] = [:]
    for rank in ranks { for (place, node) in rank.enumerated() { places[node] = place } }
    return places
  }

  private func crossings(_ ranks: [[Int]]) -> Int {
    let places = self.places
    var count = 0
    for rank in ranks {
      let lines = rank.flatMap { left in
        nodes[left].after.map { (places[left] ?? 0, places[$0] ?? 0) }
      }
      for (index, a) in lines.enumerated() {
        for b in lines[(index + 1)...] where (a.0 < b.0 && a.1 > b.1) || (a.0 > b.0 && a.1 < b.1) {
          count += 1
        }
      }
    }
    return count
  }

  // MARK: - Heights

  private mutating func align() {
    for rank in ranks.indices { spread(rank) { _ in 0 } }
    for sweep in 0..<Self.sweeps {
      let isForward = sweep % 2 == 0
      let indexes = isForward ? Array(ranks.indices) : ranks.indices.reversed()
      for rank in indexes {
        let nodes = self.nodes
        spread(rank) { node in
          let own = nodes[node]
          // Both sides, the one that was just placed first.
          let near = isForward ? own.before : own.after
          let far = isForward ? own.after : own.before
          let all = near + near + far
          guard !all.isEmpty else { return own.middle }
          return all.map { nodes[$0].middle }.reduce(0, +) / Double(all.count)
        }
      }
    }
  }

  /// Middles as near as possible to the wished ones, in order and without overlap: pooling of
  /// adjacent violators.
  private mutating func spread(_ rank: Int, _ wish: (Int) -> Double) {
    struct Pool {
      var sum: Double
      var count: Double
      var members: Int
      var mean: Double { sum / count }
    }
    let row = ranks[rank]
    var offsets: [Double] = []
    for (index, node) in row.enumerated() {
      guard index > 0 else {
        offsets.append(0)
        continue
      }
      let both = (nodes[row[index - 1]].size.height + nodes[node].size.height) / 2
      offsets.append((offsets.last ?? 0) + both + Self.rowGap)
    }
    var pools: [Pool] = []
    for (index, node) in row.enumerated() {
      pools.append(Pool(sum: wish(node) - offsets[index], count: 1, members: 1))
      while pools.count > 1, pools[pools.count - 2].mean > pools[pools.count - 1].mean {
        let last = pools.removeLast()
        pools[pools.count - 1].sum += last.sum
        pools[pools.count - 1].count += last.count
        pools[pools.count - 1].members += last.members
      }
    }
    var index = 0
    for pool in pools {
      for _ in 0..<pool.members {
        nodes[row[index]].middle = pool.mean + offsets[index]
        index += 1
      }
    }
  }

  private mutating func place(_ gap: Double) {
    let top = nodes.map { $0.middle - $0.size.height / 2 }.min() ?? 0
    let bottom = nodes.map { $0.middle + $0.size.height / 2 }.max() ?? 0
    var left: [Double] = []
    var width: [Double] = []
    var x = 0.0
    for rank in ranks {
      left.append(x)
      width.append(rank.map { nodes[$0].size.width }.max() ?? 0)
      x += (width.last ?? 0) + gap
    }
    size = Size(width: max(0, x - gap), height: bottom - top)
    boxes = nodes.filter { $0.box != nil }.map {
      Point(x: left[$0.rank], y: $0.middle - top)
    }
    ways = chains.map { chain in
      chain.enumerated().flatMap { position, index -> [Point] in
        let node = nodes[index]
        let (start, end) = (left[node.rank], left[node.rank] + width[node.rank])
        let y = node.middle - top
        if position == 0 { return [Point(x: start + node.size.width, y: y)] }
        if position == chain.count - 1 { return [Point(x: start, y: y)] }
        return [Point(x: start, y: y), Point(x: end, y: y)]
      }
    }
  }
}
