import Connectors
import Foundation
import Schemas
import Testing

@testable import Jobs

struct SubmissionTests {
  @Test func `a row becomes a task with an id, a job and a time`() throws {
    let mailing = try Mailing()
    let file = try mailing.file("a.csv", "age,email,other\n7,x@y.example,z\n,\"a,b\",\n")
    #expect(
      try Mailing.records(file, Mailing.order(key: "email")) == [
        #"{"task_id":"spring/x@y.example","job":"spring","email":"x@y.example","age":7,"#
          + #""template":"hello","requested_at":"2026-01-01T00:00:00Z"}"#,
        #"{"task_id":"spring/a,b","job":"spring","email":"a,b","template":"hello","#
          + #""requested_at":"2026-01-01T00:00:00Z"}"#,
      ])
    let findings = try Mailing.submission(file).check()
    #expect(findings.good == 2 && findings.bad == 0)
    #expect(findings.ignored == ["other"])
  }

  @Test func `the same row has the same id in whatever form and place it stands`() throws {
    let mailing = try Mailing()
    let csv = try mailing.file("a.csv", "email,age\na@x,1\nb@x,2\n")
    let other = try mailing.file("b.csv", "x,age,email\n9,2,b@x\n8,1,a@x\n")
    let json = try mailing.file(
      "c.jsonl", "{\"age\": 1, \"email\": \"a@x\"}\n\n{\"email\": \"b@x\", \"age\": 2}\n")
    let ids = try [csv, other, json].map { file in
      Set(try Mailing.records(file).map { $0.prefix(60) })
    }
    #expect(ids[0].count == 2)
    #expect(ids[0] == ids[1] && ids[0] == ids[2])
    let setting = Mailing.order([("template", "goodbye")])
    #expect(try Set(Mailing.records(csv, setting).map { $0.prefix(60) }).isDisjoint(with: ids[0]))
  }

  @Test func `an id is the same for ever`() throws {
    let mailing = try Mailing()
    let file = try mailing.file("a.csv", "email,age\na@x,1\n")
    let id = try Mailing.records(file)[0].prefix(60)
    #expect(id == #"{"task_id":"spring/e211aa7159263ddfb69d49323a6ba10a","job":""#)
  }

  @Test func `bad rows are told by their lines, quoted line ends and empty lines counted`() throws {
    let mailing = try Mailing()
    let file = try mailing.file(
      "a.csv",
      "email,age\n\"a\nb\",1\n\nc@x,old\nd@x,2\ne@x\n\"f\"x,3\ng@x,")
    var told: [BadRow] = []
    let findings = try Mailing.submission(file).check(tell: { told.append($0) })
    #expect(findings.good == 3)
    #expect(told.map(\.line) == [5, 7, 8])
    #expect(told == findings.firstBad)
    #expect(told[0].reason.contains("age"), "\(told[0])")
  }

  @Test func `of many bad rows the first are kept and all are told`() throws {
    let mailing = try Mailing()
    let lines = (0..<10_000).map { $0 % 2 == 0 ? "{\"email\":\"\($0)@x\"}\n" : "{}\n" }
    let file = try mailing.file("a.jsonl", lines.joined())
    var told: [Int64] = []
    let findings = try Mailing.submission(file).check(tell: { told.append($0.line) })
    #expect(findings.good == 5_000 && findings.bad == 5_000)
    #expect(told == (1...5_000).map { Int64(2 * $0) })
    #expect(findings.firstBad.count == Submission.shownBad)
  }

  @Test func `rows of one id are one task`() throws {
    let mailing = try Mailing()
    let file = try mailing.file("a.csv", "email,age\na@x,1\nb@x,1\na@x,1\na@x,2\n")
    let byRow = try Mailing.submission(file).check()
    #expect(byRow.good == 4 && byRow.repeated == 1 && byRow.tasks == 3)
    let byKey = try Mailing.submission(file, Mailing.order(key: "email")).check()
    #expect(byKey.repeated == 2 && byKey.tasks == 2)
  }

  @Test func `a key may be a column that no task has, and must be there`() throws {
    let mailing = try Mailing()
    let file = try mailing.file("a.csv", "email,customer\na@x,c1\nb@x,\nc@x,c#2\nd@x,c#1\n")
    let findings = try Mailing.submission(file, Mailing.order(key: "customer")).check()
    #expect(findings.good == 1)
    #expect(findings.firstBad.map(\.line) == [3, 4, 5])
    #expect(findings.firstBad[2].reason.contains("take another column for --key"))
    #expect(try Mailing.records(file, Mailing.order(key: "customer"))[0].contains("spring/c1"))
    #expect(throws: JobError.self) {
      _ = try Mailing.submission(file, Mailing.order(key: "client")).check()
    }
  }

  @Test func `a key that no task has may be a number, and is none of what a task says`() throws {
    let mailing = try Mailing()
    let json = try mailing.file(
      "a.jsonl",
      "{\"customer\":17,\"email\":\"a@x\"}\n{\"customer\":\"x1\",\"email\":\"b@x\"}\n"
        + "{\"customer\":[1],\"email\":\"c@x\"}\n{\"customer\":18,\"email\":1}\n"
        + "{\"email\":\"d@x\"}\n")
    let findings = try Mailing.submission(json, Mailing.order(key: "customer")).check()
    #expect(findings.firstBad.map(\.line) == [3, 4, 5], "\(findings.firstBad)")
    let csv = try mailing.file("a.csv", "email,customer\na@x,17\nb@x,x1\n")
    let records = try [json, csv].map {
      try Mailing.records($0, Mailing.order(key: "customer"))
    }
    #expect(records[0] == records[1] && records[0][0].contains("spring/17"), "\(records)")
  }

  @Test func `a column that a file lacks is told before its rows`() throws {
    let mailing = try Mailing()
    let file = try mailing.file("a.csv", "mail,age\na@x,1\n")
    let error = #expect(throws: JobError.self) { _ = try Mailing.submission(file).check() }
    #expect(error?.message.contains("lacks the column `email`") ?? false, "\(error as Any)")
    #expect(error?.isUsage ?? false)
  }

  @Test(arguments: [
    ("colour", "red", "has no column `colour`"), ("age", "old", "--set age"),
    ("task_id", "1", "filled by the submission"), ("requested_at", "1", "filled by"),
  ])
  func `a setting that can't be is refused`(_ column: String, _ value: String, _ text: String)
    throws
  {
    let mailing = try Mailing()
    let file = try mailing.file("a.csv", "email\na@x\n")
    let error = #expect(throws: JobError.self) {
      _ = try Mailing.submission(file, Mailing.order([(column, value)]))
    }
    #expect(error?.message.contains(text) ?? false, "\(error as Any)")
  }

  @Test func `a time and values with quotes stand in every task`() throws {
    let mailing = try Mailing()
    let file = try mailing.file("a.csv", "email\na@x\n")
    let order = Mailing.order(
      [("template", "say \"hi\",\nyou"), ("age", "9")], key: "email", due: "2026-05-01T08:00:00Z")
    #expect(
      try Mailing.records(file, order) == [
        #"{"task_id":"spring/a@x","job":"spring","email":"a@x","age":9,"#
          + #""template":"say \"hi\",\nyou","send_at":"2026-05-01T08:00:00Z","#
          + #""requested_at":"2026-01-01T00:00:00Z"}"#
      ])
  }

  @Test func `files of other forms are refused by their names`() throws {
    #expect(throws: JobError.self) { _ = try SubmittedFile("list.xlsx") }
    let error = #expect(throws: JobError.self) { _ = try SubmittedFile("list.parquet.gz") }
    #expect(error?.message.contains("Parquet") ?? false)
    #expect(throws: Never.self) { _ = try SubmittedFile("LIST.CSV.GZ") }
  }

  @Test func `a row that is too large for a record is a bad one`() throws {
    let mailing = try Mailing()
    let large = String(repeating: "x", count: 1_000_000)
    let file = try mailing.file("a.csv", "email\na@x\n\(large)\nb@x\n")
    let findings = try Mailing.submission(file).check()
    #expect(findings.good == 2)
    #expect(findings.firstBad.map(\.line) == [3])
    // As large as the topic takes them.
    let larger = try Mailing.submission(file, largestRecord: 2_000_000).check()
    #expect(larger.good == 3)
  }

  @Test func `a quote that is not closed is told as what it may be`() throws {
    let mailing = try Mailing()
    let rest = String(repeating: "x", count: 1 << 20) + "\n"
    let file = try mailing.file("a.csv", "email\na@x\n\"b@x\n")
    let handle = try FileHandle(forWritingTo: URL(filePath: file.path))
    try handle.seekToEnd()
    for _ in 0..<65 { try handle.write(contentsOf: Data(rest.utf8)) }
    try handle.close()
    let error = #expect(throws: ConnectorError.self) { _ = try Mailing.submission(file).check() }
    #expect(error?.message.contains("line 3") ?? false, "\(error as Any)")
    #expect(error?.message.contains("a quote in it may not be closed") ?? false)
  }

  @Test func `a job that is there keeps its state, a cancelled one takes nothing`() throws {
    let mailing = try Mailing()
    let file = try mailing.file("a.csv", "email\na@x\n")
    let submission = try Mailing.submission(file)
    let findings = try submission.check()
    func record(_ state: JobRecord.State?, isPaused: Bool = false) throws -> JobRecord {
      let before = state.map { JobRecord(name: "spring", state: $0) }
      return try submission.record(
        before, tasks: findings.tasks, isPaused: isPaused, now: Mailing.now)
    }
    #expect(try record(nil).state == .running)
    #expect(try record(nil, isPaused: true).state == .paused)
    #expect(try record(.paused).state == .paused)
    #expect(throws: JobError.self) { _ = try record(.cancelled) }
    #expect(try record(nil).rows == 1)
  }
}
