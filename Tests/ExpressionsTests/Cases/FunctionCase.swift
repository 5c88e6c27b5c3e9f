import Columns
import Compiler
import Diagnostics
import Expressions
import Plans
import Schemas
import TestKit

/// One expression of the language: checked by the real checker, computed by the real kernels.
///
/// Literals come from the columns of a batch of one row, but for arguments that must be known
/// beforehand, so that nothing is computed before the row.
struct FunctionCase {
  private let text: String

  init(_ text: String) { self.text = text }

  /// `"abc": string`, `row fails: …`, or `error[E0202]: …`.
  var outcome: String {
    let compilation = DefinitionCompiler.compile(
      file: SourceFile(path: "case.raudal", text: source), constants: .kernels)
    if compilation.hasErrors {
      let errors = compilation.diagnostics.filter { $0.severity == .error }
      return errors.map { "error[\($0.code)]: \($0.title): \($0.primary.text)" }
        .joined(separator: "; ")
    }
    guard let expression = value(of: compilation) else { return "there is no value" }
    do {
      return try run(expression)
    } catch {
      return "can't be bound: \(error)"
    }
  }

  private var source: String {
    """
    pipeline cases
    type Row { unused: int }
    source rows: Row from memory
    stream out = rows | map { value = \(text) }
    sink out to print
    """
  }

  private func value(of compilation: Compilation) -> Expression? {
    for node in compilation.logical?.nodes ?? [] {
      if case .project(let columns) = node.kind { return columns.first?.expression }
    }
    return nil
  }

  private func run(_ expression: Expression) throws(BindingError) -> String {
    var row = LiteralRow()
    let lifted = row.lift(expression)
    let shown = cast(lifted, .string)
    let isText = expression.type == .string || expression.type == .bytes
    let batch = Batch(Schema(row.fields), [row.cells])
    let result = try BoundExpression(isText ? lifted : shown, schema: batch.schema).evaluate(batch)
    if let failure = result.failures.first { return "row fails: \(failure.reason)" }
    return "\(Self.text(result.column.cell(0), expression.type)): \(expression.fieldType)"
  }

  private static func text(_ cell: Cell, _ type: DataType) -> String {
    switch (cell, type) {
    case (.null, _): return "null"
    case (.text(let text), .bytes): return "bytes \(Array(text.utf8).map(hex).joined())"
    case (.bytes(let bytes), _): return "bytes \(bytes.map(hex).joined())"
    case (.text(let text), .string):
      let shown = text.count > 200 ? "\(text.prefix(20))… of \(text.count) characters" : text
      return "\"" + shown.map(escaped).joined() + "\""
    case (.text(let text), _): return text
    default: return "\(cell)"
    }
  }

  private static func hex(_ byte: UInt8) -> String {
    byte < 16 ? "0\(String(byte, radix: 16))" : String(byte, radix: 16)
  }

  private static func escaped(_ character: Character) -> String {
    switch character {
    case "\n": "\\n"
    case "\t": "\\t"
    case "\"": "\\\""
    case "\\": "\\\\"
    case let other where other.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }:
      other.unicodeScalars.map { "\\u{\(String($0.value, radix: 16))}" }.joined()
    default: String(character)
    }
  }
}

/// The literals of an expression as a row of columns, and the expression over them.
private struct LiteralRow {
  private(set) var fields = [Field("unused", .int)]
  private(set) var cells: [Cell] = [0]

  mutating func lift(_ expression: Expression) -> Expression {
    switch expression.node {
    case .literal(let literal): return add(literal, expression.fieldType) ?? expression
    case .call(let name, let operands):
      let signature = FunctionCatalogue.signature(of: name, types: operands.map(\.type))
      let lifted = operands.enumerated().map { index, operand in
        switch signature?.parameter(at: index) {
        case .constantText?, .constantInt?, .choice?: operand
        default: lift(operand)
        }
      }
      return Expression(.call(name, lifted), expression.fieldType)
    case .cast(let operand, let isTry):
      return Expression(.cast(lift(operand), isTry: isTry), expression.fieldType)
    default: return expression
    }
  }

  private mutating func add(_ literal: Literal, _ type: FieldType) -> Expression? {
    guard let cell = Self.cell(literal) else { return nil }
    let field = Field("c\(fields.count)", type.type, nullable: type.isNullable)
    fields.append(field)
    cells.append(cell)
    return .column(field)
  }

  private static func cell(_ literal: Literal) -> Cell? {
    switch literal {
    case .null: .null
    case .bool(let value): .bool(value)
    case .int(let value), .timestamp(let value), .date(let value), .duration(let value): .int(value)
    case .float(let value): .float(value)
    case .decimal(let unscaled, let scale): .decimal(unscaled: unscaled, scale: scale)
    case .string(let text): .text(text)
    case .bytes(let bytes): .bytes(bytes)
    default: nil
    }
  }
}
