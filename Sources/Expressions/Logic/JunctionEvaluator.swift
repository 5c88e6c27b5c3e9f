import Columns
import Schemas

/// `and` and `or` of several operands, three-valued. A later operand is evaluated only for rows
/// that the earlier left undecided, unless it can't fail and costs less than finding those rows.
final class JunctionEvaluator: Evaluator {
  private let operands: [Evaluator]
  private let isAnd: Bool

  init(_ operands: [Evaluator], isAnd: Bool) {
    self.operands = isAnd ? Self.cheapFirst(Self.flat(operands, isAnd)) : Self.flat(operands, isAnd)
    self.isAnd = isAnd
    super.init(.bool)
  }

  override var isInfallible: Bool { operands.allSatisfy(\.isInfallible) }
  override var cost: Int { operands.reduce(1) { $0 + $1.cost } }

  /// `a and (b and c)` as `a and b and c`.
  private static func flat(_ operands: [Evaluator], _ isAnd: Bool) -> [Evaluator] {
    operands.flatMap { operand in
      if let inner = operand as? JunctionEvaluator, inner.isAnd == isAnd { return inner.operands }
      return [operand]
    }
  }

  /// Cheap operands to the front, but none past one that can fail: whether a row fails must not
  /// depend on the order chosen here.
  private static func cheapFirst(_ operands: [Evaluator]) -> [Evaluator] {
    var result: [Evaluator] = []
    var run: [Evaluator] = []
    func closeRun() {
      let order = run.indices.sorted { (run[$0].cost, $0) < (run[$1].cost, $1) }
      result += order.map { run[$0] }
      run = []
    }
    for operand in operands {
      if operand.isInfallible {
        run.append(operand)
      } else {
        closeRun()
        result.append(operand)
      }
    }
    closeRun()
    return result
  }

  override func select(_ frame: Frame, _ selection: Selection?) -> Selection {
    guard isAnd, let first = operands.first else { return super.select(frame, selection) }
    var kept = first.select(frame, selection)
    for operand in operands.dropFirst() where kept.count > 0 {
      kept = operand.select(frame, kept)
    }
    return kept
  }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    let rowCount = frame.rowCount
    let out = Column(fixed: .bool, rowCount: rowCount, withValidity: true)
    guard let valid = out.validity else { return out }
    var rows = RowSet(rowCount: rowCount, selection: selection)
    // Nothing is decided yet: true is neutral for `and`, false for `or`.
    out.bools.initialize(repeating: isAnd ? 1 : 0, count: rowCount)
    valid.initialize(repeating: 1, count: rowCount)
    var hasNulls = false
    for (index, operand) in operands.enumerated() {
      let isBlind = operand.isInfallible && operand.cost <= 3
      if index > 0, !isBlind {
        rows = RowSet(rowCount: rowCount, selection: undecided(out, rows))
        if rows.count == 0 { break }
      }
      let column = operand.evaluate(frame, rows.selection)
      hasNulls = hasNulls || column.hasNulls
      withExtendedLifetime(column) { combine(out, column, valid, rows) }
    }
    if !hasNulls { out.dropValidity() }
    return out
  }

  private func combine(
    _ out: Column, _ column: Column, _ valid: UnsafeMutablePointer<UInt8>, _ rows: RowSet
  ) {
    if isAnd {
      LogicKernels.and(
        out.bools, valid: valid, column.bools, valid: column.validity, to: out.bools,
        valid: valid, rows)
    } else {
      LogicKernels.or(
        out.bools, valid: valid, column.bools, valid: column.validity, to: out.bools,
        valid: valid, rows)
    }
  }

  /// The rows that are null or have the neutral value.
  private func undecided(_ out: Column, _ rows: RowSet) -> Selection {
    let result = Selection(capacity: rows.count)
    let kept = result.rows
    let values = out.bools
    let neutral: UInt8 = isAnd ? 1 : 0
    var count = 0
    if let valid = out.validity {
      rows.eachRow { row in
        kept[count] = UInt32(truncatingIfNeeded: row)
        count &+= values[row] == neutral || valid[row] == 0 ? 1 : 0
      }
    }
    result.count = count
    return result
  }
}

/// `not`: null stays null.
final class NotEvaluator: CallEvaluator {
  init(_ operand: Evaluator) { super.init(.bool, [operand], canFail: false, cost: 1) }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    let out = Column.strict(.bool, over: arguments, rowCount: rows.rowCount)
    LogicKernels.invert(arguments[0].bools, to: out.bools, rowCount: rows.rowCount)
    return out
  }
}

/// `is null`: never null.
final class IsNullEvaluator: Evaluator {
  private let operand: Evaluator

  init(_ operand: Evaluator) {
    self.operand = operand
    super.init(.bool)
  }

  override var isInfallible: Bool { operand.isInfallible }
  override var cost: Int { operand.cost + 1 }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    let column = operand.evaluate(frame, selection)
    let out = Column(fixed: .bool, rowCount: frame.rowCount)
    if let validity = column.validity {
      LogicKernels.invert(validity, to: out.bools, rowCount: frame.rowCount)
    } else {
      out.bools.initialize(repeating: 0, count: frame.rowCount)
    }
    return withExtendedLifetime(column) { out }
  }
}
