import Columns
import Expressions
import Foundation
import Plans
import Schemas
import TestKit
import Testing

/// Values recorded from Python's decimal and zoneinfo modules; the scripts that made them lie beside
/// them.
struct VectorTests {
  private func lines(_ name: String, _ file: StaticString = #filePath) throws -> [[String]] {
    let path = URL(fileURLWithPath: "\(file)").deletingLastPathComponent()
      .appendingPathComponent("../Golden/Values/\(name)")
    return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: "\t").map(String.init)
    }
  }

  private func computed(
    _ expression: Plans.Expression, _ columns: [(type: DataType, cell: Cell)]
  ) throws -> Cell? {
    let schema = Schema(columns.enumerated().map { Field("c\($0)", $1.type, nullable: true) })
    let (cells, failures) = try evaluate(expression, schema, [columns.map(\.cell)])
    return failures.isEmpty ? .some(cells[0]) : .none
  }

  @Test func `decimals are rounded, cast and compared as Python's decimal module does it`() throws {
    let vectors = try lines("rounding.tsv")
    #expect(vectors.count > 1000)
    for line in vectors {
      let type = DataType.decimal(precision: Int(line[1])!, scale: Int(line[2])!)
      let value = (type, Cell.decimal(unscaled: Int128(line[3])!, scale: Int(line[2])!))
      let operand = column("c0", type)
      var expected: Cell?
      var result: Cell?
      switch line[0] {
      case "cast":
        let target = DataType.decimal(precision: Int(line[4])!, scale: Int(line[5])!)
        expected = Int128(line[6]).map { Cell.decimal(unscaled: $0, scale: Int(line[5])!) }
        result = try computed(cast(operand, target), [value])
      case "compare":
        let other = DataType.decimal(precision: Int(line[1])!, scale: Int(line[4])!)
        // As the checker widens them; what has no common type it refuses.
        let (low, high) = (min(Int(line[2])!, Int(line[4])!), max(Int(line[2])!, Int(line[4])!))
        guard Int(line[1])! - low + high <= 38 else { continue }
        let common = DataType.decimal(precision: 38, scale: high)
        let cell = Cell.decimal(unscaled: Int128(line[5])!, scale: Int(line[4])!)
        for (name, holds) in [("less", -1), ("equal", 0), ("greater", 1)] {
          let comparison = call(
            name, .bool, cast(operand, common), cast(column("c1", other), common))
          let found = try computed(comparison, [value, (other, cell)])
          #expect(found == .bool(Int(line[6]) == holds), "\(name) \(line)")
        }
        continue
      default:
        let digits = Int64(line[4])!
        let target = DecimalRules.rounded(type, to: Int(digits))
        let isPlain = line[0] == "ceil" || line[0] == "floor"
        let rounding =
          isPlain ? call(line[0], target, operand) : call(line[0], target, operand, literal(digits))
        expected = .decimal(unscaled: Int128(line[6])!, scale: Int(line[5])!)
        result = try computed(rounding, [value])
      }
      #expect(result == expected, "\(line)")
    }
  }

  @Test func `clocks of zones and what begins in them are as Python's zoneinfo has them`() throws {
    let vectors = try lines("zones.tsv")
    #expect(vectors.count > 1000)
    for line in vectors {
      let rules = try #require(TimeZoneRules.named(line[0]))
      let argument = Int64(line[2])!
      let expected = Int64(line[3])!
      switch line[1] {
      case "local": #expect(rules.local(argument) == expected, "\(line)")
      case "moment": #expect(rules.moment(ofLocal: argument) == expected, "\(line)")
      default:
        let cut = call(
          "date_trunc", .timestamp, literal(line[1]), column("c0", .timestamp), literal(line[0]))
        #expect(try computed(cut, [(.timestamp, .int(argument))]) == .int(expected), "\(line)")
      }
    }
  }
}
