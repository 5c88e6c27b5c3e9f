import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Adds the columns of a table elsewhere, which it asks, to each row; or the answers of a model
/// there, whose versions share the rows by a key.
///
/// It never waits: rows are held until their answers come, watermarks wait behind the rows they
/// follow, and barriers pass, for what is held is in the snapshot with the answers that have come;
/// the others are asked for again behind a restore. When too much waits it is full. Equal keys are
/// asked for once; what was answered a short while ago is known. Where answers must not change they
/// are written down before their rows leave.
final class AskOperator: HoldingOperator {
  static let rowCapacity = 16 * Batch.rowLimit
  /// Of texts, where rows are large.
  static let byteCapacity = 64 << 20

  /// Rows of a piece that were taken from the queue and are put out.
  private struct Leaving {
    var piece: AskedRows
    var rows: [UInt32]
    /// Those with answers, as far as they have not left.
    var matched: ArraySlice<UInt32>
  }

  private let id: OperatorID
  let policy: LookupPolicy
  private let input: Schema
  /// Whether the fallback stands in for answers that are no rows of the table as well.
  let replacesUnreadable: Bool
  private let keys: [Int]
  private let keySchema: Schema
  private let lookupKeys: LookupKeys
  let result: AnsweredRows
  private let answers = AnswerBox()
  /// Those that are asked; there is one at least.
  var versions: [AskedVersion]
  /// The numbers of those that answer, which `split` divides rows among, and of the others.
  private let answering: [Int]
  private let shadows: [Int]
  private let split: VersionSplit?
  private var queue: AskedQueue
  /// nil where answers may be others behind a restart.
  private var journal: AnswerJournal?
  private var kept: KeptAnswers
  private var outbox = Outbox()
  private var leaving: Leaving?
  private(set) var isFull = false
  /// Nobody takes rows any more.
  private var isUnwanted = false
  private(set) var nextWallTimer: Timestamp?
  private(set) var context: (any OperatorContext)?

  /// `questions` ask the table, or each of its model's versions; the columns that choose among
  /// these stand behind the keys.
  init(
    _ plan: PhysicalOperator, input: Schema, table: TableSpec, keys: [String],
    columns: [EnrichedColumn], isRequired: Bool, book: AnswerBook? = nil,
    baseline: ModelBaseline? = nil, questions: [LookupQuestion]
  ) throws(OperatorError) {
    id = plan.id
    policy = table.lookup ?? LookupPolicy()
    self.input = input
    replacesUnreadable = table.model != nil && table.lookup?.fallback != nil
    let places = try ColumnPlaces.find(keys, in: input, plan.id)
    self.keys = Array(places.prefix(table.keys.count))
    keySchema = Schema(
      zip(table.keys, self.keys).map { name, place in Field(name, input.fields[place].type) })
    lookupKeys = LookupKeys(keySchema.fields.map(\.type))
    var whole = table
    whole.version = nil
    result = try AnsweredRows(
      plan, input: input, table: whole, columns: columns, isRequired: isRequired)
    let versions = AskedVersion.all(of: table, baseline, questions)
    self.versions = versions
    answering = versions.indices.filter { !versions[$0].isShadow }
    shadows = versions.indices.filter { versions[$0].isShadow }
    guard !answering.isEmpty else {
      throw OperatorError(stage: plan.id, reason: "\(whole.place) is not connected")
    }
    split = Self.split(table, places, among: answering.count)
    queue = AskedQueue(isOrdered: policy.isOrdered)
    journal = book.map { AnswerJournal(plan.id, AnswerForm(table), $0) }
    kept = KeptAnswers(AnswerForm(table, askedBy: keys))
  }

  /// nil where one answers all rows.
  private static func split(_ table: TableSpec, _ places: [Int], among count: Int) -> VersionSplit?
  {
    let choosing = places.dropFirst(table.keys.count)
    guard let model = table.model, count > 1, let sticky = choosing.first else { return nil }
    return VersionSplit(
      model, sticky: sticky, choice: choosing.count > 1 ? choosing.last : nil)
  }

  var needsJournal: Bool { journal != nil }
  var states: [StateDeclaration] {
    [HeldRows.declaration(of: input), JournaledEntries.declaration]
  }

  var holdsRows: Bool { queue.count > 0 || !outbox.isEmpty || leaving != nil }
  var hasMore: Bool { queue.hasReady }
  var awaitsAnswers: Bool { queue.count > 0 }
  var releasedWatermark: Timestamp { queue.watermark }

  func open(_ context: any OperatorContext) throws(OperatorError) {
    self.context = context
    for number in versions.indices { versions[number].open(context.metrics.inference) }
    if journal != nil { nextWallTimer = context.now() }
  }

