import Schemas

extension ExecuteSpec {
  var text: String { "execute \(task.name)" }

  var lines: [String] {
    let texts = Dictionary(
      values.map { ($0.name, "\($0.expression)") }, uniquingKeysWith: { first, _ in first })
    var lines = ["\(text)\(columns.addition)"]
    if let steering {
      let key = texts[steering.key] ?? steering.key
      let required = steering.isRequired ? " required" : ""
      lines.append("\(steering.text) on \(key)\(required)\(steering.rows.text)")
    }
    return lines
      + task.renamed { texts[$0] ?? $0 }.lines
  }
}

extension SteeringSpec {
  var text: String { "steered by \(table)" }
}

extension SteeringSpec.Rows {
  fileprivate var text: String { self == .table ? ", read first" : "" }
}

extension PhysicalTask {
  var text: String {
    "execute task \(task)\(columns.addition)"
      + (steering.map {
        ", steered by \($0.table) on \($0.key)\($0.isRequired ? " required" : "")"
      } ?? "")
  }
}

extension [EnrichedColumn] {
  /// `, adds status as c.status`, if somebody reads one.
  fileprivate var addition: String {
    isEmpty ? "" : ", adds \(map(\.text).joined(separator: ", "))"
  }
}

extension TaskSpec {
  /// What is sent, and all that holds, written or not.
  var lines: [String] {
    let call = "task \(kind) { \(options.map(\.description).joined(separator: ", ")) }"
    return [call, "key \(idempotencyKey)" + order, limits, attempts]
      + (response.isEmpty ? [] : [reads])
  }

  /// Which of the tasks that wait goes first.
  private var order: String {
    var parts: [String] = []
    if let orderedBy { parts.append("ordered by \(orderedBy)") }
    if let fairBy { parts.append("fair by \(fairBy)" + (weight.map { " weight \($0)" } ?? "")) }
    if let priority { parts.append("priority \(priority)") }
    if let dueAt { parts.append("at \(dueAt)") }
    if let hours { parts.append(hours.text) }
    return parts.map { "; \($0)" }.joined()
  }

  private var limits: String {
    func per(_ name: String?) -> String { name.map { " per \($0)" } ?? "" }
    let rates = rates.map { "\(Self.number($0.rate))/s\(per($0.per)) burst \($0.burst)" }
    let calls = concurrency.map { bound in
      (bound.first.map { "adaptive \($0) to " } ?? "") + "\(bound.calls)\(per(bound.per))"
    }
    var parts = rates.isEmpty ? [] : ["rate \(rates.joined(separator: ", "))"]
    parts.append("concurrency \(calls.joined(separator: ", "))")
    parts.append("timeout \(TimeRendering.duration(timeout))")
    return parts.joined(separator: "; ")
  }

  private var attempts: String {
    var parts = ["attempts \(retry.attempts)"]
    if retry.attempts > 1 {
      let on = retry.on.map(\.description).joined(separator: ", ")
      let (first, longest) = (
        TimeRendering.duration(retry.backoff), TimeRendering.duration(retry.longestBackoff)
      )
      parts[0] += " on \(on.isEmpty ? "nothing" : on)"
      parts.append("backoff \(first) up to \(longest)")
      if let budget = retry.budget { parts.append("budget \(Self.number(budget * 100))%") }
    }
    if let breaker { parts.append(breaker.text) }
    parts.append("in doubt \(doubt.rawValue)")
    return parts.joined(separator: "; ")
  }

  private var reads: String {
    let fields = response.map { column in
      switch column.origin {
      case .field(let name) where name != column.field.name:
        "\(column.field.name) from \(Literal.quoted(name))"
      default: column.field.name
      }
    }
    return "response \(fields.joined(separator: ", "))"
  }

  private static func number(_ rate: Double) -> String {
    rate == rate.rounded() && rate < 1e15 ? "\(Int(rate))" : "\(rate)"
  }
}

extension TaskSpec.Hours {
  fileprivate var text: String { "\(Self.time(from)) until \(Self.time(until)) zone \(zone)" }

  private static func time(_ minutes: Int) -> String {
    let parts = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return parts.joined(separator: ":")
  }
}

extension TaskSpec.Retry.Outcome: CustomStringConvertible {
  public var description: String {
    switch self {
    case .status(let status): "\(status)"
    case .statusClass(let first): "\(first)xx"
    case .timeout: "timeout"
    case .connect: "connect"
    case .broken: "broken"
    case .errors: "errors"
    }
  }
}
