package import Columns
package import Schemas

/// What steps ask of a row and of the rows that were taken before it, beside the bits of the row.
package struct MatchQuestions {
  /// What a step asks, and the measures that it reads.
  package struct Ask {
    let step: Int
    let measures: [Int]

    package init(step: Int, measures: [Int]) {
      self.step = step
      self.measures = measures
    }
  }

  let asks: [Ask]
  let measures: [MatchMeasure]
  /// Columns of the row that are read.
  let read: [Int]
  /// These, then the measures.
  let schema: Schema
  let conditions: any MatchConditions

  package init(
    asks: [Ask], measures: [MatchMeasure], read: [Int], schema: Schema,
    conditions: any MatchConditions
  ) {
    self.asks = asks
    self.measures = measures
    self.read = read
    self.schema = schema
    self.conditions = conditions
  }
}

/// Computes what steps ask.
package protocol MatchConditions: AnyObject {
  /// The rows that meet what a step asks, and those of which that cannot be computed, with why.
  func answer(_ step: Int, _ rows: Batch) -> (met: [Int], failed: [(row: Int, reason: String)])
}

/// Says which steps a row meets, of each thread that awaits it.
final class MatchJudge {
  /// Rows that are read at most for the questions of one row.
  static let mostRows = 1 << 20

  struct Verdict {
    /// By thread, as bits.
    var met: [UInt32] = []
    var failure: String?
    /// Rows that were looked at for it.
    var cost = 0
  }

  /// Of which rows questions want something.
  private struct Reads {
    /// The steps of which all rows are read, and those of which the last one is, as bits.
    var all: UInt32 = 0
    var last: UInt32 = 0
    var previous = false
    /// Names of the measures that are read.
    var measures: Set<String> = []

    mutating func add(_ measure: MatchMeasure) {
      let steps: UInt32 = measure.step.map { 1 << UInt32($0) } ?? .max
      measures.insert(measure.spec.name)
      switch measure.choice {
      case .all: all |= steps
      case .last: last |= steps
      case .previous: previous = true
      }
    }

    mutating func add(_ other: Reads) {
      (all, last, previous) = (all | other.all, last | other.last, previous || other.previous)
      measures.formUnion(other.measures)
    }
  }

  private let questions: MatchQuestions
  private let values: MatchValues
  private let rowSchema: Schema
  /// The steps that ask, as bits.
  private let asking: UInt32
  /// By step, what its question reads.
  private let reads: [Int: Reads]

  /// Fails with an aggregate that this build cannot compute.
  init(_ questions: MatchQuestions, keys: [Field]) throws(UnknownAggregate) {
    self.questions = questions
    values = try MatchValues(questions.measures, keys: keys)
    rowSchema = Schema(Array(questions.schema.fields.prefix(questions.read.count)))
    asking = questions.asks.reduce(0) { $0 | 1 << UInt32($1.step) }
    var reads: [Int: Reads] = [:]
    for ask in questions.asks {
      for number in ask.measures {
        reads[ask.step, default: Reads()].add(questions.measures[number])
      }
    }
    self.reads = reads
  }

  /// Of steps as bits: what the others would read is none of a row's affair that asks for these.
  private func reads(of steps: UInt32) -> Reads {
    var all = Reads()
    for (step, own) in reads where steps >> UInt32(step) & 1 == 1 { all.add(own) }
    return all
  }

