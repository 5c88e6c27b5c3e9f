import Diagnostics
import Plans
import Schemas
import Syntax

/// A declared task in the sight of the columns of a stage: what it says of their rows.
struct TaskBinding {
  private let task: DeclaredTask
  private let options: OptionChecker
  private let connections: KafkaConnections
  private let rows: RowValues

  init(_ task: DeclaredTask, _ graph: StreamGraph, _ rows: RowValues) {
    self.task = task
    options = graph.options
    connections = graph.connections
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
    if let zone = task.hoursZone {
      spec.hours?.zone =
        rows.value(zone, as: FieldType(.string, nullable: true), "zone") ?? ""
    }
    let isWrong = options.definitions.log.hasError(within: task.syntax.head.span)
    return key == nil || isWrong ? nil : spec
  }

  private func number(_ name: String) -> String? {
    task.value(name).flatMap { rows.value($0, as: FieldType(.int), name) }
  }

  /// The client's options: those that rows fill, and those that stand.
  private func request() -> [Option] {
    let kind = task.spec.kindOfCalls
    let connector = task.syntax.connector
    let found =
      kind.name == "http"
      ? HTTPRequestChecker(options, rows).check(connector, task.block).options
      : RowOptionChecker(options, rows).check(connector, kind.options)
    let written = found + (question(of: found).map { [Option("verify", .object($0))] } ?? [])
    let filled = Set(written.map(\.name))
    let known = Set(kind.options.map(\.name))
    let all = written + task.block.filter { known.contains($0.name) && !filled.contains($0.name) }
    return kind.name == "kafka" ? connected(all) : all
  }

  /// How the server is asked what became of a task: with the headers of its request, where it has
  /// none of its own, and its token.
  private func question(of request: [Option]) -> [Option]? {
    guard let written = task.verify, let block = task.block.first(where: { $0.name == "verify" }),
      case .object(let parts) = block.value
    else { return nil }
    var syntax = task.syntax.connector
    syntax.options = written
    let headers = written["headers"] == nil ? request.filter { $0.name == "headers" } : []
    let hasToken = task.syntax.connector.options["oauth"] != nil
    let asked = HTTPRequestChecker(options, rows).check(
      syntax, parts, taken: headers, hasToken: hasToken)
    let usual = written["body"] == nil ? "GET" : "POST"
    let method = parts["method"] == nil ? [Option("method", .word(usual))] : []
    return asked.options + method + parts
  }

  /// With the brokers of a block that names none.
  private func connected(_ block: [Option]) -> [Option] {
    if let complete = connections.complete(block) { return complete }
    if !options.definitions.log.hasError(within: task.syntax.head.span) {
      options.definitions.log.report(
        OptionProblem.noBrokers, at: task.syntax.connector.name.span)
    }
    return block
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
