package import Columns
package import Schemas
import COnnxRuntime

/// A model bound to the columns that it is given and those that its answers become.
///
/// Runs of one binding may go on at the same time on several threads; each has its own memory.
///
/// A row with a null in one of its columns is not given to the model: all its answers are null. A
/// model with a fixed batch gets its rows in batches of that size, the last one filled up with
/// copies of its last row; one of any size gets two rows at least, unless it is to be asked about
/// each by itself, and so gives a row the same answer to the last bit whatever stands beside it.
package final class OnnxBinding: Sendable {
  package let model: OnnxModel
  package let inputs: [Field]
  package let answers: [OnnxAnswer]
  /// How many rows the model takes at a time, if it fixes that.
  package let fixedBatch: Int?

  let feeds: [InputFeed]
  /// The outputs that are asked for, each once, and which of them each answer is made of.
  let outputs: [String]
  let outputOfAnswer: [Int]
  let inputNames: CNames
  let outputNames: CNames

  init(_ model: OnnxModel, inputs: [Field], answers: [OnnxAnswer]) throws(OnnxError) {
    do throws(OnnxMismatch) {
      feeds = try model.signature.feeds(from: inputs)
      for answer in answers { try answer.check(model.signature) }
    } catch {
      throw .signature(path: model.path, error)
    }
    self.model = model
    self.inputs = inputs
    self.answers = answers
    fixedBatch = feeds.lazy.compactMap(\.port.fixedBatch).first
    var outputs: [String] = []
    for answer in answers where !outputs.contains(answer.output) { outputs.append(answer.output) }
    self.outputs = outputs
    outputOfAnswer = answers.map { outputs.firstIndex(of: $0.output) ?? 0 }
    inputNames = CNames(feeds.map(\.port.name))
    outputNames = CNames(outputs)
  }

  /// The answers for rows in the columns of `inputs`, in their order, at most `batch` of them in
  /// one run of the model; one that fixes its batch decides by itself. O(rows) beside the model.
  package func run(
    _ columns: [Column], rowCount: Int, batch: Int = .max
  ) throws(OnnxError) -> [Column] {
    guard let rows = rowsWithoutNull(columns, rowCount) else {
      return try runAll(columns, rowCount, batch, rowNumbers: nil)
    }
    let answered: [Column]
    if rows.isEmpty {
      answered = answers.map { .blank($0.field, 0) }
    } else {
      let order = Selection(capacity: rows.count)
      for row in rows { order.append(row) }
      let gathered = columns.map { $0.gathered(by: order) }
      answered = try runAll(gathered, rows.count, batch, rowNumbers: rows)
    }
    return answered.map { Self.spread($0, to: rows, rowCount) }
  }

  /// Runs the model once over zeros and empty texts, so that what it allocates is there before the
  /// first row. That a model does not take zeros is no reason not to start.
  package func warmUp(rows: Int = 1) {
    let blank = inputs.map { Column.blank(Field($0.name, $0.type), rows) }
    _ = try? runAll(blank, rows, rows, rowNumbers: nil)
  }

  /// The rows without a null, nil if those are all.
  private func rowsWithoutNull(_ columns: [Column], _ rowCount: Int) -> [UInt32]? {
    let masks = columns.compactMap(\.validity)
    guard !masks.isEmpty else { return nil }
    var rows: [UInt32] = []
    rows.reserveCapacity(rowCount)
    for row in 0..<rowCount where masks.allSatisfy({ $0[row] != 0 }) {
      rows.append(UInt32(truncatingIfNeeded: row))
    }
    return rows.count == rowCount ? nil : rows
  }

  /// The column's values at these rows, nulls at the others.
  private static func spread(_ column: Column, to rows: [UInt32], _ rowCount: Int) -> Column {
    let builder = ColumnBuilder(column.type, capacity: rowCount)
    var next = 0
    for row in 0..<rowCount {
      if next < rows.count, Int(rows[next]) == row {
        builder.append(from: column, row: next)
        next += 1
      } else {
        builder.appendNull()
      }
    }
    return builder.finish()
  }
}

extension OnnxModel {
  /// Holds a declaration against the model's own signature.
  package func bind(inputs: [Field], answers: [OnnxAnswer]) throws(OnnxError) -> OnnxBinding {
    try OnnxBinding(self, inputs: inputs, answers: answers)
  }
}
