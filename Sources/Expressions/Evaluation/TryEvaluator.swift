import Columns
import Plans
import Schemas

/// `try_f(…)`: what `f` gives, and null where `f` itself would fail the row. What fails in its
/// arguments still does.
final class TryEvaluator: CallEvaluator {
  /// Reads the arguments' columns by their places.
  private let inner: Evaluator

  init(_ call: Call, of name: String) throws(BindingError) {
    var slots: [Evaluator] = []
    for (index, argument) in call.arguments.enumerated() {
      slots.append(argument.constant ?? ColumnReader(index: index, argument.type))
    }
    let plain = Call(name: name, arguments: slots, types: call.types, result: call.result)
    inner = try KernelTable.bind(plain)
    let nulls = FunctionCatalogue.signature(of: name, types: call.types)?.nulls
    super.init(
      call.result, call.arguments, strict: nulls == .propagates ? nil : 0, canFail: false,
      cost: inner.cost)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    // A row that fails is null in the result; that it failed is forgotten with this frame.
    let frame = Frame(columns: arguments, rowCount: rows.rowCount)
    return inner.evaluate(frame, rows.selection)
  }
}
