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

    /// Different tasks.
    package var tasks: Int64 { good - repeated }
  }

  package static let shownBad = 20

  private let definition: JobDefinition
  private let file: SubmittedFile
  private let order: SubmissionOrder
  private let columns: TaskColumns

  /// - Parameter now: the time of the tasks.
  package init(
    _ definition: JobDefinition, _ file: SubmittedFile, _ order: SubmissionOrder, now: Timestamp
  ) throws(JobError) {
    guard JobName.isValid(order.job) else {
      throw JobError.usage(
        "--name: a job's name has letters, digits, `.`, `-` and `_`, at most"
          + " \(JobName.longest) of them, not `\(order.job)`")
    }
    self.definition = definition
    self.file = file
    self.order = order
    columns = try TaskColumns(definition, order, now: now)
  }

  /// Reads the file and says what it holds. `tell` gets each bad row, `passed` the rows so far.
  package func check(
    tell: (BadRow) throws -> Void = { _ in }, passed: (Int64) -> Void = { _ in }
  ) throws -> Findings {
    var findings = Findings()
    var ids: [UInt128] = []
    try read { tasks in
      for bad in tasks.bad {
        if findings.firstBad.count < Self.shownBad { findings.firstBad.append(bad) }
        try tell(bad)
      }
      for id in tasks.ids {
        ids.append(id.bits)
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
    ids.sort()
    findings.repeated = zip(ids, ids.dropFirst()).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
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
    let records = try file.open()
    if let names = records.heading { try heading(names) }
    let rows = try TaskRows(definition, order, columns, file)
    while let batch = try records.next() { try take(rows.tasks(batch)) }
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
  /// The job's row as it is to be: a job that is there keeps its state.
  package func record(
    _ before: JobRecord?, _ findings: Findings, isPaused: Bool, now: Timestamp
  ) throws(JobError) -> JobRecord {
    if before?.state == .cancelled {
      throw JobError(
        "job `\(order.job)` was cancelled: its tasks would end at once. Take another name, or"
          + " `raudal job resume \(order.job)` first")
    }
    var job = before ?? JobRecord(name: order.job)
    if isPaused { job.state = .paused }
    job.file = file.name
    job.rows = max(before?.rows ?? 0, findings.tasks)
    job.submittedAt = before?.submittedAt ?? now
    return job
  }
}
