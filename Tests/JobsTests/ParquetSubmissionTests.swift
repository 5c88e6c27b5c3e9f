import Foundation
import Testing

@testable import Jobs

/// Rows of a Parquet file (`scripts/parquet_files`) as a job's tasks.
struct ParquetSubmissionTests {
  private static func file(_ name: String = "mailing") throws -> SubmittedFile {
    var folder = URL(filePath: #filePath)
    while folder.lastPathComponent != "Tests" { folder.deleteLastPathComponent() }
    return try SubmittedFile(folder.appending(path: "Golden/Parquet/\(name).parquet").path)
  }

  @Test func `a row becomes the task that it becomes of other files`() throws {
    let records = try Mailing.records(Self.file())
    let mailing = try Mailing()
    let csv = try mailing.file(
      "a.csv",
      """
      email,age,send_at
      a@x,7,2026-03-01T10:00:00Z
      "b,""b""@x",,
      "",8,1970-01-01T00:00:00.001Z
      """)
    #expect(records.count == 3)
    #expect(try Mailing.records(csv) == records)
    #expect(records[0].contains(#""email":"a@x","age":7,"template":"hello""#), "\(records)")
    #expect(records[0].contains(#""send_at":"2026-03-01T10:00:00Z""#), "\(records)")
  }

  @Test func `bad rows are told by their numbers, a null from an empty text`() throws {
    let submission = try Mailing.submission(Self.file())
    let findings = try submission.check()
    #expect(submission.unit == "row")
    #expect(findings.good == 3)
    #expect(findings.firstBad.map(\.line) == [3, 4])
    #expect(findings.firstBad[0].reason == "`email` is null, but its type is not `string?`")
    #expect(findings.firstBad[1].reason.contains("age"))
    #expect(findings.ignored == ["customer", "tags"])
  }

  @Test func `a key may be a number of a column that no task has`() throws {
    let records = try Mailing.records(Self.file(), Mailing.order(key: "customer"))
    #expect(records.map { $0.prefix(22) } == [11, 12, 15].map { #"{"task_id":"spring/\#($0)""# })
  }

  @Test func `what can't be read is told with the file's name`() throws {
    let nested = #expect(throws: JobError.self) {
      _ = try Mailing.submission(Self.file(), Mailing.order(key: "tags")).check()
    }
    #expect(nested?.message.contains("column `tags`: it is nested") ?? false, "\(nested as Any)")
    let lacking = #expect(throws: JobError.self) {
      _ = try Mailing.submission(Self.file("int96")).check()
    }
    #expect(lacking?.message.contains("lacks the column `email`") ?? false, "\(lacking as Any)")
    let mailing = try Mailing()
    let text = #expect(throws: JobError.self) {
      _ = try Mailing.submission(mailing.file("a.parquet", "email\na@x\n")).check()
    }
    #expect(text?.message.contains("a.parquet: the footer: it is no Parquet file") ?? false)
    #expect(throws: JobError.self) { _ = try SubmittedFile("a.parquet", separator: ";") }
  }
}
