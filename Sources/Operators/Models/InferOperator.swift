import Columns
import Expressions
import Instruments
import KeyedState
import Plans
import Schemas

/// Adds a model's answers to each row.
///
/// Rows wait only for a full batch, and no longer than the definition says. They leave before each
/// watermark and each barrier, so nothing of them is state.
final class InferOperator: HoldingOperator {
  private enum Place {
    case input(Int)
    /// Of the model's outputs, and the one row of its fallback.
    case answer(Int, fallback: Column)
    case version
  }

  private let schema: Schema
  private let routing: ErrorRouting
  private let model: String
  private let batch: Int
  private let within: Int64?
  private let hasFallback: Bool
  private let places: [Place]
  private let versions: ModelVersions
  private let names: [String]
  private var pieces: [Batch] = []
  private var count = 0
  /// Of those rows.
  private var textBytes = 0
  private var outbox = Outbox()
  /// Nobody takes rows any more.
  private var isUnwanted = false
  private(set) var releasedWatermark = Timestamp.beginning
  private(set) var nextWallTimer: Timestamp?
  private var context: (any OperatorContext)?

  /// `models` are those of the versions of `spec`, in their order.
  init(
    _ plan: PhysicalOperator, _ inference: PhysicalInference, _ spec: ModelSpec, input: Schema,
    models: [any InferenceModel]
  ) throws(OperatorError) {
    guard models.count == spec.versions.count else {
      throw OperatorError(stage: plan.id, reason: "the model `\(spec.name)` is not loaded")
    }
    schema = plan.schema
    routing = ErrorRouting(plan)
    model = spec.name
    batch = spec.batch
    within = spec.within
    hasFallback = spec.fallback != nil
    func place(_ name: String) throws(OperatorError) -> Int {
      try ColumnPlaces.find([name], in: input, plan.id)[0]
    }
    versions = ModelVersions(
      spec, models, inputs: try ColumnPlaces.find(inference.arguments, in: input, plan.id),
      sticky: try inference.sticky.map(place), choice: try inference.choice.map(place))
    names = versions.names + [ModelSpec.fallbackVersion]
    var places: [Place] = []
    for field in plan.schema.fields {
      guard let added = inference.columns.first(where: { $0.name == field.name }) else {
        places.append(.input(try ColumnPlaces.find([field.name], in: input, plan.id)[0]))
        continue
      }
      places.append(try Self.place(of: added, spec, plan.id))
    }
    self.places = places
  }

  private static func place(
    of column: EnrichedColumn, _ spec: ModelSpec, _ stage: OperatorID
  ) throws(OperatorError) -> Place {
    guard column.tableColumn != ModelSpec.versionColumn else { return .version }
    guard let place = spec.outputs.firstIndex(where: { $0.field.name == column.tableColumn })
    else {
      throw OperatorError(stage: stage, reason: "the model gives no \(column.tableColumn)")
    }
    let value = spec.fallback?.values.first { $0.column == column.tableColumn }?.value
    do throws(BindingError) {
      return .answer(
        place,
        fallback: try LiteralColumn.make(value ?? .null, spec.outputs[place].field.type))
    } catch {
      throw OperatorError(stage: stage, reason: "the fallback of \(column.name): \(error)")
    }
  }

  var holdsRows: Bool { count > 0 || !outbox.isEmpty }
  var awaitsAnswers: Bool { count > 0 }
  var isFull: Bool { false }

