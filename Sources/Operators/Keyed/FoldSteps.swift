import Columns
import Expressions
import KeyedState
import Plans
import Schemas

/// The columns of a `fold`: what is carried as it is, and what is computed of the row and of the
/// states before it.
struct FoldSteps {
  private enum Step {
    /// A column of the input.
    case carried(Int)
    /// A computed column.
    case computed(Int)
  }

  private let stage: OperatorID
  private let steps: [Step]
  private let computed: BoundExpressions
  private let origins: [NamedExpression.Origin]
  /// The columns of the input that are read to compute others, and what they make with the states.
  private let read: [Int]
  private let readSchema: Schema
  private let row: Schema
  private let readsEventTime: Bool
  /// By state: the computed column that is its new value.
  private let results: [Int?]

  init(
    _ spec: FoldSpec, _ stage: OperatorID, input: Schema, functions: ForeignFunctions
  ) throws(OperatorError) {
    self.stage = stage
    let made = spec.columns.filter { !spec.isCarried($0) }
    let names = made.reduce(into: Set<String>()) { $0.formUnion($1.expression.columnNames) }
    let readPlaces = input.fields.indices.filter { names.contains(input[$0].name) }
    read = readPlaces
    readSchema = Schema(readPlaces.map { input[$0] })
    let row = Schema(readSchema.fields + spec.states.map(\.field))
    self.row = row
    var steps: [Step] = []
    var number = 0
    for column in spec.columns {
      if spec.isCarried(column) {
        steps.append(.carried(try ColumnPlaces.find([column.name], in: input, stage)[0]))
      } else {
        steps.append(.computed(number))
        number += 1
      }
    }
    self.steps = steps
    computed = try BoundExpressions(made.map(\.expression), schema: row, functions: functions) {
      OperatorError(stage: stage, reason: "\(made[$0].name): \($1.description)")
    }
    readsEventTime = made.contains { $0.expression.readsEventTime }
    origins = made.map {
      $0.origin ?? NamedExpression.Origin(stage: stage, column: $0.name)
    }
    results = spec.states.map { state in made.firstIndex { $0.name == state.field.name } }
  }

  private static func bind(
    _ name: String, _ expression: Expression, _ row: Schema, _ stage: OperatorID,
    _ functions: ForeignFunctions
  ) throws(OperatorError) -> BoundExpression {
    do {
      return try BoundExpression(expression, schema: row, functions: functions)
    } catch {
      throw OperatorError(stage: stage, reason: "\(name): \(error.description)")
    }
  }

  /// The states with their first values, which are computed once.
  static func states(
    _ spec: FoldSpec, _ stage: OperatorID, functions: ForeignFunctions
  ) throws(OperatorError) -> [FoldStore.Value] {
    let one = Batch(schema: Schema([]), columns: [], rowCount: 1)
    var states: [FoldStore.Value] = []
    for state in spec.states {
      let name = state.field.name
      let first = try bind(name, state.first, Schema([]), stage, functions).evaluate(one)
      if let failure = first.failures.first {
        throw OperatorError(
          stage: stage, reason: "the first value of state `\(name)`: \(failure.reason)")
      }
      states.append(FoldStore.Value(field: state.field, first: first.column))
    }
    return states
  }

  /// What has been computed of a batch, round by round.
  final class Results {
    /// One round's columns are taken as they are, those of several are put behind one another.
    fileprivate let builders: [ColumnBuilder]?
    fileprivate var columns: [Column] = []
    fileprivate(set) var failures: [FailedRow] = []

    fileprivate init(_ builders: [ColumnBuilder]?) { self.builders = builders }

    fileprivate var isFull: Bool {
      builders?.contains { $0.byteCount > TextLimit.columnBytes } ?? false
    }
  }

  func results(_ rounds: Int) -> Results {
    Results(rounds == 1 ? nil : computed.fieldTypes.map { ColumnBuilder($0.type) })
  }

  /// Computes a round's rows, all of the batch's where no numbers are given. Gives the states' new
  /// values, and the places in the round of the rows that failed.
  func fold(
    _ batch: Batch, _ numbers: [UInt32]?, states: [Column], _ results: Results
  ) -> (states: [Column?], failed: [Int]) {
    let all = Batch(
      schema: readSchema, columns: read.map { batch.columns[$0] }, rowCount: batch.rowCount)
    if readsEventTime { all.hidden.eventTimes = batch.hidden.eventTimes }
    let part = numbers.map { all.gathered(rows: $0) } ?? all
    let rows = Batch(
      schema: row, columns: part.columns + states, rowCount: part.rowCount, hidden: part.hidden)
    var failures: [Int: FailedRow] = [:]
    var columns: [Column] = []
    for (result, origin) in zip(computed.evaluate(rows), origins) {
      columns.append(result.column)
      for failure in result.failures where failures[failure.row] == nil {
        let column = origin.column.map { "column `\($0)`: " } ?? ""
        failures[failure.row] = FailedRow(
          row: numbers.map { Int($0[failure.row]) } ?? failure.row,
          reason: "\(column)\(failure.reason)", stage: origin.stage)
      }
    }
    if results.isFull { failTooLong(part.rowCount, numbers, &failures) }
    let failed = failures.keys.sorted()
    results.failures += failed.compactMap { failures[$0] }
    if let builders = results.builders {
      for (builder, column) in zip(builders, columns) {
        for row in 0..<part.rowCount {
          if failures[row] == nil {
            builder.append(from: column, row: row)
          } else {
            builder.appendNull()
          }
        }
      }
    } else {
      results.columns = columns
    }
    return (self.results.map { $0.map { columns[$0] } }, failed)
  }

  /// Earlier rounds of the batch have made more text than a column should hold.
  private func failTooLong(_ count: Int, _ numbers: [UInt32]?, _ failures: inout [Int: FailedRow]) {
    for row in 0..<count where failures[row] == nil {
      failures[row] = FailedRow(
        row: numbers.map { Int($0[row]) } ?? row,
        reason: "the text of one batch of rows is longer than "
          + "\(TextLimit.columnBytes >> 20) MiB: shorten it", stage: stage)
    }
  }

  /// The columns of the rows that come out. `order`: where each row is in what was computed.
  func columns(_ results: Results, of batch: Batch, order: [UInt32]?) -> [Column] {
    var made = results.columns
    if let builders = results.builders, let order {
      let schema = Schema(computed.fieldTypes.enumerated().map { Field("\($0)", $1) })
      made =
        Batch(schema: schema, columns: builders.map { $0.finish() }, rowCount: order.count)
        .gathered(rows: order).columns
    }
    return steps.map { step in
      switch step {
      case .carried(let place): batch.columns[place]
      case .computed(let number): made[number]
      }
    }
  }
}
