import Compiler
import Diagnostics
import Foundation
import TestKit
import Testing

@testable import Plans

@Suite struct GraphLayoutTests {
  private struct Graph {
    var sizes: [GraphLayout.Size]
    var edges: [(from: Int, to: Int)]
  }

  private func random(_ seed: UInt64) -> Graph {
    var random = SeededRandom(seed: seed)
    let count = 1 + Int(random.next() % 24)
    let sizes = (0..<count).map { _ in
      GraphLayout.Size(
        width: Double(40 + random.next() % 200), height: Double(20 + random.next() % 80))
    }
    var edges: [(from: Int, to: Int)] = []
    for to in 1..<max(2, count) where to < count {
      for _ in 0..<(random.next() % 3) { edges.append((Int(random.next() % UInt64(to)), to)) }
    }
    return Graph(sizes: sizes, edges: edges)
  }

  @Test(arguments: 0..<60)
  func `Boxes do not overlap, and every edge goes from left to right`(_ seed: UInt64) {
    let graph = random(seed)
    let layout = GraphLayout(graph.sizes, edges: graph.edges, gap: 60)
    #expect(layout.boxes.count == graph.sizes.count)
    for (a, first) in layout.boxes.enumerated() {
      let top = first.y - graph.sizes[a].height / 2
      #expect(top > -0.01 && top + graph.sizes[a].height < layout.size.height + 0.01)
      #expect(first.x + graph.sizes[a].width < layout.size.width + 0.01)
      for b in layout.boxes.indices where b > a {
        let second = layout.boxes[b]
        let apart =
          first.x + graph.sizes[a].width <= second.x || second.x + graph.sizes[b].width <= first.x
          || abs(first.y - second.y)
            > (graph.sizes[a].height + graph.sizes[b].height) / 2
        #expect(apart, "boxes \(a) and \(b)")
      }
    }
    for (edge, way) in zip(graph.edges, layout.ways) {
      #expect(way.first?.x == layout.boxes[edge.from].x + graph.sizes[edge.from].width)
      #expect(way.last == layout.boxes[edge.to])
      for (left, right) in zip(way, way.dropFirst()) { #expect(left.x <= right.x) }
    }
  }

  @Test func `A chain is straight, and two ways that need not cross do not`() {
    let size = GraphLayout.Size(width: 100, height: 40)
    let chain = GraphLayout(
      Array(repeating: size, count: 4), edges: [(0, 1), (1, 2), (2, 3)], gap: 50)
    #expect(Set(chain.boxes.map(\.y)).count == 1)
    // 0 → 3 and 1 → 2, given crossed.
    let crossed = GraphLayout(Array(repeating: size, count: 4), edges: [(1, 2), (0, 3)], gap: 50)
    #expect((crossed.boxes[0].y < crossed.boxes[1].y) == (crossed.boxes[3].y < crossed.boxes[2].y))
  }

  @Test func `A drawing is the golden one, and well-formed`() throws {
    let folder = GoldenDirectory("Graphs")
    #expect(folder.cases().count >= 2)
    for golden in folder.cases() {
      let file = SourceFile(path: "\(golden.name).raudal", bytes: try golden.bytes())
      let plan = try #require(DefinitionCompiler.compile(file: file).logical)
      let svg = PlanGraph(plan).render(.svg)
      let mismatch = try GoldenDirectory.mismatch(svg, golden)
      #expect(mismatch == nil, "\(mismatch ?? "")")
      #expect(Self.isWellFormed(svg))
    }
  }

  @Test func `Nothing of a definition breaks the drawing`() throws {
    let text =
      "pipeline p\n/// A <b> & \"c\" ]]>\ntype E { id: int, t: string }\n"
      + "/// </text><script>\nsource e: E from memory\n"
      + "stream s = e | where t == \"<&>\\u{1}\" and id < 3\nsink s to print\n"
    let file = SourceFile(path: "p.raudal", text: text)
    let plan = try #require(DefinitionCompiler.compile(file: file).logical)
    #expect(Self.isWellFormed(PlanGraph(plan).render(.svg)))
  }

  /// Tags match, and nothing but the five entities begins with `&`.
  private static func isWellFormed(_ svg: String) -> Bool {
    var open: [Substring] = []
    for tag in svg.matches(of: /<(\/?)([a-zA-Z]+)[^<>]*?(\/?)>/) {
      if tag.1 == "/" {
        guard open.popLast() == tag.2 else { return false }
      } else if tag.3.isEmpty {
        open.append(tag.2)
      }
    }
    let text = svg.replacing(/<[^<>]*>/, with: "").replacing(/&(amp|lt|gt|quot);/, with: "")
    return open.isEmpty && !text.contains("<") && !text.contains("&")
      && !svg.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }
  }
}
