import Columns
import Schemas

/// `+`, `-` and `*` of decimals whose result has a type wide enough for every value of theirs: a
/// loop without a test, where `DecimalFunction` looks at each row.
final class ExactDecimalArithmetic: CallEvaluator {
  private let operation: DecimalFunction.Operation
  private let scaleA: Int128
  private let scaleB: Int128
  private let areWords: Bool

  /// Nil where a result may overflow or is rounded, and for other operations.
  init?(
    _ operation: DecimalFunction.Operation, _ types: [DataType], _ result: DataType,
    _ arguments: [Evaluator]
  ) {
    guard case .decimal(let p, let s) = types[0], case .decimal(let q, let t) = types[1],
      case .decimal(let digits, let scale) = result
    else { return nil }
    let (needed, exact) =
      switch operation {
      case .add, .subtract: (max(p - s, q - t) + max(s, t) + 1, max(s, t))
      case .multiply: (p + q, s + t)
      case .divide, .modulo: (Int.max, 0)
      }
    guard needed <= digits, digits <= 38, exact == scale else { return nil }
    self.operation = operation
    scaleA = PowersOfTen.power(max(s, t) - s)
    scaleB = PowersOfTen.power(max(s, t) - t)
    areWords = p <= 18 && q <= 18
    super.init(result, arguments, canFail: false, cost: 1)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    let out = Column.strict(type, over: arguments, rowCount: rows.rowCount)
    let a = UnsafePointer(arguments[0].decimals), b = UnsafePointer(arguments[1].decimals)
    switch operation {
    case .add:
      DecimalKernels.add(a, b, scaleA: scaleA, scaleB: scaleB, to: out.decimals, rows)
    case .subtract:
      DecimalKernels.subtract(a, b, scaleA: scaleA, scaleB: scaleB, to: out.decimals, rows)
    default:
      DecimalKernels.multiply(a, b, areWords: areWords, to: out.decimals, rows)
    }
    return out
  }
}