  func open(_ context: any OperatorContext) throws(OperatorError) {
    self.context = context
    versions.open(context)
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard batch.selectedCount > 0 else { return .done }
    context?.metrics.rowsIn.add(batch.selectedCount)
    if isUnwanted {
      context?.metrics.filtered.add(batch.selectedCount)
      return .done
    }
    let rows = batch.gathered()
    context?.metrics.absorbed.add(rows.rowCount)
    let bytes = rows.textBytes
    let isTooMuch = count > 0 && textBytes + bytes > TextLimit.batchBytes
    if isTooMuch || count + rows.rowCount > Batch.rowLimit { try release(output) }
    guard within == nil || count + rows.rowCount >= self.batch || bytes > TextLimit.batchBytes
    else {
      hold(rows)
      return outbox.flush(output)
    }
    if count > 0 { Intake.letGoOfRecords(rows) }
    take(rows)
    return try letOut(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    releasedWatermark = max(releasedWatermark, time)
    return try letOut(output)
  }

  func barrier(_ epoch: Epoch, output: any Output) throws(OperatorError) -> Progress {
    try letOut(output)
  }

  func wallTime(_ now: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    try letOut(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }

  func letGo() {
    isUnwanted = true
    (pieces, count, textBytes) = ([], 0, 0)
    nextWallTimer = nil
  }
}

// Rows and answers.
extension InferOperator {
  private func hold(_ rows: Batch) {
    // They would hold whole fetches of their source as well.
    Intake.letGoOfRecords(rows)
    if count == 0, let within { nextWallTimer = context?.now().later(by: within) }
    take(rows)
  }

  private func take(_ rows: Batch) {
    pieces.append(rows)
    count += rows.rowCount
    textBytes += rows.textBytes
  }

  private func letOut(_ output: any Output) throws(OperatorError) -> Progress {
    try release(output)
    return outbox.flush(output)
  }

  /// Asks for all that waits.
  private func release(_ output: any Output) throws(OperatorError) {
    nextWallTimer = nil
    guard count > 0 else { return }
    let rows = Batch.concatenated(pieces)
    (pieces, count, textBytes) = ([], 0, 0)
    let stops = !hasFallback && routing.route == .fail
    var answers = versions.ask(rows, stops: stops)
    context?.metrics.made.add(rows.rowCount)
    var failed: [FailedRow] = []
    if hasFallback {
      replaceFailed(&answers)
    } else {
      failed = answers.failed.map { FailedRow(row: $0.row, reason: reason($0.reason)) }
    }
    context?.metrics.failed.add(failed.count)
    context?.metrics.rowsOut.add(rows.rowCount - failed.count)
    if let errors = try routing.route(failed, of: rows) { outbox.add(errors, .errors, output) }
    outbox.add(answered(rows, answers, without: failed), .main, output)
  }

  private func reason(_ reason: String) -> String { "model `\(model)`: \(reason)" }

  private func answered(
    _ rows: Batch, _ answers: ModelAnswers, without failed: [FailedRow]
  ) -> Batch {
    let columns = places.map { place in
      switch place {
      case .input(let index): rows.columns[index]
      case .answer(let index, _): answers.rows.columns[index]
      case .version: Column.naming(names, by: answers.versions)
      }
    }
    let result = Batch(
      schema: schema, columns: columns, rowCount: rows.rowCount,
      selection: failed.isEmpty ? nil : .rows(of: rows, without: failed.map(\.row)),
      hidden: rows.hidden)
    return result
  }

  /// Where the model failed, the fallback stands in.
  private func replaceFailed(_ answers: inout ModelAnswers) {
    guard !answers.failed.isEmpty else { return }
    let rows = Set(answers.failed.map(\.row))
    var columns = answers.rows.columns
    for case .answer(let index, let fallback) in places {
      let builder = ColumnBuilder(fallback.type, capacity: answers.rows.rowCount)
      for row in 0..<answers.rows.rowCount {
        if rows.contains(row) {
          builder.append(from: fallback, row: 0)
        } else {
          builder.append(from: answers.rows.columns[index], row: row)
        }
      }
      columns[index] = builder.finish()
    }
    answers.rows = Batch(
      schema: answers.rows.schema, columns: columns, rowCount: answers.rows.rowCount)
    for row in rows {
      answers.versions[row] = UInt32(truncatingIfNeeded: names.count - 1)
    }
    answers.failed = []
  }
}

extension InferOperator: WaitingOperator {
  var waiting: Waiting { Waiting(rows: count) }
}
