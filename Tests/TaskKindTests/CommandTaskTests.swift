import Columns
import CommandConnector
import Connectors
import Foundation
import Platform
import Schemas
import Synchronization
import TestKit
import Testing

/// Calls of `task … using command`: what a program is given, how it ends, and that nothing of it is
/// left.
@Suite(.serialized)
struct CommandTaskTests {
  private static func drive(
    _ script: String, _ more: [String: ResolvedValue] = [:], timeout: Int64 = 10_000_000,
    concurrency: Int = 4, response: [Field] = [], lanes: any BackgroundLanes = ThreadLanes(),
    secrets: [String] = []
  ) throws -> TaskDrive {
    let options: [String: ResolvedValue] = [
      "program": .text("/bin/sh"), "arguments": .list([.text("-c"), .text(script)]),
    ]
    return try TaskDrive(
      CommandConnectorFactory(), options.merging(more) { _, new in new }, timeout: timeout,
      concurrency: concurrency, response: response, lanes: lanes, secrets: secrets)
  }

  private static let row: [Cell] = [7, "a@b.example", "Ana \"x\"; rm -rf", #"{"k":[1]}"#]

  /// Processes with this text among their arguments.
  private static func processes(_ mark: String) -> Int {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return folders.count { folder in
      guard Int(folder) != nil,
        let line = FileManager.default.contents(
          atPath: "/proc/\(folder)/cmdline")
      else { return false }
      return String(decoding: line, as: UTF8.self).contains(mark)
    }
  }

  /// Whether it holds in the end.
  private static func settles(_ holds: () -> Bool) -> Bool {
    for _ in 0..<800 where !holds() { usleep(25_000) }
    return holds()
  }

  /// Shells of ours that have ended and that nobody has waited for.
  private static var unreaped: Int {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return folders.count { folder in
      guard let text = try? String(contentsOfFile: "/proc/\(folder)/stat", encoding: .utf8) else {
        return false
      }
      return text.contains("(sh) Z \(getpid()) ")
    }
  }

  /// A process of ours with this text among its arguments.
  private static func child(_ mark: String) -> pid_t? {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return folders.lazy.compactMap { pid_t($0) }.first { process in
      guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline"),
        String(decoding: line, as: UTF8.self).contains(mark),
        let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
      else { return false }
      return text.contains(") S \(getpid()) ")
    }
  }

  private static func descriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
  }

