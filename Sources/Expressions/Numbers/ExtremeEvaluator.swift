import Columns
import Schemas

/// `greatest` and `least`: null if one argument is null.
final class ExtremeEvaluator: CallEvaluator {
  private let how: Comparison

  init(greatest: Bool, _ type: DataType, _ arguments: [Evaluator]) {
    how = greatest ? .greater : .less
    super.init(type, arguments, canFail: false, cost: 3 * arguments.count)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    let common = CommonValidity(arguments, rowCount: rows.rowCount)
    let all = rows.selection ?? .all(rows.rowCount)
    let known = common.bytes.map { Selection(mask: $0, of: all) } ?? all
    let set = RowSet(rowCount: rows.rowCount, selection: known)
    let wins = Column(fixed: .bool, rowCount: rows.rowCount)
    guard var best = arguments.first else { return Column(type, nulls: rows.rowCount) }
    for candidate in arguments.dropFirst() {
      Comparing.compare(candidate, best, how, to: wins.bools, set)
      let winners = Selection(mask: wins.bools, of: known)
      var merge = Merge(type, rowCount: rows.rowCount)
      merge.take(candidate, winners)
      merge.take(best, known.without(winners, failures: []))
      best = merge.finish(rows)
    }
    return withExtendedLifetime((common, wins)) { best }
  }
}
