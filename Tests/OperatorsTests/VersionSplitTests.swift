import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Rows that name the version that answers them.
@Suite struct VersionSplitTests {
  private static let schema = Schema([
    Field("user", .int, nullable: true), Field("version", .string, nullable: true),
  ])

  private static let model = ModelSpec(
    name: "m", kind: "onnx", inputs: [], outputs: [],
    versions: [
      ModelSpec.Version(name: "none", path: .string("n"), share: 0),
      ModelSpec.Version(name: "old", path: .string("o"), share: 0.6),
      ModelSpec.Version(name: "dark", path: .string("d"), share: 0, isShadow: true),
      ModelSpec.Version(name: "new", path: .string("m"), share: 0.4),
      ModelSpec.Version(name: "next", path: .string("x"), share: 0),
    ])

  @Test func `a row gets the version that it names, and else that of its key`() {
    let names: [String?] = ["none", "old", "new", "next", "dark", "unknown", "", nil]
    for seed in 1...50 {
      var random = SeededRandom(seed: UInt64(seed))
      let rows = (0..<200).map { _ in
        (user: Int64(random.next() % 40), name: names[Int(random.next() % 8)])
      }
      let batch = Batch(
        Self.schema, rows.map { [.int($0.user), $0.name.map(Cell.text) ?? .null] })
      let byKey = VersionSplit(Self.model, sticky: 0, choice: nil).parts(of: batch)
      let parts = VersionSplit(Self.model, sticky: 0, choice: 1).parts(of: batch)
      let answering = Self.model.answering.compactMap(\.name)
      for (row, part) in parts.enumerated() {
        let named = answering.firstIndex { $0 == rows[row].name }
        #expect(Int(part) == named ?? Int(byKey[row]))
      }
    }
  }

  @Test func `a version without a share is that of no key`() {
    let batch = Batch(Self.schema, (0..<4_000).map { [.int($0), .null] })
    let parts = VersionSplit(Self.model, sticky: 0, choice: 1).parts(of: batch)
    let counts = (0..<4).map { part in parts.count { $0 == part } }
    #expect(counts[0] == 0 && counts[3] == 0)
    #expect(abs(Double(counts[1]) / 4_000 - 0.6) < 0.03, "\(counts)")
  }
}
