import Columns
import Expressions
import Plans
import Schemas
import TestKit
import Testing

/// Whether a row can fail is said in the catalogue, which the warnings and the optimizer go by, and
/// done by the kernels.
extension CatalogueTests {
  /// Values at the borders of their types, and such as kernels stumble over.
  private static let extremes: [DataType: [Cell]] = [
    .bool: [true, false],
    .int: [.int(.min), .int(.min + 1), -64, -1, 0, 1, 64, 3_000_000, .int(1 << 53), .int(.max)],
    .float: [
      .float(.nan), .float(.infinity), .float(-.infinity), 0.0, -0.0, 0.5, -1.0,
      .float(.greatestFiniteMagnitude), .float(.leastNonzeroMagnitude), 1e19,
    ],
    .decimal(precision: 12, scale: 2): [
      "9999999999.99", "-9999999999.99", "0.00", "0.01", "-0.01", "9999999999.50",
    ],
    .string: [
      "", " ", "a", "é", "\u{10FFFF}", "9223372036854775808", "-1", "1e999", "{", "[1", "\"", "%",
      "true", "2026-13-45", "999999999-12-31 00:00:00", "0001-01-01 00:00:00", "https://[::1",
      "a=1,a=2", "\u{0}", "\\", .text(String(repeating: "a", count: 3_000)),
    ],
    .bytes: ["", "x", .bytes([0xFF, 0x00]), .bytes([UInt8](repeating: 0xC3, count: 300))],
    .timestamp: moments, .date: moments, .duration: moments,
    .json: ["{}", "[]", "null", "1e999", "{\"a\":[1,2]}", "\"x\""],
  ]

  private static let moments: [Cell] = [
    .int(.min), .int(.min + 1), -86_400_000_000, -1, 0, 1, 3_000_000, 253_402_300_800_000_000,
    .int(.max - 1), .int(.max),
  ]

  @Test("A call that is said never to fail fails no row, whatever stands in it")
  func fallibility() throws {
    var random = SeededRandom(state: 4)
    var surprises: Set<String> = []
    var held = 0
    for signature in FunctionCatalogue.signatures {
      for common in Self.scalars where fits(common, signature) {
        for number in Self.scalars where number.isNumeric {
          let least = signature.parameters.count - signature.optionalCount
          for count in least...signature.parameters.count {
            let operands = operands(signature, count: count, common: common, number: number)
            let call = Expression(
              .call(signature.name, operands.enumerated().map(ownColumns)),
              FieldType(result(signature, operands), nullable: true))
            guard !call.isFallible else { continue }
            held += 1
            try surprises.formUnion(failures(of: call, signature, using: &random))
          }
          if !signature.parameters.contains(where: { [.number, .numberList].contains($0) }) {
            break
          }
        }
        if !signature.parameters.contains(where: Self.anyScalar.contains) { break }
      }
    }
    #expect(held > 300)
    #expect(surprises.sorted() == [])
  }

  /// Each argument reads columns of its own.
  private func ownColumns(_ index: Int, _ operand: Expression) -> Expression {
    operand.renaming(
      Dictionary(uniqueKeysWithValues: Self.scalars.map { ("c_\($0)", "c\(index)_\($0)") }))
  }

  private func failures(
    of call: Expression, _ signature: FunctionSignature, using random: inout SeededRandom
  ) throws -> [String] {
    let names = call.columnNames.sorted()
    let fields = names.map { name in
      let type = Self.scalars.first { name.hasSuffix("_\($0)") } ?? .unknown
      return Field(name, type, nullable: true)
    }
    var rows: [[Cell]] = []
    for _ in 0..<120 {
      rows.append(fields.map { Self.extremes[$0.type]?.randomElement(using: &random) ?? .null })
    }
    let schema = Schema(fields)
    let bound = try BoundExpression(call, schema: schema)
    if !bound.isInfallible { return ["\(signature.name): its kernel can fail"] }
    let failures = bound.evaluate(Batch(schema, rows)).failures
    return failures.prefix(1).map { failure in
      "\(signature.name) of \(rows[failure.row]): \(failure.reason)"
    }
  }
}
