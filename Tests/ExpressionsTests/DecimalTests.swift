import Columns
import Expressions
import Foundation
import Plans
import Schemas
import TestKit
import Testing

@Suite("Decimals")
struct DecimalTests {
  private func fixture(_ file: StaticString = #filePath) throws -> [[String]] {
    let path = URL(fileURLWithPath: "\(file)").deletingLastPathComponent()
      .appendingPathComponent("../Golden/Values/arithmetic.tsv")
    return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: "\t").map(String.init)
    }
  }

  private func run(
    _ expression: Plans.Expression, _ columns: [(DataType, Int128)]
  ) throws -> (Cell, [RowFailure]) {
    let schema = Schema(columns.enumerated().map { Field("c\($0)", $1.0, nullable: true) })
    let row = columns.map { Cell.decimal(unscaled: $1, scale: scale($0)) }
    let (cells, failures) = try evaluate(expression, schema, [row])
    return (cells[0], failures)
  }

  private func scale(_ type: DataType) -> Int {
    if case .decimal(_, let scale) = type { return scale }
    return 0
  }

  @Test("Arithmetic gives SQL's types and what Python's decimal module computes, or fails the row")
  func arithmetic() throws {
    for line in try fixture() {
      let left = DataType.decimal(precision: Int(line[1])!, scale: Int(line[2])!)
      let right = DataType.decimal(precision: Int(line[4])!, scale: Int(line[5])!)
      let result = DataType.decimal(precision: Int(line[7])!, scale: Int(line[8])!)
      let rule =
        switch line[0] {
        case "multiply": DecimalRules.product(left, right)
        case "divide": DecimalRules.quotient(left, right)
        case "modulo": DecimalRules.remainder(left, right)
        default: DecimalRules.sum(left, right)
        }
      #expect(rule == result, "\(line)")
      let expression = call(line[0], result, column("c0", left), column("c1", right))
      let (cell, failures) = try run(
        expression, [(left, Int128(line[3])!), (right, Int128(line[6])!)])
      if line[9] == "fail" {
        #expect(cell == .null && failures.count == 1, "\(line)")
      } else {
        let expected = Cell.decimal(unscaled: Int128(line[9])!, scale: Int(line[8])!)
        #expect(cell == expected && failures.isEmpty, "\(line)")
      }
    }
  }

  @Test("Rounding goes half away from zero, at any digit")
  func rounding() throws {
    let type = DataType.decimal(precision: 12, scale: 3)
    func round(_ name: String, _ value: Int128, _ digits: Int64) throws -> Cell {
      let result = DecimalRules.rounded(type, to: Int(digits))
      return try run(call(name, result, column("c0", type), literal(digits)), [(type, value)]).0
    }
    for (value, digits, rounded, cut, scale) in [
      (2345, 2, 235, 234, 2), (-2345, 2, -235, -234, 2), (2344, 2, 234, 234, 2),
      (1500, 0, 2, 1, 0), (-1500, 0, -2, -1, 0), (15_000, -1, 20, 10, 0), (2345, 5, 2345, 2345, 3),
      (999_999, -3, 1000, 0, 0), (4, -9, 0, 0, 0),
    ] as [(Int128, Int64, Int128, Int128, Int)] {
      #expect(try round("round", value, digits) == .decimal(unscaled: rounded, scale: scale))
      #expect(try round("truncate", value, digits) == .decimal(unscaled: cut, scale: scale))
    }
    let whole = DecimalRules.rounded(type, to: 0)
    for (value, up, down) in [(1001, 2, 1), (-1001, -1, -2), (1000, 1, 1), (0, 0, 0)]
      as [(Int128, Int128, Int128)]
    {
      #expect(
        try run(call("ceil", whole, column("c0", type)), [(type, value)]).0
          == .decimal(unscaled: up, scale: 0))
      #expect(
        try run(call("floor", whole, column("c0", type)), [(type, value)]).0
          == .decimal(unscaled: down, scale: 0))
    }
  }

  @Test("Floats and ints round by their digits as they read")
  func otherRounding() throws {
    let schema = Schema([Field("f", .float), Field("i", .int)])
    func round(_ name: String, _ value: Cell, _ digits: Int64, _ type: DataType) throws -> Cell {
      let operand = column(type == .float ? "f" : "i", type)
      let row: [Cell] = type == .float ? [value, 0] : [0.0, value]
      let (cells, failures) = try evaluate(
        call(name, type, operand, literal(digits)), schema, [row])
      if let failure = failures.first { throw failure }
      return cells[0]
    }
    #expect(try round("round", 2.345, 2, .float) == 2.35)
    #expect(try round("round", -2.5, 0, .float) == -3.0)
    #expect(try round("truncate", 2.349, 2, .float) == 2.34)
    #expect(try round("round", 1250.0, -2, .float) == 1300.0)
    #expect(try round("round", 1250, -2, .int) == 1300)
    #expect(try round("truncate", -1250, -2, .int) == -1200)
    #expect(try round("round", 1250, 2, .int) == 1250)
    #expect(try round("round", 4_999_999_999_999_999_999, -19, .int) == 0)
    #expect(throws: RowFailure.self) { try round("round", .int(.max), -1, .int) }
    #expect(throws: RowFailure.self) { try round("round", .int(.min), -19, .int) }
  }

  @Test("Casts among numbers round, cut or fail as the language says")
  func casts() throws {
    let schema = Schema([
      Field("f", .float), Field("d", .decimal(precision: 12, scale: 3)), Field("s", .string),
    ])
    let d = DataType.decimal(precision: 12, scale: 3)
    func convert(_ name: String, _ from: DataType, _ to: DataType, _ row: [Cell]) throws -> Cell {
      let (cells, failures) = try evaluate(cast(column(name, from), to), schema, [row])
      if let failure = failures.first { throw failure }
      return cells[0]
    }
    #expect(try convert("f", .float, .int, [-2.9, "0", ""]) == -2)
    #expect(try convert("d", d, .int, [0.0, "2.500", ""]) == 2)
    #expect(try convert("d", d, .int, [0.0, "-2.500", ""]) == -2)
    #expect(try convert("d", d, .float, [0.0, "0.100", ""]) == 0.1)
    #expect(try convert("d", d, .string, [0.0, "-0.100", ""]) == "-0.100")
    let money = DataType.decimal(precision: 4, scale: 2)
    #expect(
      try convert("f", .float, money, [0.285, "0", ""]) == .decimal(unscaled: 29, scale: 2))
    #expect(
      try convert("s", .string, money, [0, "0", " 99.994 "]) == .decimal(unscaled: 9999, scale: 2))
    for (name, from, to, row) in [
      ("s", .string, money, [0, "0", "99.995"]), ("f", .float, money, [100.0, "0", ""]),
      ("f", .float, .int, [1e19, "0", ""]), ("f", .float, .int, [.float(.nan), "0", ""]),
      ("d", d, money, [0, "100.000", ""]), ("s", .string, .timestamp, [0, "0", "soon"]),
    ] as [(String, DataType, DataType, [Cell])] {
      #expect(throws: RowFailure.self, "\(row)") { try convert(name, from, to, row) }
    }
    let failure = #expect(throws: RowFailure.self) {
      try convert("s", .string, .int, [0, "0", "1.0"])
    }
    #expect(failure?.reason.description == "`1.0` is no int")
  }
}
