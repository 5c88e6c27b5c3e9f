import Columns
import KeyedState
import Schemas

/// Turns the columns that a checkpoint holds into those that the operator now declares, where that
/// loses nothing: a column found by its name (a key by its place), an int that became a float or a
/// decimal, a wider decimal, a new column that may be null.
struct BlockConversion {
  private enum Step {
    case take(Int)
    case widen(Int, toScale: Int)
    case toFloat(Int)
    case nulls
  }

  /// Why columns do not fit.
  struct Misfit: Error {
    var reason: String
  }

  private let schema: Schema
  private let steps: [Step]
  /// Whether the stored columns are the declared ones.
  let isIdentity: Bool

  init(from old: StateDeclaration, to new: StateDeclaration) throws(Misfit) {
    schema = new.schema
    var steps: [Step] = []
    var used: Set<Int> = []
    for (index, field) in new.schema.fields.enumerated() {
      let source = index < new.keyColumns ? index : old.schema.index(of: field.name)
      guard let source else {
        guard field.isNullable else {
          throw Misfit(reason: "column `\(field.name)` is new and may not be null")
        }
        steps.append(.nulls)
        continue
      }
      used.insert(source)
      steps.append(try Self.step(from: old.schema[source], at: source, to: field))
    }
    if let lost = old.schema.fields.indices.first(where: { !used.contains($0) }) {
      throw Misfit(reason: "column `\(old.schema[lost].name)` is gone")
    }
    self.steps = steps
    isIdentity =
      steps.count == old.schema.count
      && steps.enumerated().allSatisfy { index, step in
        if case .take(index) = step { true } else { false }
      }
  }

  private static func step(
    from old: Field, at source: Int, to new: Field
  ) throws(Misfit) -> Step {
    if old.isNullable && !new.isNullable {
      throw Misfit(reason: "column `\(new.name)` may be null, and no longer should")
    }
    switch (old.type, new.type) {
    case (let a, let b) where a == b:
      return .take(source)
    case (.int, .float):
      return .toFloat(source)
    case (.int, .decimal(let precision, let scale)) where precision - scale >= 19:
      return .widen(source, toScale: scale)
    case (.decimal(let p1, let s1), .decimal(let p2, let s2)) where s1 == s2 && p1 <= p2:
      return .take(source)
    default:
      throw Misfit(reason: "column `\(new.name)` was \(old.type) and is \(new.type)")
    }
  }

  /// O(rows × converted columns); columns that stay are shared.
  func apply(to batch: Batch) -> Batch {
    if isIdentity && batch.schema == schema { return batch }
    let columns = zip(steps, schema.fields).map { step, field in
      convert(batch, step, field)
    }
    return Batch(
      schema: schema, columns: columns, rowCount: batch.rowCount, hidden: batch.hidden)
  }

  private func convert(_ batch: Batch, _ step: Step, _ field: Field) -> Column {
    switch step {
    case .take(let source) where batch.columns[source].type == field.type:
      return batch.columns[source]
    case .take(let source):
      return build(field.type, batch.columns[source]) { $0.append(decimal: $1.decimals[$2]) }
    case .widen(let source, let scale):
      var factor: Int128 = 1
      for _ in 0..<scale { factor *= 10 }
      return build(field.type, batch.columns[source]) {
        $0.append(decimal: Int128($1.ints[$2]) &* factor)
      }
    case .toFloat(let source):
      return build(field.type, batch.columns[source]) { $0.append(float: Double($1.ints[$2])) }
    case .nulls:
      let builder = ColumnBuilder(field.type, capacity: batch.rowCount)
      for _ in 0..<batch.rowCount { builder.appendNull() }
      return builder.finish()
    }
  }

  private func build(
    _ type: DataType, _ source: Column, _ append: (ColumnBuilder, Column, Int) -> Void
  ) -> Column {
    let builder = ColumnBuilder(type, capacity: source.rowCount)
    for row in 0..<source.rowCount {
      if source.isValid(row) { append(builder, source, row) } else { builder.appendNull() }
    }
    return builder.finish()
  }
}
