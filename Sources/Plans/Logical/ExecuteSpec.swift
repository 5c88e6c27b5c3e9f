public import Schemas

/// Makes a call for each row: `execute send_email as c`.
public struct ExecuteSpec: Hashable, Sendable, Codable {
  /// Where it names columns these are names of `values`.
  public var task: TaskSpec
  /// What the task says of a row.
  public var values: [NamedExpression]
  /// The added columns: the outcome's name and the one it gets.
  public var columns: [EnrichedColumn]
  /// By which tasks are paused, slowed down and cancelled.
  public var steering: SteeringSpec?

  public init(
    task: TaskSpec, values: [NamedExpression], columns: [EnrichedColumn],
    steering: SteeringSpec? = nil
  ) {
    self.task = task
    self.values = values
    self.columns = columns
    self.steering = steering
  }

  public func mapExpressions(_ change: (Expression) -> Expression) -> ExecuteSpec {
    var result = self
    result.values = values.map { $0.replacing(change($0.expression)) }
    return result
  }

  /// Names of `values` that are read.
  public var valuesRead: [String] { task.columnsRead + (steering.map { [$0.key] } ?? []) }

  /// The names of the added columns.
  public var added: [String] { columns.map(\.name) }

  /// By which rows change workers.
  public var key: Expression? { values.first { $0.name == task.keyColumn }?.expression }

  /// Of the value of that number.
  public static func valueName(_ number: Int) -> String { "$task.\(number)" }
}

/// `execute` whose task reads columns of the input.
///
/// The output's columns are those carried and those added, of rows that were done and of rows that
/// failed alike.
public struct PhysicalTask: Hashable, Sendable, Codable {
  /// Indexes `PhysicalPlan.tasks`.
  public var task: Int
  /// Columns of the input that go on; others are there for the task alone.
  public var carried: [String]
  /// Columns of the input that the task reads.
  public var read: [String]
  /// The added columns: the outcome's name and the one it gets.
  public var columns: [EnrichedColumn]
  public var steering: PhysicalSteering?

  public init(
    task: Int, carried: [String], read: [String], columns: [EnrichedColumn],
    steering: PhysicalSteering? = nil
  ) {
    self.task = task
    self.carried = carried
    self.read = read
    self.columns = columns
    self.steering = steering
  }
}

extension TaskSpec {
  /// The type of an outcome's column; nil where there is none of that name.
  public func type(ofOutcome name: String) -> DataType? {
    outcomeFields.first { $0.name == name }?.type
  }

  /// The columns that it reads, each once.
  public var columnsRead: [String] {
    var names: [String] = []
    var seen: Set<String> = []
    _ = renamed { name in
      if seen.insert(name).inserted { names.append(name) }
      return name
    }
    return names
  }

  /// The same over columns of other names.
  public func renamed(_ change: (String) -> String) -> TaskSpec {
    var result = self
    result.idempotencyKey = change(idempotencyKey)
    result.options = options.map { Option($0.name, $0.value.renamed(change)) }
    for index in rates.indices { result.rates[index].per = rates[index].per.map(change) }
    for index in concurrency.indices {
      result.concurrency[index].per = concurrency[index].per.map(change)
    }
    result.orderedBy = orderedBy.map(change)
    result.fairBy = fairBy.map(change)
    result.weight = weight.map(change)
    result.priority = priority.map(change)
    result.dueAt = dueAt.map(change)
    result.hours?.zone = hours.map { change($0.zone) } ?? ""
    return result
  }
}

extension OptionValue {
  /// The same with other names of columns.
  fileprivate func renamed(_ change: (String) -> String) -> OptionValue {
    switch self {
    case .key(let name): .key(change(name))
    case .list(let values): .list(values.map { $0.renamed(change) })
    case .text(let pieces): .text(pieces.map { $0.renamed(change) })
    case .object(let options): .object(options.map { Option($0.name, $0.value.renamed(change)) })
    case .call(let name, let options):
      .call(name, options.map { Option($0.name, $0.value.renamed(change)) })
    default: self
    }
  }
}
