import Columns
import Foundation
import Instruments
import Plans
import TestKit
import Testing

@testable import Operators

/// How outputs are spread beside their baseline, against what is computed plainly.
@Suite("Drift of models")
struct DriftTests {
  private static let text = """
    output,up_to,rows
    p,0.25,400
    p,0.5,300
    p,0.75,200
    p,,100
    n,-1,10
    n,,30

    """

  @Test("The index is that of the last rows", arguments: 1...40)
  func index(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let spread = try ModelBaseline(csv: Self.text).spreads[0]
    let drift = ScoreDrift(
      ScoreDrift.Baseline(output: "p", bounds: spread.bounds, rows: spread.rows))
    var values: [Double] = []
    for _ in 0..<Int.random(in: 1...60, using: &random) {
      let center = Double.random(in: -0.2...1, using: &random)
      let part = (0..<Int.random(in: 1...900, using: &random)).map { _ in
        center + Double.random(in: -0.3...0.3, using: &random)
      }
      values += part
      drift.add(part + [.nan, .infinity])
    }
    // Whole steps of a thousand, nine of them, and the one that has begun.
    let open = values.count % 1_000
    let last = values.suffix(open + min(values.count / 1_000, 9) * 1_000)
    var counts: [Int64] = [0, 0, 0, 0]
    for value in last { counts[value <= 0.25 ? 0 : value <= 0.5 ? 1 : value <= 0.75 ? 2 : 3] += 1 }
    #expect(drift.counts == counts)
    guard last.count >= 200 else {
      #expect(drift.baseline.index(counts) == nil)
      return
    }
    var psi = 0.0
    for (then, now) in zip([400.0, 300, 200, 100], counts) {
      let a = (Double(now) + 0.5) / (Double(last.count) + 2)
      let b = (then + 0.5) / 1_002
      psi += (a - b) * log(a / b)
    }
    #expect(abs((drift.baseline.index(counts) ?? -1) - psi) < 1e-12)
  }

  @Test func `rows as they were have no drift, and others have much`() throws {
    let baseline = ScoreDrift.Baseline(output: "p", bounds: [0.5], rows: [5_000, 5_000])
    let (same, other) = (baseline.index([500, 500]), baseline.index([900, 100]))
    #expect(try #require(same) < 0.001)
    #expect(try #require(other) > 0.25)
    #expect(baseline.index([100, 99]) == nil)
  }

  @Test func `a stage counts each version's answers, those of a shadow too`() throws {
    let spec = InferRun.spec([
      ModelSpec.Version(name: "v1", path: .string("a")),
      ModelSpec.Version(name: "v2", path: .string("b"), isShadow: true),
    ])
    let baseline = try ModelBaseline(
      csv: "output,up_to,rows\nprobability,5,1\nprobability,,1\n")
    let run = try InferRun(spec, baseline: baseline)
    try run.give((0..<100).map { InferRun.Row(id: $0, user: 1, x: Double($0) / 10, y: 0) })
    let counts = run.stage.context.metrics.inference.versions.map { $0.drifts.map(\.counts) }
    // Twice and three times of what is given.
    #expect(counts == [[[26, 74]], [[17, 83]]])
  }

  @Test(arguments: [
    ("", "the first line is not"), ("a,b\n", "the first line is not"),
    ("output,up_to,rows\n", "it names no output"),
    ("output,up_to,rows\np,1\n", "there are 2 values"),
    ("output,up_to,rows\np,1,x\n", "no number of rows"),
    ("output,up_to,rows\np,1,-3\n", "no number of rows"),
    ("output,up_to,rows\np,1,3\np,1,3\np,,1\n", "not above"),
    ("output,up_to,rows\np,nan,3\np,,1\n", "not above"),
    ("output,up_to,rows\np,1,3\n", "no last line"),
    ("output,up_to,rows\np,,3\np,,3\n", "goes on"),
    ("output,up_to,rows\np,1,0\np,,0\n", "has no rows"),
  ])
  func mistakes(text: String, reason: String) {
    do {
      _ = try ModelBaseline(csv: text)
      Issue.record("`\(text)` was taken")
    } catch {
      #expect(error.reason.contains(reason), "\(error.reason)")
    }
  }
}
