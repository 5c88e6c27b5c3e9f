import Connectors
import Formats
import Foundation
import Plans
import Schemas

@testable import Jobs

/// A definition of jobs and files for it, in a folder that goes with it.
final class Mailing {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "raudal-mailing-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  static let definition: JobDefinition = {
    let fields = [
      Field("task_id", .string), Field("job", .string), Field("email", .string),
      Field("age", .int, nullable: true), Field("template", .string),
      Field("send_at", .timestamp, nullable: true), Field("requested_at", .timestamp),
    ]
    let columns = fields.map { DecodedColumn(field: $0, origin: .field($0.name)) }
    let kafka = ConnectorSpec(connector: "kafka", options: [Option("topic", .string("t"))])
    let source = SourceSpec(
      name: "requests", connector: kafka,
      decoding: DecodingSpec(format: .json, columns: columns),
      eventTime: EventTimeSpec(origin: .column("requested_at")))
    return JobDefinition(
      pipeline: "mails", task: "send", source: source,
      columns: .init(id: "task_id", job: "job", due: "send_at"),
      steering: .init(table: source, key: "job"))
  }()

  func file(_ name: String, _ text: String) throws -> SubmittedFile {
    let path = folder.appending(path: name)
    try Data(text.utf8).write(to: path)
    return try SubmittedFile(path.path)
  }

  static let now = Timestamp(microseconds: 1_767_225_600_000_000)

  static func order(
    _ settings: [(column: String, value: String)] = [("template", "hello")], key: String? = nil,
    due: String? = nil
  ) -> SubmissionOrder {
    SubmissionOrder(job: "spring", settings: settings, due: due, key: key)
  }

  static func submission(
    _ file: SubmittedFile, _ order: SubmissionOrder = Mailing.order(),
    largestRecord: Int = TaskForm.usualLargest
  ) throws -> Submission {
    try Submission(definition, file, order, now: now, largestRecord: largestRecord)
  }

  /// The records that a file comes to.
  static func records(
    _ file: SubmittedFile, _ order: SubmissionOrder = Mailing.order()
  ) throws -> [String] {
    let columns = try TaskColumns(definition, order, now: now)
    let reader = try file.open(columns)
    let rows = try TaskRows(
      definition, order, columns, file, largestRecord: TaskForm.usualLargest, times: reader.times)
    var records: [String] = []
    while let batch = try reader.next() {
      let tasks = rows.tasks(batch, lacks: reader.lacks)
      records += (0..<tasks.records.count).map { tasks.records.text($0) }
    }
    return records
  }
}
