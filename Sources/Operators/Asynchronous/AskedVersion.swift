import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// One that a stage asks: its table, or a version of its model. What is under way there, what is
/// known of it, and who waits for it.
struct AskedVersion {
  /// A row that an answer is for.
  struct Waiter {
    var piece: AskedRows
    var row: Int
  }

  /// The rows of a key.
  struct Waiting {
    var rows: [Waiter] = []
    /// Those that do not wait, and that the answer is counted for.
    var counted = 0
  }

  /// Keys that wait for a shadow at most; about further ones it is not asked.
  static let shadowCapacity = 1_024

  /// What messages call it.
  let place: String
  /// Its answers are only counted.
  let isShadow: Bool
  let question: LookupQuestion
  var calls: LookupCalls
  var cache: LookupCache?
  /// Of keys that are pending, under way, or wait to be asked for again.
  var waiters: [LookupKey: Waiting] = [:]
  /// nil of a table.
  private var metrics: VersionMetrics?
  /// The version's, or where there is none the model's; nil of a table.
  private let name: String?
  private let columns: Schema
  private let baselines: [ScoreDrift.Baseline]
  /// The column of an answer whose values are shown as a distribution.
  private let score: Int?

  /// `number`: of the version; 0 where there is none.
  private init(
    _ table: TableSpec, _ number: Int, _ baseline: ModelBaseline?,
    _ question: @escaping LookupQuestion
  ) {
    var own = table
    own.version = table.model?.versions.indices.contains(number) ?? false ? number : nil
    name = own.versionName ?? table.model?.name
    let columns = Schema(table.decoding.columns.map(\.field))
    self.columns = columns
    baselines = ScoreDrift.Baseline.all(of: baseline, columns)
    place = own.place
    isShadow = own.isShadow
    self.question = question
    let policy = table.lookup ?? LookupPolicy()
    calls = LookupCalls(policy)
    cache = LookupCache(policy.cache)
    score = columns.fields.firstIndex { $0.type == .float }
  }

  /// `questions` are one, or those of the versions in their order.
  static func all(
    of table: TableSpec, _ baseline: ModelBaseline?, _ questions: [LookupQuestion]
  ) -> [AskedVersion] {
    questions.enumerated().map { AskedVersion(table, $0, baseline, $1) }
  }

  mutating func open(_ all: InferenceMetrics) {
    guard let name else { return }
    metrics = all.add(name, isShadow: isShadow, baselines: baselines)
  }

  /// Whether another key may wait for it.
  var hasRoom: Bool { !isShadow || waiters.count < Self.shadowCapacity }

  func count(rows: Int) { metrics?.rows.add(rows) }

  /// A call that was made; nil: it came to nothing.
  func count(callOf time: Int64?) {
    metrics?.calls.add(1)
    if let time { metrics?.latency.add(time) }
  }

  /// A row whose answer was known.
  func count(known found: FoundRow) {
    count(rows: 1)
    metrics?.hits.add(1)
    count(found, rows: 1)
  }

  /// What so many rows were answered with.
  func count(_ found: FoundRow, rows: Int) {
    guard let metrics else { return }
    switch found {
    case .missing: break
    case .fallback, .unreadable, .failed: metrics.failed.add(rows)
    case .row(let answer, let row):
      let values = answer.rows.columns
      if let score, let value = values[score].number(row) {
        metrics.scores.add(repeatElement(value, count: rows))
      }
      for drift in metrics.drifts {
        guard let place = columns.index(of: drift.baseline.output),
          let value = values[place].number(row)
        else { continue }
        drift.add(repeatElement(value, count: rows))
      }
    }
  }
}
