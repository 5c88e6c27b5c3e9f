package import Expressions
import Columns
import Plans
import Schemas

/// A function of this program that a definition can call: a closure over columns, which computes
/// the rows of a whole batch at a time.
///
/// A parameter whose type is no optional is never given a null: the row's result is null without
/// asking. The closure is called by several threads at a time, must depend on its arguments alone
/// (after a crash rows are computed again), and gives a value for each row. What it throws fails
/// all rows of the batch, which go the way of the stage's `on_error`.
public struct Function: Sendable {
  public let name: String
  package let foreign: ForeignFunction

  /// `Function("score") { (text: Values<String>, weight: Values<Double>) -> [Double] in … }`
  public init<each Argument: ColumnValue, Result: ColumnValue>(
    _ name: String, _ documentation: String = "",
    _ body: @escaping @Sendable (repeat Values<each Argument>) throws -> [Result]
  ) {
    var types: [FieldType] = []
    repeat types.append((each Argument).cells.type)
    let result = Result.cells
    let strict = types.map { !$0.isNullable }
    self.name = name
    foreign = ForeignFunction(
      signature: FunctionSignature(
        name, types.map { .value($0.type) }, .type(result.type.type),
        nulls: Self.nulls(strict, result.type), fails: .never, documentation),
      isStrict: strict
    ) { columns, _ in
      var arguments = columns[...]
      let results = try body(repeat Values<each Argument>(arguments.removeFirst()))
      let builder = ColumnBuilder(result.type.type, capacity: max(results.count, 1))
      for value in results { result.append(value, builder) }
      return builder.finish()
    }
  }

  private static func nulls(
    _ strict: [Bool], _ result: FieldType
  ) -> FunctionSignature.NullRule {
    if result.isNullable { return .alwaysNullable }
    if strict.allSatisfy({ $0 }) { return .propagates }
    return strict.contains(true) ? .alwaysNullable : .never
  }
}
