import Columns
import Schemas

/// `if` and `case`: the first branch whose condition is true. Each condition and value is evaluated
/// only for the rows that come to it.
final class BranchEvaluator: Evaluator {
  private let branches: [(condition: Evaluator, value: Evaluator)]
  private let otherwise: Evaluator?
  /// Whether a branch that all rows come to is the result as it is.
  private let isOfOneType: Bool

  init(
    _ branches: [(Evaluator, Evaluator)], otherwise: Evaluator?, _ type: DataType
  ) {
    self.branches = branches.map { (condition: $0.0, value: $0.1) }
    self.otherwise = otherwise
    isOfOneType = branches.allSatisfy { $0.1.type == type } && otherwise?.type ?? type == type
    super.init(type)
  }

  override var isInfallible: Bool {
    branches.allSatisfy { $0.condition.isInfallible && $0.value.isInfallible }
      && otherwise?.isInfallible ?? true
  }

  override var cost: Int {
    branches.reduce(2 + (otherwise?.cost ?? 0)) { $0 + $1.condition.cost + $1.value.cost }
  }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    var merge = Merge(type, rowCount: frame.rowCount)
    var left = selection ?? .all(frame.rowCount)
    for branch in branches where left.count > 0 {
      let failedBefore = frame.failures.count
      let taken = branch.condition.select(frame, left)
      if isWhole(taken, frame) { return branch.value.evaluate(frame, nil) }
      left = left.without(taken, failures: frame.failures[failedBefore...])
      if taken.count > 0 { merge.take(branch.value.evaluate(frame, taken), taken) }
    }
    if let otherwise, isWhole(left, frame) { return otherwise.evaluate(frame, nil) }
    if let otherwise, left.count > 0 { merge.take(otherwise.evaluate(frame, left), left) }
    return merge.finish(RowSet(rowCount: frame.rowCount, selection: selection))
  }

  private func isWhole(_ rows: Selection, _ frame: Frame) -> Bool {
    isOfOneType && rows.count == frame.rowCount && rows.count > 0
  }
}

/// `??`: the first value that is not null; a later one is evaluated only where all earlier are.
final class CoalesceEvaluator: Evaluator {
  private let operands: [Evaluator]

  init(_ operands: [Evaluator], _ type: DataType) {
    self.operands = operands
    super.init(type)
  }

  override var isInfallible: Bool { operands.allSatisfy(\.isInfallible) }
  override var cost: Int { operands.reduce(2) { $0 + $1.cost } }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    guard let first = operands.first?.evaluate(frame, selection) else {
      return Column(type, nulls: frame.rowCount)
    }
    guard first.hasNulls, operands.count > 1 else { return first }
    var merge = Merge(type, rowCount: frame.rowCount)
    var left = selection ?? .all(frame.rowCount)
    for (index, operand) in operands.enumerated() where left.count > 0 {
      let failedBefore = frame.failures.count
      let column = index == 0 ? first : operand.evaluate(frame, left)
      let known = left.where(column.validity)
      merge.take(column, known)
      left = left.without(known, failures: frame.failures[failedBefore...])
    }
    return merge.finish(RowSet(rowCount: frame.rowCount, selection: selection))
  }
}

extension Selection {
  static func all(_ rowCount: Int) -> Selection {
    let all = Selection(capacity: rowCount)
    for row in 0..<rowCount { all.rows[row] = UInt32(truncatingIfNeeded: row) }
    all.count = rowCount
    return all
  }

  /// The rows whose byte is 1; all where there are no bytes.
  func `where`(_ mask: UnsafeMutablePointer<UInt8>?) -> Selection {
    guard let mask else { return self }
    return Selection(mask: mask, of: self)
  }

  /// The rows that are neither among the others, which are a part of these, nor failed.
  func without(_ others: Selection, failures: ArraySlice<RowFailure>) -> Selection {
    let failed = Set(failures.map(\.row))
    let result = Selection(capacity: count)
    var next = 0
    var kept = 0
    for k in 0..<count {
      let row = rows[k]
      if next < others.count, others.rows[next] == row {
        next &+= 1
      } else if failed.isEmpty || !failed.contains(Int(row)) {
        result.rows[kept] = row
        kept &+= 1
      }
    }
    result.count = kept
    return result
  }
}