  func restore(from reader: any StateReader) throws {
    var held: [Batch] = []
    while let block = try reader.next() {
      if block.state == JournaledEntries.declaration.name {
        for entry in JournaledEntries.entries(block.rows) {
          if journal == nil { kept.restore(entry) } else { try journal?.replay(entry) }
        }
      } else if block.rows.rowCount > 0 {
        held.append(HeldRows.rows(of: block, input))
      }
    }
    for rows in held { take(rows) }
    kept.removeAll()
    if journal == nil { send() }
  }

  func replay(_ entry: [UInt8]) throws(OperatorError) { try journal?.replay(entry) }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard batch.selectedCount > 0 else { return .done }
    context?.metrics.rowsIn.add(batch.selectedCount)
    if isUnwanted {
      context?.metrics.filtered.add(batch.selectedCount)
      return .done
    }
    Intake.letGoOfRecords(batch)
    let rows = batch.gathered()
    context?.metrics.absorbed.add(rows.rowCount)
    take(rows)
    return try goOn(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    queue.add(time)
    return .done
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { try goOn(output) }

  func wallTime(_ now: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    let time = TimeRendering.duration(policy.timeout)
    for number in versions.indices {
      while let call = versions[number].calls.overdue(at: now) {
        let reason = "\(versions[number].place) gave no answer within \(time)"
        fail(call, LookupFailure(reason, isRetriable: true), of: number)
      }
    }
    return try goOn(output)
  }

  func completed(
    _ completion: Completion, output: any Output
  ) throws(OperatorError) -> Progress {
    if let given = journal?.durable(completion.ticket) {
      for row in given { queue.answer(row.piece, row.row, row.found) }
      return try goOn(output)
    }
    if completion.ticket == journal?.bell { return try goOn(output) }
    guard let answer = answers.take(completion.ticket) else { return .done }
    for number in versions.indices {
      guard let call = versions[number].calls.answered(completion.ticket) else { continue }
      switch answer {
      case .success(let found): succeed(call, found, of: number)
      case .failure(let failure): fail(call, failure, of: number)
      }
      return try goOn(output)
    }
    // One that came too late is nobody's, and costs all the same.
    count(answer.usage)
    return .done
  }

  func letGo() {
    isUnwanted = true
    queue.removeRows()
    leaving = nil
    for number in versions.indices {
      versions[number].calls.removeAll()
      versions[number].waiters = [:]
    }
    journal?.letGo()
    nextWallTimer = nil
    isFull = false
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    guard let context else { return nil }
    let blocks = queue.batches.map { HeldRows.block($0, of: context.keyGroups) }
    let answered = queue.answered
    let written =
      journal?.blocks(at: epoch, answered: answered, context)
      ?? kept.blocks(answered.filter { isLasting($0.found) }, context)
    return JoinedSnapshot([], blocks: blocks + written, isDelta: false)
  }
}

// Rows and answers.
extension AskOperator {
  private func take(_ rows: Batch) {
    let piece = queue.add(rows)
    if !(journal?.keepsWaiting(piece) ?? false) { ask(for: piece) }
  }

  /// Answers those rows that it can, and wants to know the others' keys.
  private func ask(for piece: AskedRows) {
    guard let now = context?.now() else { return }
    let rows = piece.rows
    let wanted = Batch(
      schema: keySchema, columns: keys.map { rows.columns[$0] }, rowCount: rows.rowCount)
    let keys = lookupKeys.keys(of: wanted.columns, rowCount: rows.rowCount)
    let parts = split?.parts(of: rows)
    var hits = 0
    for (row, key) in keys.enumerated() {
      guard let key else {
        queue.answer(piece, row, .missing)
        continue
      }
      if let known = journal?.known(piece, row), stillHolds(known.found) {
        give(piece, row, known.found, number: known.number)
        continue
      }
      if let known = kept.take(piece, row), stillHolds(known) {
        queue.answer(piece, row, known)
        continue
      }
      let place = KeyPlace(keys: wanted, row: row)
      let number = answering[parts.map { Int($0[row]) } ?? 0]
      if let known = look(for: key, place, of: number, now) {
        hits += 1
        give(piece, row, known)
      } else {
        want(key, place, AskedVersion.Waiter(piece: piece, row: row), of: number, now)
      }
      for shadow in shadows { compare(key, place, by: shadow, now) }
    }
    if policy.cache != nil {
      context?.metrics.calls.hits.add(hits)
      context?.metrics.calls.misses.add(rows.rowCount - hits)
    }
  }

