import Columns
import Connectors
import HTTPConnector
import Plans
import Platform
import Schemas
import Synchronization
import TestKit
import Testing

/// What requests of tasks say of each row, and what is looked at before any is sent.
@Suite("Requests of tasks", .serialized)
struct HTTPRequestTests {
  private static let input = Schema([
    Field("name", .string), Field("price", .string), Field("link", .string),
  ])
  private static let response = [
    Field("headers", .json), Field("body", .string), Field("id", .string),
  ]

  private static func client(
    _ options: [String: ResolvedValue], timeout: Int64 = 5_000_000, starts: Bool = true
  ) throws -> any TaskClient {
    let task = TaskSpec(
      name: "send", kind: "http", options: [],
      response: response.map { DecodedColumn(field: $0, origin: .field($0.name)) },
      idempotencyKey: "name", timeout: timeout)
    let client = try HTTPConnectorFactory().makeTask(
      task, input: input, options: ResolvedOptions(options),
      environment: LookupScene.environment)
    if starts { try client.start() }
    return client
  }

  private static func call(_ client: any TaskClient, _ rows: [[Cell]], _ row: Int) -> TaskAnswer {
    let attempt = TaskAttempt(
      rows: Batch(input, rows), row: row, idempotencyKey: "k\(row)", number: 1)
    let box = Mutex<TaskAnswer?>(nil)
    let parker = Parker()
    client.perform(attempt) { answer in
      box.withLock { $0 = answer }
      parker.wake()
    }
    while true {
      if let answer = box.withLock({ $0 }) { return answer }
      parker.wait(nanoseconds: 100_000_000)
    }
  }

  private static func text(_ options: [Option]) throws -> ResolvedOptions {
    try OptionResolver(environment: ["KEY": "a \"secret\""]).resolve(options, place: "task `t`")
  }

  @Test func `a header says what stands in its own row, whatever pieces it has`() throws {
    let server = try FaultyService()
    let client = try Self.client([
      "url": .text(server.url + "/echo"),
      "headers": .object([
        "x-pair": .template([.key("price"), .text("-"), .int(2)]),
        "x-first": .template([.float(2.5), .text("/"), .key("price"), .bool(true)]),
        "x-float": .float(1.5), "x-int": .int(7), "x-name": .key("name"),
      ]),
      "body": .template([.float(0.5), .text(" "), .key("price")]),
    ])
    let rows: [[Cell]] = [
      ["ann", "19.99", ""], ["bob", "1.5", ""], ["cleo", "300", ""],
    ]
    for (row, cells) in rows.enumerated() {
      let said = String(decoding: Self.call(client, rows, row).response, as: UTF8.self)
      guard case .text(let name) = cells[0], case .text(let price) = cells[1] else { continue }
      for part in [
        #""x-pair": "\#(price)-2""#, #""x-first": "2.5/\#(price)true""#, #""x-float": "1.5""#,
        #""x-int": "7""#, #""x-name": "\#(name)""#, #""body": "0.5 \"\#(price)\"""#,
      ] {
        let escaped = part.replacing(#"\"\#(price)\""#, with: #"\\\"\#(price)\\\""#)
        #expect(said.contains(part) || said.contains(escaped), "\(part) in \(said)")
      }
      for other in rows where other != cells {
        guard case .text(let foreign) = other[0] else { continue }
        #expect(!said.contains(foreign), "\(foreign) in \(said)")
      }
    }
    client.close()
  }

  @Test func `constant headers are looked at before anything is sent`() throws {
    func failure(_ headers: [String: ResolvedValue]) -> String? {
      do {
        _ = try Self.client([
          "url": .text("http://127.0.0.1:1/"), "headers": .object(headers),
        ])
        return nil
      } catch {
        return (error as? ConnectorError)?.message
      }
    }
    let broken = failure(["x-key": .text("se\r\ncret")])
    #expect(broken == "task `send`: header `x-key` holds a line end or a control character")
    #expect(failure(["x key": .key("name")])?.contains("header `x key`: a header's name") ?? false)
    #expect(failure(["x-key": .list([])])?.contains("is a text") ?? false)
    #expect(failure(["x-key": .text("fine"), "x-other": .key("name")]) == nil)
  }

  @Test func `constants in a text of JSON are values of JSON`() throws {
    let options = try Self.text([
      Option(
        "body",
        .text([
          .string("{\"a\": "), .json(.string("x \"y\"")), .string(", \"b\": "),
          .json(.secret(name: "KEY")), .string(", \"c\": "), .json(.null), .string(", \"d\": "),
          .json(.float(1.5)), .string(", \"e\": "), .key("name"), .string("}"),
        ]))
    ])
    let server = try FaultyService()
    let client = try Self.client([
      "url": .text(server.url + "/echo"), "body": options["body"] ?? .null,
    ])
    let answer = Self.call(client, [["a\"b", "", ""]], 0)
    let body = client.read([answer.response]).columns[1].string(0)
    #expect(
      body == #"{"a": "x \"y\"", "b": "a \"secret\"", "c": null, "d": 1.5, "e": "a\"b"}"#)
    client.close()
  }

  @Test func `why nothing is read of a response is told`() throws {
    let server = try FaultyService()
    func unread(_ path: String, _ at: String?) throws -> String? {
      var options: [String: ResolvedValue] = ["url": .text(server.url + path)]
      options["path"] = at.map { .text($0) }
      let client = try Self.client(options)
      defer { client.close() }
      let answer = Self.call(client, [["a", "", ""]], 0)
      #expect(answer.end == .done && (answer.unread == nil) == !answer.response.isEmpty)
      return answer.unread
    }
    #expect(try unread("/item/a", nil) == nil)
    #expect(try unread("/item/a", "data.items[0]") == nil)
    let absent = try unread("/item/a", "data.other[3].x")
    #expect(absent?.hasPrefix("it has nothing at `data.other[3].x`: {") ?? false)
    #expect(try unread("/html", "a")?.hasPrefix("it is no JSON at byte 0: <html>") ?? false)
    #expect(
      try unread("/long/2000000", nil)
        == "it has 2000010 bytes, and more than 1048576 are not read")
    #expect(try unread("/long/1000", nil) == nil)
  }

  @Test func `a call's time is that of its token too`() throws {
    let server = try FaultyService()
    let task = try Self.client(
      [
        "url": .text(server.url + "/hang"),
        "oauth": .object([
          "url": .text(server.url + "/token?wait=2"), "id": .text("me"),
          "secret": .text("let me in"),
        ]),
      ], timeout: 4_000_000, starts: false)
    defer { task.close() }
    let clock = SystemClock()
    let began = clock.monotonic()
    guard case .timedOut = Self.call(task, [["a", "", ""]], 0).end else {
      Issue.record("it did not run out of time")
      return
    }
    #expect(clock.monotonic() - began < 5_800_000_000)
  }
}
