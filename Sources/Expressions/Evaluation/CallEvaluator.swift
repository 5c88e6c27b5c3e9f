import Columns
import Schemas

/// A node that computes its value from those of its arguments.
///
/// Where the only argument that is no constant comes as a dictionary column, the function is
/// applied once to each entry, and the result is spread by the codes.
class CallEvaluator: Evaluator {
  let arguments: [Evaluator]
  /// The value is null where one of so many first arguments is.
  let strictCount: Int
  private let canFail: Bool
  private let ownCost: Int

  /// `strict` nil: null where any argument is.
  init(
    _ type: DataType, _ arguments: [Evaluator], strict: Int? = nil, canFail: Bool, cost: Int
  ) {
    self.arguments = arguments
    self.canFail = canFail
    strictCount = strict ?? arguments.count
    ownCost = cost
    super.init(type)
  }

  final override var isInfallible: Bool {
    !canFail && arguments.allSatisfy(\.isInfallible)
  }

  final override var cost: Int { arguments.reduce(ownCost) { $0 + $1.cost } }

  /// The values of all rows in the set. The columns live through the call.
  func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    preconditionFailure("every call computes")
  }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    let columns = arguments.map { $0.evaluate(frame, selection) }
    let rows = RowSet(rowCount: frame.rowCount, selection: selection)
    if let lifted = evaluateOnce(columns, rows) { return lifted }
    return compute(columns, frame, rows)
  }

  /// By the entries of a dictionary; nil where that can't be or doesn't pay.
  private func evaluateOnce(_ columns: [Column], _ rows: RowSet) -> Column? {
    var varying: Int?
    for (index, argument) in arguments.enumerated() where argument.constant == nil {
      if varying != nil { return nil }
      varying = index
    }
    guard let varying, let entries = columns[varying].dictionary,
      entries.rowCount * 2 <= rows.count,
      varying < strictCount || !columns[varying].hasNulls
    else { return nil }
    let inner = arguments.enumerated().map { index, argument in
      index == varying ? entries : argument.constant?.column(rowCount: entries.rowCount) ?? entries
    }
    let frame = Frame(columns: [], rowCount: entries.rowCount)
    let results = compute(inner, frame, RowSet(rowCount: entries.rowCount))
    // An entry that no row has must not fail one: then row by row.
    guard frame.failures.isEmpty else { return nil }
    return Spread.spread(results, codes: columns[varying], rows)
  }
}

/// Makes a column of rows from one of a dictionary's entries.
enum Spread {
  /// Row *i* of the result is `results[codes[i]]`, null where the code's row is null.
  static func spread(_ results: Column, codes source: Column, _ rows: RowSet) -> Column {
    let count = rows.rowCount
    let codes = source.codes
    let withNulls = source.hasNulls || results.hasNulls
    let out: Column
    if results.type.isText {
      out = Column(
        dictionary: withoutNulls(results), rowCount: count, withValidity: withNulls)
      let target = out.codes
      if results.isDictionary {
        let map = results.codes
        rows.eachRow { target[$0] = map[Int(codes[$0])] }
      } else {
        rows.eachRow { target[$0] = codes[$0] }
      }
    } else {
      out = Column(fixed: results.type, rowCount: count, withValidity: withNulls)
      switch results.type.width {
      case 1: spread(results.bools, codes, out.bools, rows)
      case 16: spread(results.decimals, codes, out.decimals, rows)
      default: spread(results.ints, codes, out.ints, rows)
      }
    }
    if let valid = out.validity { spreadValidity(results, source, valid, rows) }
    return out
  }

  private static func spreadValidity(
    _ results: Column, _ source: Column, _ valid: UnsafeMutablePointer<UInt8>, _ rows: RowSet
  ) {
    let codes = source.codes
    if let inner = results.validity {
      spread(inner, codes, valid, rows)
    } else {
      valid.initialize(repeating: 1, count: rows.rowCount)
    }
    if let outer = source.validity { rows.eachRow { valid[$0] &= outer[$0] } }
  }

  @inline(__always)
  private static func spread<T: BitwiseCopyable>(
    _ values: UnsafePointer<T>, _ codes: UnsafePointer<UInt32>, _ out: UnsafeMutablePointer<T>,
    _ rows: RowSet
  ) { rows.eachRow { out[$0] = values[Int(codes[$0])] } }

  /// What may serve as a dictionary: plain, its nulls empty texts.
  private static func withoutNulls(_ column: Column) -> Column {
    if let dictionary = column.dictionary { return dictionary }
    guard column.hasNulls else { return column }
    let builder = ColumnBuilder(column.type, capacity: column.rowCount)
    for row in 0..<column.rowCount { builder.append(text: column.text(row)) }
    return builder.finish()
  }
}