  /// The answer of a row, once it is written down where that is asked for. `number`: it was before.
  func give(_ piece: AskedRows, _ row: Int, _ found: FoundRow, number: UInt64? = nil) {
    guard let context, journal != nil, isLasting(found) else {
      return queue.answer(piece, row, found)
    }
    journal?.write(
      AnswerJournal.Given(piece: piece, row: row, found: found),
      number: number ?? context.random())
  }

  /// What stops the pipeline must not do so again behind a restart.
  private func isLasting(_ found: FoundRow) -> Bool { !found.isFailure || result.goesOn }

  /// Whether a row may still be given what it was given before a restart, as the stage is now.
  private func stillHolds(_ found: FoundRow) -> Bool {
    if case .fallback = found { return policy.fallback != nil }
    return isLasting(found)
  }

  /// Appends to the journal what was given.
  private func write() {
    guard let context else { return }
    for given in journal?.append(context) ?? [] {
      queue.answer(given.piece, given.row, given.found)
    }
  }

  /// Sends what may go.
  private func send() {
    guard let context else { return }
    let now = context.now()
    for number in versions.indices { send(of: number, context, now) }
    context.metrics.calls.underWay.set(Int64(versions.reduce(0) { $0 + $1.calls.count }))
    context.metrics.calls.isOpen.set(versions.contains { $0.calls.isOpen } ? 1 : 0)
    nextWallTimer = versions.compactMap { $0.calls.timer(at: now) }.min()
    checkFull()
  }

  private func send(of number: Int, _ context: any OperatorContext, _ now: Timestamp) {
    // Where failing stops the pipeline rows rather wait until calls succeed again.
    if policy.fallback != nil || result.goesOn || versions[number].isShadow {
      let (refused, quiet) = versions[number].calls.refused(at: now)
      if !refused.isEmpty { refuse(refused, of: number, until: quiet) }
    }
    while let call = versions[number].calls.next(at: now, columns) {
      let (ticket, done) = context.expect()
      versions[number].calls.sent(call, as: ticket, at: now)
      versions[number].question(call.batch) { [answers] answer in
        answers.put(answer, for: ticket)
        done()
      }
    }
  }

  private func refuse(_ keys: [LookupKey], of number: Int, until quiet: Timestamp?) {
    let reason =
      quiet.map {
        "its server wants to be left alone until \(TimeRendering.timestamp($0.microseconds))"
      } ?? "too many calls failed"
    let failure = LookupFailure(
      "\(versions[number].place) is not asked, for \(reason)", isRetriable: true)
    context?.metrics.calls.refused.add(keys.count)
    for key in keys { tell(key, without: failure, of: number) }
  }

  private func columns(of entries: [PendingKeys.Entry]) -> Batch {
    let columns = keySchema.fields.enumerated().map { place, field in
      let builder = ColumnBuilder(field.type, capacity: max(entries.count, 1))
      for entry in entries { builder.append(from: entry.keys.columns[place], row: entry.row) }
      return builder.finish()
    }
    return Batch(schema: keySchema, columns: columns, rowCount: entries.count)
  }

  /// Sends, and puts out what has its answers: at the end of each call.
  private func goOn(_ output: any Output) throws(OperatorError) -> Progress {
    if let context { for piece in journal?.settle(context) ?? [] { ask(for: piece) } }
    send()
    write()
    let progress = try outbox.drain(output) { (outbox) throws(OperatorError) -> Bool in
      if leaving == nil {
        guard let (piece, rows) = queue.take() else { return false }
        let matched = try result.sort(piece, rows, context?.metrics, &outbox, output)
        leaving = Leaving(piece: piece, rows: rows, matched: matched[...])
      }
      putPart(&outbox, output)
      return true
    }
    checkFull()
    return progress
  }

  /// One batch of what leaves: large answers are copied only as there is room for them.
  private func putPart(_ outbox: inout Outbox, _ output: any Output) {
    guard var leaving else { return }
    if !leaving.matched.isEmpty {
      let count = result.part(of: leaving.matched, leaving.piece)
      let rows = Array(leaving.matched.prefix(count))
      outbox.add(result.enriched(leaving.piece, rows), .main, output)
      leaving.matched = leaving.matched.dropFirst(count)
    }
    self.leaving = leaving.matched.isEmpty ? nil : leaving
    if self.leaving == nil { queue.release(leaving.piece, leaving.rows) }
  }

  /// Full until half of it is gone, so that sources read more than a row when they are let.
  private func checkFull() {
    let part = isFull ? 2 : 1
    isFull = queue.count * part >= Self.rowCapacity || queue.textBytes * part >= Self.byteCapacity
  }
}

extension AskOperator: WaitingOperator {
  var waiting: Waiting { Waiting(rows: queue.count) }
}
