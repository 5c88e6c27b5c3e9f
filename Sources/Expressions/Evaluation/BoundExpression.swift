package import Columns
package import Plans
package import Schemas

/// An expression of a plan bound to the columns of a schema, ready for batches of that schema.
///
/// Belongs to one thread: it keeps scratch between batches.
package final class BoundExpression {
  /// What the expression gives.
  package let fieldType: FieldType
  private let root: Evaluator

  /// Binds names to columns and functions to kernels, and compiles constant patterns and zones.
  package init(
    _ expression: Expression, schema: Schema, functions: ForeignFunctions = [:]
  ) throws(BindingError) {
    fieldType = expression.fieldType
    root = try Binder(schema, of: [expression], functions: functions).bind(expression)
  }

  /// What came of one batch.
  package struct Result {
    /// A row for each row of the batch; those that don't count mean nothing, failed ones are null.
    package let column: Column
    /// One for each row that failed, in order.
    package let failures: [RowFailure]
  }

  /// Computes the rows of the batch that count. The batch stays as it is; the column may be one of
  /// its own. O(rows × nodes).
  package func evaluate(_ batch: Batch) -> Result {
    let frame = Frame(batch)
    let column = root.evaluate(frame, batch.selection)
    return Result(column: column, failures: frame.failuresByRow)
  }

  /// Whether no row can fail.
  package var isInfallible: Bool { root.isInfallible }
}

/// Several expressions of a plan bound to the same columns: a part that stands in more than one of
/// them is computed once for the same rows.
///
/// Belongs to one thread.
package final class BoundExpressions {
  /// What each expression gives.
  package let fieldTypes: [FieldType]
  private let roots: [Evaluator]

  /// `wrong` makes an error of what is wrong with the expression of a number.
  package init<Failure: Error>(
    _ expressions: [Expression], schema: Schema, functions: ForeignFunctions = [:],
    wrong: (Int, BindingError) -> Failure
  ) throws(Failure) {
    fieldTypes = expressions.map(\.fieldType)
    let binder = Binder(schema, of: expressions, functions: functions)
    var roots: [Evaluator] = []
    for (number, expression) in expressions.enumerated() {
      do {
        roots.append(try binder.bind(expression))
      } catch {
        throw wrong(number, error)
      }
    }
    self.roots = roots
  }

  /// Computes the rows of the batch that count, one expression after the other. A row that fails in
  /// a part of several expressions fails in the first of them, and again in one that computes the
  /// part anew, for other rows. O(rows × nodes).
  package func evaluate(_ batch: Batch) -> [BoundExpression.Result] {
    let frame = Frame(batch)
    return roots.map { root in
      let column = root.evaluate(frame, batch.selection)
      return BoundExpression.Result(column: column, failures: frame.takeFailures())
    }
  }
}

/// A condition of a plan bound to the columns of a schema: keeps the rows for which it is true.
///
/// Belongs to one thread.
package final class BoundFilter {
  private let root: Evaluator

  /// The expression's type is `bool`.
  package init(
    _ condition: Expression, schema: Schema, functions: ForeignFunctions = [:]
  ) throws(BindingError) {
    guard condition.type == .bool else {
      throw .notBoolean(condition.type)
    }
    root = try Binder(schema, of: [condition], functions: functions).bind(condition)
  }

  /// Refines the batch's selection to the rows that are true: neither false nor null. Returns the
  /// rows that failed, which are dropped too; they go to the stage's error route.
  package func apply(_ batch: Batch) -> [RowFailure] {
    let frame = Frame(batch)
    let kept = root.select(frame, batch.selection)
    let failures = frame.failuresByRow
    batch.selection = failures.isEmpty ? kept : kept.without(failures)
    return failures
  }
}

extension Selection {
  /// The rows of which none failed: a failure in one part of a condition fails the row even where
  /// another part would have decided it.
  fileprivate func without(_ failures: [RowFailure]) -> Selection {
    let failed = Set(failures.map(\.row))
    return Selection(rows: rowNumbers.filter { !failed.contains($0) })
  }
}

extension Frame {
  fileprivate convenience init(_ batch: Batch) {
    self.init(
      columns: batch.columns, rowCount: batch.rowCount, eventTimes: batch.hidden.eventTimes)
  }
}
