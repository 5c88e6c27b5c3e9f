import Columns
import Connectors
import Formats
import KafkaConnector
import Plans
import Platform
package import Schemas

/// The rows of a file as a job's tasks: read once to find what is wrong with them, and once more to
/// write them. Memory: 16 bytes a row, or 32 while their list grows, and some batches.
package final class Submission {
  /// What a look at the whole file has found.
  package struct Findings: Sendable {
    /// Rows that can become tasks, and those that can't.
    package var good: Int64 = 0
    package var bad: Int64 = 0
    /// The first of those that can't.
    package var firstBad: [BadRow] = []
    /// Rows with the id of another one: all of an id are one task.
    package var repeated: Int64 = 0
    /// Columns of the file that no task has.
    package var ignored: [String] = []
    /// Says whether the file is still the same when it is read again.
    fileprivate var sum: UInt128 = 0
    /// Hashes of the ids, ascending, each once.
    fileprivate var ids: [UInt128] = []

    /// Different tasks.
    package var tasks: Int64 { good - repeated }
  }

  package static let shownBad = 20

  private let definition: JobDefinition
  private let file: SubmittedFile
  private let order: SubmissionOrder
  private let columns: TaskColumns
  private let largestRecord: Int

  /// - Parameters:
  ///   - now: the time of the tasks.
  ///   - largestRecord: bytes that a task may take in its topic.
  package init(
    _ definition: JobDefinition, _ file: SubmittedFile, _ order: SubmissionOrder, now: Timestamp,
    largestRecord: Int
  ) throws(JobError) {
    guard JobName.isValid(order.job) else {
      throw JobError.usage(
        "--name: a job's name has letters, digits, `.`, `-` and `_`, at most"
          + " \(JobName.longest) of them, not `\(order.job)`")
    }
    self.definition = definition
    self.file = file
    self.order = order
    self.largestRecord = largestRecord
    columns = try TaskColumns(definition, order, now: now)
  }

  /// What bad rows are told by.
  package var unit: String { file.unit }

  /// Reads the file and says what it holds. `tell` gets each bad row, `passed` the rows so far.
  package func check(
    tell: (BadRow) throws -> Void = { _ in }, passed: (Int64) -> Void = { _ in }
  ) throws -> Findings {
    var findings = Findings()
    try read { tasks in
      for bad in tasks.bad {
        if findings.firstBad.count < Self.shownBad { findings.firstBad.append(bad) }
        try tell(bad)
      }
      for id in tasks.ids {
        findings.ids.append(id.bits)
        findings.sum &+= id.bits
      }
      findings.bad += Int64(tasks.bad.count)
      findings.good += Int64(tasks.ids.count)
      passed(findings.good + findings.bad)
    } heading: { heading in
      let (missing, ignored) = columns.compare(heading)
      findings.ignored = ignored
      if !missing.isEmpty { throw lacking(missing, heading) }
    }
    findings.ids.sort()
    var last: UInt128?
    findings.ids.removeAll { id in
      defer { last = id }
      return id == last
    }
    findings.repeated = findings.good - Int64(findings.ids.count)
    return findings
  }

  /// Refuses to go on where nothing can be written to.
  package func expectTopic(_ access: TopicAccess) throws {
    try access.expect(access.place(of: definition.source))
  }

  /// Writes the tasks; brokers have all of them on return. To do so again writes the same tasks.
  package func send(
    _ findings: Findings, _ access: TopicAccess, passed: (Int64) -> Void = { _ in }
  ) throws {
    let place = try access.place(of: definition.source)
    let writer = try access.writer(to: place)
    var sum: UInt128 = 0
    var count: Int64 = 0
    try read { tasks in
      try writer.write(tasks.records, to: place.name)
      for id in tasks.ids { sum &+= id.bits }
      count += Int64(tasks.ids.count)
      passed(count)
    }
    try writer.finish()
    guard sum == findings.sum, count == findings.good else {
      throw JobError(
        "\(file.path) has changed while it was submitted: submit it again, and what was sent is not"
          + " sent twice")
    }
  }

  private func read(
    _ take: (TaskRows.Tasks) throws -> Void, heading: (RecordHeading) throws -> Void = { _ in }
  ) throws {
    let records = try file.open(columns)
    if let names = records.heading { try heading(names) }
    let rows = try TaskRows(
      definition, order, columns, file, largestRecord: largestRecord, times: records.times)
    while let batch = try records.next() { try take(rows.tasks(batch, lacks: records.lacks)) }
  }

  private func lacking(_ missing: [String], _ heading: RecordHeading) -> JobError {
    let names = missing.map { "`\($0)`" }.joined(separator: ", ")
    return JobError.usage(
      "\(file.path) lacks \(missing.count == 1 ? "the column" : "the columns") \(names); it has"
        + " \(heading.names.joined(separator: ", ")). Give one value for all with"
        + " `--set \(missing[0])=…`, or write the column")
  }
}

extension Submission {
  /// Different tasks of the job with those that its topic holds by now: several files may have
  /// submitted some. O(records of the topic).
  package func tasks(_ findings: Findings, _ access: TopicAccess) throws -> Int64 {
    var others: Set<UInt128> = []
    let fields = definition.fields
    func name(_ column: String) -> String {
      fields.first { $0.field.name == column }?.recordName ?? column
    }
    let (id, job) = (name(definition.columns.id), name(definition.columns.job))
    let reading = try RowReading(Schema([Field(id, .string), Field(job, .string)]))
    try TopicTail(try access.place(of: definition.source), access)?.readToEnd { records in
      let batch = reading.rows(records)
      for row in batch.numbers where batch.text(job, row) == order.job {
        guard let text = batch.text(id, row), !TaskID.isRedriven(text) else { continue }
        let hash = WideHash(text).bits
        if !findings.holds(hash) { others.insert(hash) }
      }
    }
    return findings.tasks + Int64(others.count)
  }

  /// The job's row as it is to be: a job that is there keeps its state. `tasks`: all of the job's.
  package func record(
    _ before: JobRecord?, tasks: Int64, isPaused: Bool, now: Timestamp
  ) throws(JobError) -> JobRecord {
    if before?.state == .cancelled {
      throw JobError(
        "job `\(order.job)` was cancelled: its tasks would end at once. Take another name, or"
          + " `raudal job resume \(order.job)` first")
    }
    var job = before ?? JobRecord(name: order.job)
    if isPaused { job.state = .paused }
    job.file = file.name
    job.rows = max(before?.rows ?? 0, tasks)
    job.submittedAt = before?.submittedAt ?? now
    return job
  }
}

extension Submission.Findings {
  fileprivate func holds(_ id: UInt128) -> Bool {
    var (low, high) = (0, ids.count)
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low < ids.count && ids[low] == id
  }
}
