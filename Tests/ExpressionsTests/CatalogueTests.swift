import Columns
import Expressions
import Plans
import Schemas
import TestKit
import Testing

@Suite("The catalogue and its kernels")
struct CatalogueTests {
  /// Types for the parameters of a signature, and constants where it wants them.
  private func operands(
    _ signature: FunctionSignature, count: Int, common: DataType, number: DataType
  ) -> [Expression] {
    (0..<count).map { index in
      switch signature.parameter(at: index) {
      case .value(let type)?: column("c_\(type)", type)
      case .number?: column("c_\(number)", number)
      case .common?: column("c_\(common)", common)
      case .constantText?: literal(constant(signature, index))
      case .choice(let choices)?: literal(choices[0])
      case .constantInt?: literal(constantInt(signature.name))
      case nil: literal(0)
      }
    }
  }

  private func constantInt(_ name: String) -> Int64 {
    switch name {
    case "regexp_extract": 0
    case "sha2": 512
    default: 3
    }
  }

  private func constant(_ signature: FunctionSignature, _ index: Int) -> String {
    let name =
      signature.name.hasPrefix("try_") ? String(signature.name.dropFirst(4)) : signature.name
    if name.hasPrefix("json_") { return "$.a" }
    let isText = signature.parameters.first == .value(.string)
    switch (name, index) {
    case ("to_date", 1) where !isText: return "UTC"
    case ("date_format", 1), ("to_timestamp", 1), ("to_date", 1), ("from_unixtime", 1),
      ("unix_timestamp", 1):
      return "yyyy-MM-dd"
    case ("like", _), ("matches", _), ("regexp_extract", _), ("regexp_replace", _),
      ("regexp_count", _), ("regexp_instr", _):
      return "a"
    case ("parse_url", _): return "key"
    default: return "UTC"
    }
  }

  private static let scalars: [DataType] = [
    .bool, .int, .float, .decimal(precision: 12, scale: 2), .string, .bytes, .timestamp, .date,
    .duration, .json,
  ]

  /// The result's type; where a rule would compute it, one that fits every kernel.
  private func result(_ signature: FunctionSignature, _ operands: [Expression]) -> DataType {
    switch signature.result {
    case .type(let type): return type
    case .common: return operands.last?.type ?? .unknown
    case .quotient where operands[0].type == .int: return .float
    case .first, .sum, .product, .quotient, .remainder, .integral, .rounded:
      return operands[0].type
    }
  }

  @Test("Every signature of the catalogue has a kernel that runs, on nulls and on values")
  func kernels() throws {
    var calls = 0
    for signature in FunctionCatalogue.signatures {
      for common in Self.scalars {
        for number in Self.scalars where number.isNumeric {
          let least = signature.parameters.count - signature.optionalCount
          for count in least...(signature.parameters.count + (signature.isVariadic ? 2 : 0)) {
            let operands = operands(signature, count: count, common: common, number: number)
            #expect(signature.matches(operands.map(\.type)), "\(signature.name)")
            let expression = Expression(
              .call(signature.name, operands),
              FieldType(result(signature, operands), nullable: true))
            try run(expression)
            calls += 1
          }
          if !signature.parameters.contains(.number) { break }
        }
        if !signature.parameters.contains(.common) { break }
      }
    }
    #expect(calls > FunctionCatalogue.signatures.count)
  }

  @Test("Every cast of the rules has a kernel, and no other")
  func casts() throws {
    for source in Self.scalars {
      for target in Self.scalars + [.decimal(precision: 38, scale: 10)] {
        let expression = cast(column("c_\(source)", source), target)
        if CastRules.verdict(from: source, to: target) == .impossible {
          #expect(throws: BindingError.noCast(from: source, to: target)) { try run(expression) }
        } else {
          try run(expression)
        }
      }
    }
  }

  /// One row of nulls, and one of values as good as any.
  private func run(_ expression: Expression) throws {
    let values: [DataType: Cell] = [
      .bool: true, .int: 2, .float: 1.5, .decimal(precision: 12, scale: 2): "1.50",
      .string: "true", .bytes: "x", .timestamp: 5, .date: 3, .duration: 7, .json: "{\"a\":1}",
    ]
    let fields = Self.scalars.map { Field("c_\($0)", $0, nullable: true) }
    let schema = Schema(fields)
    let row = Self.scalars.map { values[$0] ?? .null }
    let nulls = Self.scalars.map { _ in Cell.null }
    let bound = try BoundExpression(expression, schema: schema)
    let result = bound.evaluate(Batch(schema, [row, nulls, row]))
    #expect(result.column.type == expression.type)
    #expect(result.column.rowCount == 3)
    // As text, for NaN equals nothing.
    #expect("\(result.column.cell(0))" == "\(result.column.cell(2))")
    #expect(result.failures.allSatisfy { $0.row != 1 })
  }
}
