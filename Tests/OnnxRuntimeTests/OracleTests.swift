import Columns
import Schemas
import TestKit
import Testing

@testable import OnnxRuntime

/// The engine's answers beside those of ONNX Runtime's Python, bit by bit.
struct OracleTests {
  static let features = (0..<8).map { Field("x\($0)", .float) }
  static let scores = [
    OnnxAnswer(Field("label", .int)),
    OnnxAnswer(Field("no", .float), output: "probabilities", index: 0),
    OnnxAnswer(Field("yes", .float), output: "probabilities", index: 1),
  ]

  static func rows(_ count: Int, seed: UInt64) -> [[Double]] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in (0..<8).map { _ in Double.random(in: -3...3, using: &random) } }
  }

  static func columns(_ rows: ArraySlice<[Double]>) -> [Column] {
    (0..<8).map { index in
      let column = Column(fixed: .float, rowCount: rows.count)
      for (row, values) in rows.enumerated() { column.floats[row] = values[index] }
      return column
    }
  }

  /// Label and bits of both scores of each row.
  static func answers(
    _ binding: OnnxBinding, _ rows: [[Double]], batch: Int, most: Int? = nil
  ) throws -> [[Int]] {
    var results: [[Int]] = []
    var start = 0
    while start < rows.count {
      let end = min(start + batch, rows.count)
      let answers = try binding.run(
        columns(rows[start..<end]), rowCount: end - start, batch: most ?? batch)
      for row in 0..<end - start {
        let bits = answers[1...].map { Int(Float($0.floats[row]).bitPattern) }
        results.append([Int(answers[0].ints[row])] + bits)
      }
      start = end
    }
    return results
  }

  @Test(arguments: ["trees", "logistic"], [1000, 1])
  func `10,000 rows have the same answers`(_ name: String, _ batch: Int) throws {
    let rows = Self.rows(10_000, seed: 11)
    let expected = try Oracle.run(
      name, batch: batch, outputs: ["label", "probabilities"], ["features": rows])
    let labels = try #require(expected["label"] as? [Int])
    let scores = try #require(expected["probabilities"] as? [[Int]])
    let binding = try Models.open(name).bind(inputs: Self.features, answers: Self.scores)
    let actual = try Self.answers(binding, rows, batch: batch)
    #expect(actual.count == 10_000 && labels.count == 10_000)
    #expect(Set(labels).count == 2)
    let differing = actual.indices.filter { actual[$0] != [labels[$0]] + scores[$0] }
    #expect(differing == [])
  }

  @Test(arguments: ["trees", "logistic"])
  func `a row has the same answer in batches of any size, and alone`(_ name: String) throws {
    let rows = Self.rows(3_000, seed: 12)
    let binding = try Models.open(name).bind(inputs: Self.features, answers: Self.scores)
    let expected = try Self.answers(binding, rows, batch: 3_000)
    for batch in [1, 2, 3, 63, 64, 65, 1024] {
      let answers = try Self.answers(binding, rows, batch: batch, most: 4_096)
      #expect(answers == expected, "\(batch)")
    }
  }

  @Test func `texts go in and come out as they are`() throws {
    var random = SeededRandom(seed: 13)
    let plans = ["free", "team", "año", "", "never seen", "a\u{0}b", "日本"]
    let rows: [[Cell]] = (0..<2_000).map { _ in
      [
        .text(plans.randomElement(using: &random)!),
        .float(Double.random(in: 0...90, using: &random)),
      ]
    }
    let fields = [Field("plan", .string), Field("age", .float)]
    let binding = try Models.open("texts").bind(
      inputs: fields,
      answers: [
        OnnxAnswer(Field("label", .string)),
        OnnxAnswer(Field("score", .float), output: "probabilities", index: 1),
      ])
    let expected = try Oracle.run(
      "texts", batch: 2_000, outputs: ["label", "probabilities"],
      [
        "plan": rows.map { [text($0[0])] },
        "age": rows.map { [number($0[1])] },
      ])
    let labels = try #require(expected["label"] as? [String])
    let scores = try #require(expected["probabilities"] as? [[Int]])
    let actual = try binding.run(rows)
    #expect(Set(labels) == ["señal", "none"])
    for row in rows.indices {
      let bits = Int(Float(number(actual[row][1])).bitPattern)
      #expect(text(actual[row][0]) == labels[row] && bits == scores[row][1])
    }
    let coded = [
      Column.dictionary(.string, rows.map { $0[0] }), Column(.float, rows.map { $0[1] }),
    ]
    let answers = try binding.run(coded, rowCount: rows.count)
    #expect(rows.indices.map { row in answers.map { $0.cell(row) } } == actual)
  }

  private func text(_ cell: Cell) -> String {
    if case .text(let value) = cell { return value }
    return "\(cell)"
  }

  private func number(_ cell: Cell) -> Double {
    if case .float(let value) = cell { return value }
    return .nan
  }
}
