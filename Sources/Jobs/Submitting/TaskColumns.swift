import Columns
import Formats
import Plans
import Schemas

/// From where each column of a job's tasks comes.
struct TaskColumns {
  enum Origin {
    /// A column of the decoded file, by its number.
    case file(Int)
    /// One value for all: a column of one row.
    case constant(Column)
    case id
  }

  /// Of each column of `TaskForm.schema`.
  private(set) var origins: [Origin] = []
  /// What is read of the file.
  private(set) var read: [DecodedColumn] = []
  /// Which of those tells rows apart, where one does.
  private(set) var key: Int?
  /// What does, where it is a column that no task has.
  private(set) var ownKey: DecodedColumn?
  /// Columns of one value that a row's own hash counts in.
  private(set) var settled: [(field: Field, column: Column)] = []

  init(
    _ definition: JobDefinition, _ order: SubmissionOrder, now: Timestamp
  ) throws(JobError) {
    let fields = definition.fields
    var constants = try Self.settings(definition, order)
    settled = fields.compactMap { field in
      constants[field.field.name].map { (field.field, $0) }
    }
    if let due = order.due {
      guard let name = definition.columns.due else {
        throw JobError.usage(
          "--at: task `\(definition.task)` has no `at` that is a column of its source")
      }
      constants[name] = try Self.constant(due, fields, name, "--at")
    }
    constants[definition.columns.job] = Self.column(.string) { $0.append(string: order.job) }
    if let name = definition.timeColumn {
      constants[name] = Self.column(.timestamp) { $0.append(int: now.microseconds) }
    }
    for field in fields {
      if field.field.name == definition.columns.id {
        origins.append(.id)
      } else if let column = constants[field.field.name] {
        origins.append(.constant(column))
      } else {
        origins.append(.file(read.count))
        read.append(field)
      }
    }
    try findKey(order.key)
  }

  private mutating func findKey(_ name: String?) throws(JobError) {
    guard let name else { return }
    if let known = read.firstIndex(where: { $0.field.name == name || $0.recordName == name }) {
      guard [.string, .int].contains(read[known].field.type) else {
        throw JobError.usage(
          "--key: `\(name)` is \(read[known].field.type), and a key is `string` or `int`")
      }
      key = known
    } else {
      ownKey = DecodedColumn(field: Field(name, .string, nullable: true), origin: .field(name))
    }
  }

  /// Those of `--set`.
  private static func settings(
    _ definition: JobDefinition, _ order: SubmissionOrder
  ) throws(JobError) -> [String: Column] {
    let own = [definition.columns.id, definition.columns.job, definition.timeColumn]
    var columns: [String: Column] = [:]
    for (name, value) in order.settings {
      guard !own.contains(name) else {
        throw JobError.usage("--set: `\(name)` is filled by the submission itself")
      }
      columns[name] = try constant(value, definition.fields, name, "--set \(name)")
    }
    return columns
  }

  /// A value as a cell of CSV is read.
  private static func constant(
    _ value: String, _ fields: [DecodedColumn], _ name: String, _ option: String
  ) throws(JobError) -> Column {
    guard var field = fields.first(where: { $0.field.name == name }) else {
      let names = fields.map(\.field.name).joined(separator: ", ")
      throw JobError.usage("\(option): the task has no column `\(name)`; it has \(names)")
    }
    field.origin = .field(name)
    let records = RecordBatch(
      partition: PartitionID(source: "option", topic: option, number: 0), capacity: 1,
      byteCapacity: value.utf8.count + 2)
    records.heading = RecordHeading([name])
    records.append(text: "\"\(value.replacing("\"", with: "\"\""))\"", offset: 0)
    do {
      let decoded = try makeDecoder(DecodingSpec(format: .csv, columns: [field])).decode(records)
      if let failure = decoded.failures.first {
        throw JobError.usage("\(option): \(failure.reason)")
      }
      return decoded.batch.columns[0]
    } catch let error as FormatError {
      throw JobError.usage("\(option): \(error)")
    } catch let error as JobError {
      throw error
    } catch {
      throw JobError.usage("\(option): \(error)")
    }
  }

  private static func column(_ type: DataType, _ append: (ColumnBuilder) -> Void) -> Column {
    let builder = ColumnBuilder(type, capacity: 1)
    append(builder)
    return builder.finish()
  }

  /// Columns of a CSV file's heading that must be there and are not, and those that nobody reads.
  func compare(_ heading: RecordHeading) -> (missing: [String], ignored: [String]) {
    let keys = [ownKey].compactMap { $0?.recordName }
    let wanted = read.map(\.recordName) + keys
    let needed = read.filter { !$0.field.isNullable }.map(\.recordName) + keys
    return (
      needed.filter { !heading.names.contains($0) }, heading.names.filter { !wanted.contains($0) }
    )
  }
}
