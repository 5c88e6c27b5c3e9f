import Diagnostics
import Plans
import Schemas
import Syntax

/// A declared task in the sight of the columns of a stage: what it says of their rows.
struct TaskBinding {
  private let task: DeclaredTask
  private let options: OptionChecker
  private let rows: RowValues

  init(_ task: DeclaredTask, _ options: OptionChecker, _ rows: RowValues) {
    self.task = task
    self.options = options
    self.rows = rows
  }

  /// Nil where something is wrong, which was reported.
  func spec() -> TaskSpec? {
    var spec = task.spec
    spec.options = request()
    let key = task.value("idempotency_key").flatMap(key)
    spec.idempotencyKey = key ?? ""
    for (index, per) in task.ratesPer.enumerated() {
      spec.rates[index].per = per.flatMap { rows.group($0, "per") }
    }
    for (index, per) in task.concurrencyPer.enumerated() {
      spec.concurrency[index].per = per.flatMap { rows.group($0, "per") }
    }
    spec.orderedBy = task.value("ordered_by").flatMap { rows.group($0, "ordered_by") }
    spec.fairBy = task.value("fair_by").flatMap { rows.group($0, "fair_by") }
    spec.weight = number("weight")
    spec.priority = number("priority")
    let time = FieldType(.timestamp, nullable: true)
    spec.dueAt = task.value("at").flatMap { rows.value($0, as: time, "at") }
    let isWrong = options.definitions.log.hasError(within: task.syntax.head.span)
    return key == nil || isWrong ? nil : spec
  }

  private func number(_ name: String) -> String? {
    task.value(name).flatMap { rows.value($0, as: FieldType(.int), name) }
  }

  /// The client's options: those that rows fill, and those that stand.
  private func request() -> [Option] {
    let request = HTTPRequestChecker(options, rows).check(task.syntax.connector, task.block)
    let filled = Set(request.options.map(\.name))
    let known = Set(TaskCatalogue.http.map(\.name))
    return request.options
      + task.block.filter { known.contains($0.name) && !filled.contains($0.name) }
  }

  private func key(_ syntax: ExpressionSyntax) -> String? {
    let value = rows.checker.check(syntax)
    if value.isWrong { return nil }
    switch value.type {
    case .string, .int: break
    default:
      rows.checker.report(TaskProblem.keyType(value.fieldType), at: syntax.span)
      return nil
    }
    if value.expression.isConstant {
      rows.checker.report(TaskProblem.constantKey, at: syntax.span)
      return nil
    }
    if value.fieldType.isNullable {
      rows.checker.report(
        TaskProblem.nullableKey(options.definitions.text(syntax.span)), at: syntax.span)
      return nil
    }
    return rows.name(of: Conversion.cast(value.expression, to: .string))
  }
}
