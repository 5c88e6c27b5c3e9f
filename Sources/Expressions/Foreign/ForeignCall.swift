import Columns
import Plans
import Schemas

/// A call of the embedding program's function: it sees the rows that count alone, side by side.
final class ForeignCall: Evaluator {
  private let function: ForeignFunction
  private let arguments: [Evaluator]

  init(_ function: ForeignFunction, _ arguments: [Evaluator], _ type: DataType) {
    self.function = function
    self.arguments = arguments
    super.init(type)
  }

  override var cost: Int { arguments.reduce(100) { $0 + $1.cost } }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    let columns = arguments.map { $0.evaluate(frame, selection) }
    let strict = zip(columns, function.isStrict).filter(\.1).map(\.0)
    var rows: [UInt32] = []
    RowSet(rowCount: frame.rowCount, selection: selection).eachRow { row in
      if strict.allSatisfy({ $0.isValid(row) }) { rows.append(UInt32(truncatingIfNeeded: row)) }
    }
    guard !rows.isEmpty else { return nulls(frame.rowCount) }
    let chosen = Selection(rows: rows.map(Int.init))
    let results = compute(columns.map { $0.gathered(by: chosen) }, rows, frame)
    return withExtendedLifetime(columns) { spread(results, rows, frame.rowCount) }
  }

  /// nil where the function failed, which the frame was told.
  private func compute(_ columns: [Column], _ rows: [UInt32], _ frame: Frame) -> Column? {
    let problem: String
    do {
      let results = try function.compute(columns, rows.count)
      if results.rowCount == rows.count, results.type == type { return results }
      problem = "\(results.rowCount) values of type \(results.type) for \(rows.count) rows"
    } catch {
      problem = "\(error)"
    }
    for row in rows {
      frame.fail(Int(row), .foreign(function: function.signature.name, problem: problem))
    }
    return nil
  }

  /// The results in the places of their rows, null everywhere else.
  private func spread(_ results: Column?, _ rows: [UInt32], _ rowCount: Int) -> Column {
    guard let results else { return nulls(rowCount) }
    if rows.count == rowCount { return results }
    let builder = ColumnBuilder(type, capacity: rowCount)
    for (place, row) in rows.enumerated() {
      while builder.rowCount < row { builder.appendNull() }
      builder.append(from: results, row: place)
    }
    while builder.rowCount < rowCount { builder.appendNull() }
    return builder.finish()
  }

  private func nulls(_ rowCount: Int) -> Column {
    let builder = ColumnBuilder(type, capacity: rowCount)
    for _ in 0..<rowCount { builder.appendNull() }
    return builder.finish()
  }
}
