import Columns
import Formats
import Plans
package import Schemas

/// What is known of one job: its row in the table that steers.
package struct JobRecord: Hashable, Sendable {
  package enum State: String, Sendable, CaseIterable { case running, paused, cancelled }

  package var name: String
  package var state: State
  /// Tasks a second at most; nil: as many as the task's own limits let.
  package var rate: Double?
  package var task: String?
  /// The file that was submitted last.
  package var file: String?
  /// Different tasks of its files.
  package var rows: Int64?
  package var submittedAt: Timestamp?
  package var changedAt: Timestamp?

  package init(name: String, state: State = .running) {
    self.name = name
    self.state = state
  }

  static func schema(key: String) -> Schema {
    Schema([Field(key, .string)] + JobDefinition.Steering.columns)
  }

  /// nil of a row that has no name. A word that is no state is read as the engine reads it.
  init?(_ batch: Batch, _ row: Int, key: String) {
    guard let name = batch.text(key, row) else { return nil }
    self.name = name
    state = batch.text("state", row).flatMap { State(rawValue: $0) } ?? .paused
    rate = batch.float("rate", row)
    task = batch.text("task", row)
    file = batch.text("file", row)
    rows = batch.int("rows", row)
    submittedAt = batch.int("submitted_at", row).map { Timestamp(microseconds: $0) }
    changedAt = batch.int("changed_at", row).map { Timestamp(microseconds: $0) }
  }

  /// As a record of the topic, its key beside it.
  func encoded(key: String) throws -> EncodedRecords {
    let schema = Self.schema(key: key)
    func text(_ value: String?) -> Column {
      let builder = ColumnBuilder(.string, capacity: 1)
      if let value { builder.append(string: value) } else { builder.appendNull() }
      return builder.finish()
    }
    func number(_ type: DataType, _ value: Int64?) -> Column {
      let builder = ColumnBuilder(type, capacity: 1)
      if let value { builder.append(int: value) } else { builder.appendNull() }
      return builder.finish()
    }
    let rate = ColumnBuilder(.float, capacity: 1)
    if let value = self.rate { rate.append(float: value) } else { rate.appendNull() }
    let batch = Batch(
      schema: schema,
      columns: [
        text(name), text(state.rawValue), rate.finish(), text(task), text(file),
        number(.int, rows), number(.timestamp, submittedAt?.microseconds),
        number(.timestamp, changedAt?.microseconds),
      ], rowCount: 1)
    return try makeEncoder(EncodingSpec(keys: [key]), schema: schema).encode(batch)
  }
}

/// Names of jobs.
package enum JobName {
  package static let longest = 100

  /// Letters of ASCII, digits, dots, hyphens and underlines: a task's id is `JOB/KEY`, and two jobs
  /// must never have one id.
  package static func isValid(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= longest
      && name.unicodeScalars.allSatisfy {
        ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
          || "._-".unicodeScalars.contains($0)
      }
  }
}