  @Test func `a program gets its arguments, input, variables and folder, and no more`() throws {
    setenv("TASK_TEST_SECRET", "hidden", 1)
    defer { unsetenv("TASK_TEST_SECRET") }
    let fields = [
      Field("one", .string), Field("two", .string), Field("input", .json), Field("who", .string),
      Field("key", .string), Field("attempt", .string), Field("secret", .string),
      Field("folder", .string), Field("open", .string),
    ]
    let script = """
      import json, os, sys
      print(json.dumps({
        "one": sys.argv[1], "two": sys.argv[2], "input": json.load(sys.stdin),
        "who": os.environ["WHO"], "key": os.environ["RAUDAL_IDEMPOTENCY_KEY"],
        "attempt": os.environ["RAUDAL_ATTEMPT"],
        "secret": os.environ.get("TASK_TEST_SECRET", "none"), "folder": os.getcwd(),
        "open": ",".join(sorted(set(os.listdir("/proc/self/fd")) - {"3"}))}))
      """
    let drive = try Self.drive(
      "",
      [
        "program": .text("/usr/bin/env"),
        "arguments": .list([
          .text("python3"), .text("-c"), .text(script), .template([.text("to "), .key("email")]),
          .key("name"),
        ]),
        "stdin": .object(["id": .key("id"), "doc": .key("doc")]),
        "environment": .object(["WHO": .key("email")]), "directory": .text("/usr"),
      ], response: fields)
    let answer = drive.call(Self.row, key: "k/1", number: 3)
    #expect(answer.end == .done, "\(answer.reason)")
    #expect(answer.status == 0)
    let read = drive.read(answer, fields)
    #expect(
      read == [
        "to a@b.example", "Ana \"x\"; rm -rf", #"{"doc": {"k": [1]}, "id": 7}"#, "a@b.example",
        "k/1", "3", "none", "/usr", "0,1,2",
      ], "\(read)")
    drive.client.close()
  }

  @Test func `ends are told apart, with the last line of the errors`() throws {
    let failed = try Self.drive("echo first >&2; echo 'no such user' >&2; exit 75")
    let answer = failed.call(Self.row)
    #expect(answer.kind == "refused" && answer.status == 75)
    #expect(answer.reason == "exit status 75: no such user", "\(answer.reason)")
    let killed = try Self.drive("kill -9 $$").call(Self.row)
    #expect(killed.kind == "broken" && killed.status == nil && killed.reason.contains("signal 9"))
    let late = try Self.drive("sleep 60", timeout: 500_000).call(Self.row)
    #expect(late.kind == "timeout", "\(late)")
    let loud = try Self.drive("yes", ["output_bytes": .int(1_000)]).call(Self.row)
    #expect(loud.kind == "refused" && loud.status == nil && loud.reason.contains("1000 bytes"))
    let large = ResolvedValue.text(String(repeating: "x", count: 1 << 20))
    let quiet = try Self.drive("exec <&-; exit 0", ["stdin": large])
    #expect(quiet.call(Self.row).end == .done)
    let null = try Self.drive("true", ["stdin": .key("name")]).call([1, "a", nil, nil])
    #expect(null.kind == "invalid" && null.reason.contains("null"))
    let zero = try Self.drive("true", ["environment": .object(["A": .key("name")])])
    #expect(zero.call([1, "a", "x\0y", nil]).kind == "invalid")
  }

  @Test func `what a program was told in its environment is not shown`() throws {
    let drive = try Self.drive(
      "echo \"can't use $KEY\" >&2; exit 1",
      ["environment": .object(["KEY": .text("secret-value")])])
    #expect(drive.call(Self.row).reason == "exit status 1: can't use ***")
  }

  @Test func `a secret is not shown, wherever a program was told it, however it says it`() throws {
    let secret = "very \"hidden\"\nsecond part"
    let drive = try Self.drive(
      "echo \"no $KEY\" >&2; cat >&2; exit 1",
      [
        "environment": .object(["KEY": .template([.text(secret), .key("email")])]),
        "stdin": .object(["key": .text(secret), "id": .key("id")]),
      ], secrets: [secret, ""])
    #expect(drive.call(Self.row).reason == #"exit status 1: {"id":7,"key":"***"}"#)
    let lines = try Self.drive(
      "echo \"$KEY\" | tail -n 1 >&2; exit 1", ["environment": .object(["KEY": .text(secret)])],
      secrets: [secret])
    #expect(lines.call(Self.row).reason == "exit status 1: ***")
  }

  @Test func `limits of memory and time hold`() throws {
    let hungry = try Self.drive(
      "",
      [
        "program": .text("/usr/bin/env"),
        "arguments": .list([.text("python3"), .text("-c"), .text("x = bytearray(1 << 30)")]),
        "memory_mib": .int(256),
      ])
    #expect(hungry.call(Self.row).kind == "refused")
    let busy = try Self.drive("while :; do :; done", ["cpu": .duration(1_000_000)])
    #expect(busy.call(Self.row).kind == "broken")
  }

  @Test func `nothing of a program is left, whatever it starts and however it ends`() throws {
    let mark = "raudal-mark-\(UUID().uuidString)"
    let before = try Self.descriptors()
    let drive = try Self.drive(
      "sh -c 'sleep 61; : \(mark)' & exit 0", timeout: 20_000_000, concurrency: 8)
    let answers = drive.call((0..<40).map { (Self.row, "\($0)") })
    #expect(answers.allSatisfy { $0.end == .done })
    let stubborn = try Self.drive(
      "trap '' TERM; sleep 62; sleep 62; : \(mark)", timeout: 600_000)
    #expect(stubborn.call(Self.row).kind == "timeout")
    drive.client.close()
    stubborn.client.close()
    #expect(Self.settles { Self.processes(mark) == 0 })
    // Other tests open some meanwhile; a leak would be one for each of the forty.
    #expect(Self.settles { (try? Self.descriptors()).map { $0 <= before + 30 } ?? false })
    #expect(Self.unreaped == 0)
  }

  @Test func `programs that run are ended when everything ends`() throws {
    let mark = "raudal-mark-\(UUID().uuidString)"
    let drive = try Self.drive("sleep 63; : \(mark)", timeout: 60_000_000)
    for number in 0..<3 {
      drive.client.perform(drive.attempt(Self.row, key: "\(number)")) { _ in
        Issue.record("nobody waits")
      }
    }
    #expect(Self.settles { Self.processes(mark) >= 3 })
    drive.client.close()
    #expect(Self.settles { Self.processes(mark) == 0 })
  }

  /// Files, look-ups and the tasks of a run have their threads from the same place.
  @Test func `programs that run for long hold up neither other tasks nor input`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "go-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let lanes = ThreadLanes()
    let script = ": > $RAUDAL_IDEMPOTENCY_KEY; while [ ! -e go ]; do sleep 0.3; done"
    let done = Mutex(0)
    let drives = try (0..<3).map { task in
      let drive = try Self.drive(
        script, ["directory": .text(folder.path)], timeout: 120_000_000, concurrency: 32,
        lanes: lanes)
      for call in 0..<32 {
        drive.client.perform(drive.attempt(Self.row, key: "\(task)-\(call)")) { answer in
          #expect(answer.end == .done, "\(answer.reason)")
          done.withLock { $0 += 1 }
        }
      }
      return drive
    }
    let read = Mutex(false)
    lanes.submit(LaneName("file", .input)) { read.withLock { $0 = true } }
    #expect(
      Self.settles {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path).count) == 96
      })
    #expect(Self.settles { read.withLock { $0 } })
    try Data().write(to: folder.appending(path: "go"))
    #expect(Self.settles { done.withLock { $0 } == 96 })
    for drive in drives { drive.client.close() }
  }

  @Test func `a program whose end someone else has waited for is not taken for done`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "go-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let mark = "raudal-mark-\(UUID().uuidString)"
    let drive = try Self.drive(
      "while [ ! -e go ]; do sleep 0.05; done; exit 3; : \(mark)",
      ["directory": .text(folder.path)], timeout: 60_000_000)
    let answer = Mutex<TaskAnswer?>(nil)
    drive.client.perform(drive.attempt(Self.row, key: "1")) { told in
      answer.withLock { $0 = told }
    }
    var found: pid_t?
    #expect(
      Self.settles {
        found = found ?? Self.child(mark)
        return found != nil
      })
    try Data().write(to: folder.appending(path: "go"))
    // Whoever comes first is told how it ended.
    if let found { waitpid(found, nil, 0) }
    #expect(Self.settles { answer.withLock { $0 != nil } })
    let told = try #require(answer.withLock { $0 })
    #expect(["broken", "refused"].contains(told.kind), "\(told)")
    if told.kind == "broken" { #expect(told.reason.contains("not known"), "\(told)") }
    drive.client.close()
  }

  @Test func `errors that flow without pause don't keep a program from its time`() throws {
    let loud = try Self.drive("yes >&2 & yes >&2 & yes >&2 & wait", timeout: 500_000)
    #expect(loud.call(Self.row).kind == "timeout")
    loud.client.close()
  }

  @Test func `a program that is not there is told at the start`() throws {
    #expect(throws: ConnectorError.self) {
      try Self.drive("", ["program": .text("/no/such/tool")])
    }
    #expect(throws: ConnectorError.self) { try Self.drive("", ["program": .text("/etc/passwd")]) }
    #expect(throws: ConnectorError.self) { try Self.drive("", ["directory": .text("/no/such")]) }
    #expect(throws: ConnectorError.self) {
      try Self.drive("", ["environment": .object(["RAUDAL_ATTEMPT": .text("1")])])
    }
  }
}
