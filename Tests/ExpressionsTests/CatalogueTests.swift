import Columns
import Expressions
import Plans
import Schemas
import TestKit
import Testing

@Suite("The catalogue and its kernels")
struct CatalogueTests {
  /// Types for the parameters of a signature, and constants where it wants them.
  func operands(
    _ signature: FunctionSignature, count: Int, common: DataType, number: DataType
  ) -> [Expression] {
    (0..<count).map { index in
      switch signature.parameter(at: index) {
      case .value(let type)? where type.isNested: empty(type)
      case .value(let type)?: column("c_\(type)", type)
      case .list?, .orderedList?: list(of: common)
      case .numberList?: list(of: number)
      case .element?: column("c_\(common)", common)
      case .map?: empty(.map(FieldType(common, nullable: true)))
      case .number?: column("c_\(number)", number)
      case .common?, .anything?: column("c_\(common)", common)
      case .constantText?, .setting?: literal(constant(signature, index))
      case .choice(let choices)?: literal(choices[0])
      case .constantInt?: literal(constantInt(signature.name))
      case nil: literal(0)
      }
    }
  }

  /// A list of a column that is null in one row.
  private func list(of type: DataType) -> Expression {
    let element = FieldType(type, nullable: true)
    return Expression(.list([column("c_\(type)", type)]), FieldType(.list(element)))
  }

  private func empty(_ type: DataType) -> Expression {
    Expression(
      .cast(literal(type.description.hasPrefix("map") ? "{}" : "[\"a\"]"), isTry: false),
      FieldType(type))
  }

  private func constantInt(_ name: String) -> Int64 {
    switch name {
    case "regexp_extract", "try_regexp_extract", "regexp_extract_all", "try_regexp_extract_all": 0
    case "sha2": 512
    default: 3
    }
  }

  private func constant(_ signature: FunctionSignature, _ index: Int) -> String {
    let name =
      signature.name.hasPrefix("try_") ? String(signature.name.dropFirst(4)) : signature.name
    if signature.isPaired { return "a\(index)" }
    if name.hasPrefix("json_") { return "$.a" }
    let isText = signature.parameters.first == .value(.string)
    switch (name, index) {
    case ("to_date", 1) where !isText: return "UTC"
    case ("date_format", 1), ("to_timestamp", 1), ("to_date", 1), ("from_unixtime", 1),
      ("unix_timestamp", 1):
      return "yyyy-MM-dd"
    case ("like", _), ("matches", _), ("regexp_extract", _), ("regexp_replace", _),
      ("regexp_count", _), ("regexp_instr", _), ("regexp_extract_all", _), ("similar_to", _):
      return "a"
    case ("parse_url", _): return "key"
    default: return "UTC"
    }
  }

  static let scalars: [DataType] = [
    .bool, .int, .float, .decimal(precision: 12, scale: 2), .string, .bytes, .timestamp, .date,
    .duration, .json,
  ]

  /// The result's type; where a rule would compute it, one that fits every kernel.
  func result(_ signature: FunctionSignature, _ operands: [Expression]) -> DataType {
    switch signature.result {
    case .type(let type): return type
    case .common: return operands.last?.type ?? .unknown
    case .quotient where operands[0].type == .int: return .float
    case .list, .map: return operands[0].type
    case .element, .mapValue:
      return inner(operands[0].type)
    case .elementSum:
      guard case .decimal(_, let scale) = inner(operands[0].type) else {
        return inner(operands[0].type)
      }
      return .decimal(precision: 38, scale: scale)
    case .mapValues: return .list(FieldType(inner(operands[0].type), nullable: true))
    case .mapEntries:
      let value = Field("value", inner(operands[0].type), nullable: true)
      return .list(FieldType(.structure([Field("key", .string), value])))
    case .mapOfElements: return .map(FieldType(inner(operands[1].type), nullable: true))
    case .first, .sum, .product, .quotient, .remainder, .integral, .rounded:
      return operands[0].type
    }
  }

  private func inner(_ type: DataType) -> DataType {
    switch type {
    case .list(let inner), .map(let inner): inner.type
    default: .unknown
    }
  }

  @Test("Every signature of the catalogue has a kernel that runs, on nulls and on values")
  func kernels() throws {
    var calls = 0
    for signature in FunctionCatalogue.signatures {
      for common in Self.scalars where fits(common, signature) {
        for number in Self.scalars where number.isNumeric {
          let least = signature.parameters.count - signature.optionalCount
          let most = signature.parameters.count + (signature.isVariadic ? 2 : 0)
          for count in least...most where signature.accepts(count: count) {
            let operands = operands(signature, count: count, common: common, number: number)
            #expect(signature.matches(operands.map(\.type)), "\(signature.name)")
            let expression = Expression(
              .call(signature.name, operands),
              FieldType(result(signature, operands), nullable: true))
            try run(expression)
            calls += 1
          }
          if !signature.parameters.contains(where: { [.number, .numberList].contains($0) }) {
            break
          }
        }
        if !signature.parameters.contains(where: Self.anyScalar.contains) { break }
      }
    }
    #expect(calls > FunctionCatalogue.signatures.count)
  }

  static let anyScalar: [FunctionSignature.Parameter] = [
    .common, .anything, .list, .orderedList, .element, .map,
  ]

  func fits(_ type: DataType, _ signature: FunctionSignature) -> Bool {
    type.isOrdered || !signature.parameters.contains(.orderedList)
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
