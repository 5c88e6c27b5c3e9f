import Columns
import Schemas

/// Compares columns of one type.
enum Comparing {
  static func compare(
    _ a: Column, _ b: Column, _ how: Comparison, to out: UnsafeMutablePointer<UInt8>,
    _ rows: RowSet
  ) {
    switch a.type {
    case .bool: CompareKernels.compare(a.bools, b.bools, how, to: out, rows)
    case .float: CompareKernels.compare(a.floats, b.floats, how, to: out, rows)
    case .decimal: CompareKernels.compare(a.decimals, b.decimals, how, to: out, rows)
    case .string, .bytes, .json, .list, .map, .structure:
      guard let x = TextReader(a), let y = TextReader(b) else { return }
      // Only rows with values: text under a row that nobody asked for has no bounds.
      CompareKernels.compare(x, y, how, to: out, rows)
    default: CompareKernels.compare(a.ints, b.ints, how, to: out, rows)
    }
  }
}

/// The six comparisons. Text against a constant is tested eight bytes at a time, and straight into
/// a selection.
final class CompareEvaluator: CallEvaluator {
  private let how: Comparison
  private let needle: TextNeedle?

  init(_ how: Comparison, _ a: Evaluator, _ b: Evaluator) {
    // A constant comes second.
    let swaps = a.constant != nil && b.constant == nil
    self.how = swaps ? how.mirrored : how
    let (first, second) = swaps ? (b, a) : (a, b)
    let isEquality = how == .equal || how == .notEqual
    needle = isEquality ? second.constant?.textBytes.map(TextNeedle.init) : nil
    let cost = first.type.isText ? (needle == nil ? 5 : 2) : 1
    super.init(.bool, [first, second], canFail: false, cost: cost)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    let out = Column.strict(.bool, over: arguments, rowCount: rows.rowCount)
    if let needle, !arguments[0].isDictionary {
      needle.matches(arguments[0], to: out.bools, rows)
      if how == .notEqual {
        LogicKernels.invert(out.bools, to: out.bools, rowCount: rows.rowCount)
      }
    } else {
      Comparing.compare(arguments[0], arguments[1], how, to: out.bools, rows)
    }
    return out
  }

  override func select(_ frame: Frame, _ selection: Selection?) -> Selection {
    guard let needle, how == .equal, let reader = arguments.first as? ColumnReader else {
      return super.select(frame, selection)
    }
    let column = reader.evaluate(frame, selection)
    let rows = RowSet(rowCount: frame.rowCount, selection: selection)
    // A dictionary with more entries than there are rows is not worth searching whole.
    let entryCount = column.dictionary?.rowCount ?? 0
    guard !column.hasNulls, entryCount <= rows.count else { return super.select(frame, selection) }
    return withExtendedLifetime(column) { needle.select(column, rows) }
  }
}
