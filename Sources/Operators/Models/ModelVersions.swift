import Columns
import Instruments
import Plans
import Schemas

/// What a model made of some rows.
struct ModelAnswers {
  /// A row for each, of the model's outputs; nulls where it failed.
  var rows: Batch
  /// Rows that it failed over, ascending, and why.
  var failed: [FailedAnswer] = []
  /// Of each row the version that was asked, by its number.
  var versions: [UInt32]
}

struct FailedAnswer {
  var row: Int
  var reason: String
}

/// Asks the versions of a model: each row the one that its key chooses, and shadows all rows.
final class ModelVersions {
  private struct Version {
    var model: any InferenceModel
    var metrics: VersionMetrics
  }

  /// Of all versions that answer, in the order of their numbers.
  let names: [String]
  /// Of the outputs.
  let schema: Schema
  private let spec: ModelSpec
  private let inputs: [Int]
  private let split: VersionSplit?
  private let models: [any InferenceModel]
  private var answering: [Version] = []
  private var shadows: [Version] = []
  private var context: (any OperatorContext)?
  /// The output whose values are shown as a distribution.
  private let score: Int?

  /// `models` are those of the versions, in their order; `inputs`, `sticky` and `choice` columns of
  /// the rows.
  init(
    _ spec: ModelSpec, _ models: [any InferenceModel], inputs: [Int], sticky: Int?, choice: Int?
  ) {
    self.spec = spec
    self.models = models
    self.inputs = inputs
    schema = Schema(
      spec.outputs.map { Field($0.field.name, $0.field.type, nullable: true) })
    names = zip(spec.versions, models).filter { !$0.0.isShadow }.map { $0.name ?? $1.version }
    split =
      spec.answering.count > 1
      ? sticky.map { VersionSplit(spec, sticky: $0, choice: choice) } : nil
    score = schema.fields.firstIndex { $0.type == .float }
  }

  func open(_ context: any OperatorContext) {
    self.context = context
    for (version, model) in zip(spec.versions, models) {
      let metrics = context.metrics.inference.add(
        version.name ?? model.version, isShadow: version.isShadow,
        baselines: ScoreDrift.Baseline.all(of: model.baseline, schema))
      let asked = Version(model: model, metrics: metrics)
      if version.isShadow { shadows.append(asked) } else { answering.append(asked) }
    }
  }

  /// The answers for rows without selection. `stops`: after the first failure none matters.
  func ask(_ rows: Batch, stops: Bool) -> ModelAnswers {
    let columns = inputs.map { rows.columns[$0] }
    defer {
      // Which rows a shadow fails over is nobody's matter.
      for shadow in shadows { _ = ask(shadow, columns, rows.rowCount, stops: true) }
    }
    guard let split else {
      let versions = [UInt32](repeating: 0, count: rows.rowCount)
      guard let only = answering.first else {
        return ModelAnswers(rows: blank(rows.rowCount), versions: versions)
      }
      var answers = ask(only, columns, rows.rowCount, stops: stops)
      answers.versions = versions
      return answers
    }
    return ask(columns, by: split.parts(of: rows), stops: stops)
  }

  /// Each version its rows; the answers come back in the order of the rows.
  private func ask(_ columns: [Column], by versions: [UInt32], stops: Bool) -> ModelAnswers {
    var rows = Array(repeating: [UInt32](), count: answering.count)
    for (row, version) in versions.enumerated() {
      rows[Int(version)].append(UInt32(truncatingIfNeeded: row))
    }
    var pieces: [Batch] = []
    var failed: [FailedAnswer] = []
    var places = [UInt32](repeating: 0, count: versions.count)
    var given = 0
    for (version, own) in zip(answering, rows) where !own.isEmpty {
      let order = Selection(numbers: own)
      let answers = ask(
        version, columns.map { $0.gathered(by: order) }, own.count, stops: stops)
      pieces.append(answers.rows)
      failed += answers.failed.map { FailedAnswer(row: Int(own[$0.row]), reason: $0.reason) }
      for row in own {
        places[Int(row)] = UInt32(truncatingIfNeeded: given)
        given += 1
      }
    }
    return ModelAnswers(
      rows: Batch.concatenated(pieces).gathered(rows: places),
      failed: failed.sorted { $0.row < $1.row }, versions: versions)
  }

  private func ask(
    _ version: Version, _ columns: [Column], _ count: Int, stops: Bool
  ) -> ModelAnswers {
    // A model is not asked about a null: behind another one most rows may have one.
    let asked = Self.wholeRows(columns, count)
    guard asked > 0 else {
      return ModelAnswers(rows: blank(count), versions: [])
    }
    version.metrics.rows.add(asked)
    var pieces: [Batch] = []
    var failed: [FailedAnswer] = []
    run(version, columns, 0..<count, stops: stops, &pieces, &failed)
    version.metrics.failed.add(failed.count)
    let answers = Batch.concatenated(pieces)
    if let score { version.metrics.scores.add(answers.columns[score].knownFloats) }
    for drift in version.metrics.drifts {
      guard let place = schema.index(of: drift.baseline.output) else { continue }
      drift.add(answers.columns[place].knownNumbers ?? [])
    }
    return ModelAnswers(rows: answers, failed: failed, versions: [])
  }

  /// Rows without a null.
  private static func wholeRows(_ columns: [Column], _ count: Int) -> Int {
    let nullable = columns.filter(\.hasNulls)
    if nullable.isEmpty { return count }
    return (0..<count).count { row in nullable.allSatisfy { $0.isValid(row) } }
  }

  /// Of rows that it fails over together each half is asked again: a row fails only if it does so
  /// alone, whatever rows stood beside it. O(failures × log rows) calls more.
  private func run(
    _ version: Version, _ columns: [Column], _ rows: Range<Int>, stops: Bool,
    _ pieces: inout [Batch], _ failed: inout [FailedAnswer]
  ) {
    if stops, !failed.isEmpty { return pieces.append(blank(rows.count)) }
    let began = context?.now() ?? .beginning
    version.metrics.calls.add(1)
    do throws(InferenceFailure) {
      let answers = try version.model.run(columns, rowCount: rows.count, batch: spec.batch)
      if let context {
        version.metrics.latency.add(context.now().microseconds &- began.microseconds)
      }
      pieces.append(Batch(schema: schema, columns: answers, rowCount: rows.count))
    } catch {
      guard rows.count > 1 else {
        failed.append(FailedAnswer(row: rows.lowerBound, reason: error.reason))
        return pieces.append(blank(1))
      }
      let half = rows.count / 2
      for part in [0..<half, half..<rows.count] {
        let order = Selection(rows: Array(part))
        run(
          version, columns.map { $0.gathered(by: order) },
          rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound, stops: stops,
          &pieces, &failed)
      }
    }
  }

  private func blank(_ count: Int) -> Batch {
    Batch(
      schema: schema, columns: schema.fields.map { .blank($0, count) }, rowCount: count)
  }
}
