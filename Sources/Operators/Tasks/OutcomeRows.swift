import Columns
import Expressions
import Plans
import Schemas

/// Makes tasks' rows and their outcomes the rows of the stage's outputs.
struct OutcomeRows {
  private enum Place {
    case input(Int)
    /// Of `TaskSpec.outcomeFields`, and behind them of the response's columns.
    case outcome(Int)
  }

  private let schema: Schema
  private let fields: [Field]
  private let places: [Place]
  private let reader: TaskResponseReader

  /// `outcome`: what the columns of an outcome are called, in the order of `outcomeFields`.
  init(
    _ plan: PhysicalOperator, _ task: TaskSpec, input: Schema, outcome: [String],
    reader: @escaping TaskResponseReader
  ) throws(OperatorError) {
    schema = plan.schema
    fields = task.outcomeFields
    self.reader = reader
    var places: [Place] = []
    for field in plan.schema.fields {
      if let number = outcome.firstIndex(of: field.name), number < fields.count {
        places.append(.outcome(number))
      } else {
        places.append(.input(try ColumnPlaces.find([field.name], in: input, plan.id)[0]))
      }
    }
    self.places = places
  }

  /// `own`: the tasks' rows, in the order of their outcomes. All have the same time.
  func batch(_ own: Batch, _ outcomes: [TaskOutcome], at time: Timestamp) -> Batch {
    let count = outcomes.count
    let read = reader(outcomes.map(\.response))
    let builders = TaskSpec.outcomeFields.map { ColumnBuilder($0.type, capacity: count) }
    for (row, outcome) in outcomes.enumerated() {
      append(outcome.status.map(Int64.init), to: builders[0])
      builders[1].append(int: Int64(outcome.attempts))
      append(outcome.firstError, to: builders[2])
      let unreadable = read.unreadable[row].map(Self.unreadable)
      append(outcome.error ?? unreadable, to: builders[3])
      append(outcome.latency, to: builders[4])
    }
    let made = builders.map { $0.finish() } + read.columns
    let columns = places.map { place in
      switch place {
      case .input(let number): own.columns[number]
      case .outcome(let number): made[number]
      }
    }
    var hidden = own.hidden
    hidden.eventTimes = .repeating(time.microseconds, .timestamp, rowCount: count)
    return Batch(schema: schema, columns: columns, rowCount: count, hidden: hidden)
  }

  /// What stands in `error` of a task that is done, and of whose response nothing is read.
  static func unreadable(_ reason: String) -> String { "the response can't be read: \(reason)" }

  private func append(_ value: Int64?, to builder: ColumnBuilder) {
    if let value { builder.append(int: value) } else { builder.appendNull() }
  }

  private func append(_ value: String?, to builder: ColumnBuilder) {
    if let value { builder.append(string: value) } else { builder.appendNull() }
  }
}