  /// Nil where no thread asks: the row's own bits hold for all. O(threads × rows that are read).
  func judge(
    _ attempt: MatchAttempt, _ place: Int, _ program: MatchProgram, _ shelf: RowShelf
  ) -> Verdict? {
    let row = attempt.rows[place]
    let asked = row.met & asking
    guard asked != 0 else { return nil }
    let needs = attempt.threads.map { program.states[Int($0.state)].steps & asked }
    // Threads that took the same rows get the same answers.
    var lasts: [Int32] = []
    var wanted: [UInt32] = []
    var places: [Int32: Int] = [:]
    for (thread, need) in zip(attempt.threads, needs) where need != 0 {
      if let place = places[thread.last] {
        wanted[place] |= need
      } else {
        places[thread.last] = lasts.count
        lasts.append(thread.last)
        wanted.append(need)
      }
    }
    guard !lasts.isEmpty else { return nil }
    var verdict = Verdict()
    let reads = reads(of: wanted.reduce(0, |))
    let (paths, walked) = paths(lasts, reads, attempt, place)
    verdict.cost = walked + lasts.count
    guard paths.numbers.count <= Self.mostRows else {
      verdict.failure = "conditions ask of more than \(Self.mostRows) rows before one row"
      return verdict
    }
    let answers = answers(row, paths, wanted, shelf, &verdict.failure)
    verdict.met = zip(attempt.threads, needs).map { thread, need in
      need == 0 ? row.met : row.met & ~asked | answers[places[thread.last] ?? 0]
    }
    return verdict
  }

  /// The rows that are read of those that were taken, and over how many it went to find them; they
  /// end where they are too many.
  private func paths(
    _ lasts: [Int32], _ reads: Reads, _ attempt: MatchAttempt, _ place: Int
  ) -> (MatchPaths, walked: Int) {
    var paths = MatchPaths()
    var walked = 0
    var taken: [MatchAttempt.Taken] = []
    for last in lasts where paths.numbers.count <= Self.mostRows {
      paths.begin()
      taken.removeAll(keepingCapacity: true)
      var rest = reads.last
      var next = last
      while next >= 0, reads.all | rest != 0 {
        walked += 1
        let row = attempt.taken[Int(next)]
        let step: UInt32 = 1 << UInt32(row.step)
        if (reads.all | rest) & step != 0 { taken.append(row) }
        rest &= ~step
        next = row.before
      }
      for row in taken.reversed() { paths.append(attempt.rows[Int(row.row)].number, row.step) }
      if reads.previous, place > 0 {
        paths.append(attempt.rows[place - 1].number, MatchPaths.previous)
      }
    }
    return (paths, walked)
  }

  /// By path: the steps that ask and are met, of those that are wanted.
  private func answers(
    _ row: MatchAttempt.Row, _ paths: MatchPaths, _ wanted: [UInt32], _ shelf: RowShelf,
    _ failure: inout String?
  ) -> [UInt32] {
    let taken = shelf.gathered(paths.numbers.isEmpty ? [row.number] : paths.numbers[...])
    let (columns, failed) = values.columns(of: taken, paths)
    if let first = failed.first(where: { isRead($0, wanted) }) {
      let spec = questions.measures.first { $0.spec.name == first.aggregate }?.spec
      failure = "a condition asks for a result of `\(spec?.function ?? "")` that is too large"
    }
    let (batch, number) = shelf.place(of: row.number)
    let own = Batch(
      schema: rowSchema, columns: questions.read.map { batch.columns[$0] },
      rowCount: batch.rowCount)
    own.hidden.eventTimes = batch.hidden.eventTimes
    let same = own.gathered(
      rows: Array(repeating: UInt32(truncatingIfNeeded: number), count: wanted.count))
    let rows = Batch(
      schema: questions.schema, columns: same.columns + columns, rowCount: wanted.count,
      hidden: same.hidden)
    var met = Array(repeating: UInt32(0), count: wanted.count)
    let all = wanted.reduce(0, |)
    for step in questions.asks.map(\.step) where all >> UInt32(step) & 1 == 1 {
      let bit: UInt32 = 1 << UInt32(step)
      let answer = questions.conditions.answer(step, rows)
      for place in answer.met where wanted[place] & bit != 0 { met[place] |= bit }
      let broken = answer.failed.first { wanted[$0.row] & bit != 0 }
      if failure == nil, let broken { failure = broken.reason }
    }
    return met
  }

  /// Whether a step that is wanted on the result's path reads it.
  private func isRead(_ result: FailedResult, _ wanted: [UInt32]) -> Bool {
    reads(of: wanted[result.row]).measures.contains(result.aggregate)
  }
}
