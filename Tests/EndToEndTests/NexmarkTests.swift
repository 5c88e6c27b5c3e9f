import Foundation
import TestKit
import Testing

/// The queries of the Nexmark suite over generated events, held against a program that computes
/// each of them the slow and obvious way.
struct NexmarkTests {
  private static let folder = Commands.root.appending(path: "Pipelines/nexmark")
  private static let numbers = [0, 1, 2, 3, 4, 5, 7, 8, 9] + Array(11...22)

  /// Three files of each kind, in `events`.
  private func place(events count: Int) throws -> Workplace {
    let place = try Workplace()
    try FileManager.default.createDirectory(
      at: place.path("events"), withIntermediateDirectories: true)
    let made = try Commands.run(
      Commands.raudal,
      [
        "generate", "nexmark", "--count", "\(count)", "--rate", "1000", "--start", "1767225600000",
        "--partitions", "3", "--to", "file", "--path", place.path("events").path, "--side-input",
        place.path("events/side_input.csv").path,
      ])
    #expect(made.status == 0, "\(made.errors)")
    return place
  }

  private func run(_ number: Int, in place: Workplace, parallelism: Int) throws -> Commands.Result {
    try Commands.run(
      Commands.raudal,
      [
        "run", Self.folder.appending(path: "q\(number).raudal").path, "--stop-at-end",
        "--parallelism", "\(parallelism)", "--state", place.path("state-\(number)").path,
        "--set", "events=\(place.path("events").path)",
        "--set", "results=\(place.path("results").path)",
      ])
  }

  private func answers(_ place: Workplace, _ queries: [String] = []) throws -> Commands.Result {
    try Commands.run(
      URL(filePath: "/usr/bin/env"),
      [
        "python3", Self.folder.appending(path: "answers.py").path, place.path("events").path,
        place.path("results").path,
      ] + queries)
  }

  @Test(arguments: [1, 3])
  func `each query gives what is computed the slow way`(parallelism: Int) throws {
    let place = try place(events: 100_000)
    for number in Self.numbers {
      let result = try run(number, in: place, parallelism: parallelism)
      #expect(result.status == 0, "q\(number): \(result.errors)")
      // A warning of a join says that rows may come later.
      #expect(!result.errors.contains(/\d late/), "q\(number): \(result.errors)")
    }
    let answers = try answers(place)
    #expect(answers.status == 0, "\(answers.output) \(answers.errors)")
    for number in Self.numbers { #expect(answers.output.contains("q\(number): ")) }
  }

  @Test func `a row that is wrong is found`() throws {
    let place = try place(events: 2_000)
    #expect(try run(1, in: place, parallelism: 1).status == 0)
    #expect(try answers(place, ["q1"]).status == 0)
    let file = try #require(try place.files("results/q1").first)
    let text = try String(contentsOf: file, encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first)
    let changed = line.replacing(#""bidder":1"#, with: #""bidder":2"#)
    #expect(changed != line)
    try text.replacing(line, with: changed).write(to: file, atomically: true, encoding: .utf8)
    let wrong = try answers(place, ["q1"])
    #expect(wrong.status == 1, "\(wrong.output)")
    let missing = try answers(place, ["q2"])
    #expect(missing.status == 1, "\(missing.output)")
  }

  @Test(arguments: numbers)
  func `a query's own test holds, run four ways`(number: Int) throws {
    let path = Self.folder.appending(path: "q\(number).raudal").path
    let result = try Commands.run(Commands.raudal, ["test", path])
    #expect(result.status == 0, "\(result.output) \(result.errors)")
  }

  /// By their own times, which follow the clock.
  private static let topics = """
    pipeline read_topics
    type Person { id: int, date_time: timestamp }
    type Auction { id: int, date_time: timestamp }
    type Bid { auction: int, date_time: timestamp }
    param prefix: string = ""
    source people: Person from kafka {
      brokers: env("KAFKA_BROKERS"), topic: "\\(prefix)-person", event_time: date_time, on_error: fail
    }
    source auctions: Auction from kafka {
      brokers: env("KAFKA_BROKERS"), topic: "\\(prefix)-auction", event_time: date_time
      on_error: fail
    }
    source bids: Bid from kafka {
      brokers: env("KAFKA_BROKERS"), topic: "\\(prefix)-bid", event_time: date_time, on_error: fail
    }
    sink people to file { path: "people", format: json }
    sink auctions to file { path: "auctions", format: json }
    sink bids to file { path: "bids", format: json }
    """

  @Test func `events go to a topic for each kind`() throws {
    let environment = ["KAFKA_BROKERS": try Broker.shared().address]
    let prefix = "nexmark-\(UUID().uuidString.prefix(8).lowercased())"
    let made = try Commands.run(
      Commands.raudal,
      [
        "generate", "nexmark", "--count", "500", "--rate", "0", "--to", "kafka", "--topic", prefix,
        "--partitions", "2",
      ], environment: environment)
    #expect(made.status == 0, "\(made.errors)")
    let place = try Workplace()
    try place.write("p.raudal", Self.topics)
    let result = try Child(
      Commands.raudal,
      [
        "run", place.path("p.raudal").path, "--state", place.path("state").path, "--stop-at-end",
        "--set", "prefix=\(prefix)",
      ], environment: environment
    ).wait(60)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try place.lines("people").count == 10)
    #expect(try place.lines("auctions").count == 30)
    #expect(try place.lines("bids").count == 460)
  }
}
