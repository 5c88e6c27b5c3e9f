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
  /// nil of a table, and of a model without versions.
  private var metrics: VersionMetrics?
  private let version: ModelSpec.Version?
  /// The column of an answer whose values are shown as a distribution.
  private let score: Int?

  /// `number`: of the version; 0 where there is none.
  private init(_ table: TableSpec, _ number: Int, _ question: @escaping LookupQuestion) {
    var own = table
    let versions = table.model?.versions ?? []
    version = versions.indices.contains(number) ? versions[number] : nil
    own.version = version == nil ? nil : number
    place = own.place
    isShadow = own.isShadow
    self.question = question
    let policy = table.lookup ?? LookupPolicy()
    calls = LookupCalls(policy)
    cache = LookupCache(policy.cache)
    score = table.decoding.columns.firstIndex { $0.field.type == .float }
  }

  /// `questions` are one, or those of the versions in their order.
  static func all(of table: TableSpec, _ questions: [LookupQuestion]) -> [AskedVersion] {
    questions.enumerated().map { AskedVersion(table, $0, $1) }
  }

  mutating func open(_ all: InferenceMetrics) {
    guard let version else { return }
    metrics = all.add(version.name ?? "", isShadow: isShadow)
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
      guard let score, answer.rows.columns[score].isValid(row) else { return }
      metrics.scores.add(repeatElement(answer.rows.columns[score].float(row), count: rows))
    }
  }
}
