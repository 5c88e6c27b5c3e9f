import Foundation
import TestKit
import Testing

/// Tables of the latest rows of a real topic, with real processes that are killed while it changes.
struct LatestRunTests {
  private static let profile = "type Profile { id: string, name: string, version: int, gone: bool }"

  private let name = "l\(UUID().uuidString.prefix(8).lowercased())"

  private func makeTopic(_ broker: Broker) throws {
    let made = try Commands.run(
      Commands.raudal,
      [
        "generate", "ad-events", "--count", "0", "--to", "kafka", "--topic", "profiles-\(name)",
        "--partitions", "3",
      ], environment: ["KAFKA_BROKERS": broker.address])
    #expect(made.status == 0, "\(made.errors)")
  }

  /// Writes rows to the topic, a record without a value for each that is gone.
  private func write(_ rows: [String], _ number: Int, _ place: Workplace, _ broker: Broker) throws {
    try place.write("profiles\(number).jsonl", rows.joined())
    try place.write(
      "writer\(number).raudal",
      """
      pipeline \(name)_writer\(number)
      \(Self.profile)
      source rows: Profile from file { path: "profiles\(number).jsonl", on_error: fail }
      sink rows to kafka {
        brokers: env("KAFKA_BROKERS"), topic: "profiles-\(name)", key: id, tombstone: gone
      }
      """)
    let result = try child(place, "writer\(number)", ["--stop-at-end"], broker).wait(60)
    #expect(result.status == 0, "\(result.errors)")
  }

  private func child(
    _ place: Workplace, _ name: String, _ options: [String], _ broker: Broker
  ) throws -> Child {
    try Child(
      Commands.raudal,
      [
        "run", place.path("\(name).raudal").path, "--state", place.path("state-\(name)").path,
      ] + options, environment: ["KAFKA_BROKERS": broker.address])
  }

  private static func profile(_ id: String, _ version: Int, gone: Bool = false) -> String {
    #"{"id":"\#(id)","name":"\#(id.uppercased())","version":\#(version),"gone":\#(gone)}"# + "\n"
  }

  private var definition: String {
    """
    pipeline \(name)
    \(Self.profile)
    type Order { id: int, user: string }
    checkpoint { every: 200ms, keep: 3 }
    source orders: Order from file { path: "orders.jsonl", follow: true, on_error: fail }
    table profiles: Profile key id from kafka {
      brokers: env("KAFKA_BROKERS"), topic: "profiles-\(name)", on_error: fail
    }
    stream found = orders
      | enrich profiles on user as p
      | map { id, user, p.name, version = p.version }
    sink found to file { path: "found", format: json }
    """
  }

  /// `s` users never change, `d` were deleted, `u` get new versions, `n` are nobody.
  private static let users = ["s", "d", "u", "n"]

  private static func orders(_ numbers: Range<Int>) -> String {
    numbers.map { number in
      #"{"id":\#(number),"user":"\#(users[number % 4])\#(number / 4 % 50)"}"# + "\n"
    }.joined()
  }

  private struct Found: Decodable {
    var id: Int
    var user: String
    var name: String?
    var version: Int?
  }

  @Test func `rows find what the topic held before, through kills, and updates in their order`()
    throws
  {
    let broker = try Broker.shared()
    let place = try Workplace()
    try makeTopic(broker)
    let first = ["s", "d", "u"].flatMap { kind in
      (0..<50).map { Self.profile("\(kind)\($0)", 0) }
    }
    try write(first, 0, place, broker)
    try write((0..<50).map { Self.profile("d\($0)", 1, gone: true) }, 1, place, broker)
    try place.write("\(name).raudal", definition)

    let seed = UInt64.random(in: 1...1_000_000)
    var random = SeededRandom(seed: seed)
    let (rounds, size) = (8, 2_000)
    for round in 0..<rounds {
      try place.write("orders.jsonl", Self.orders(0..<(round + 1) * size))
      let engine = try child(place, name, ["--parallelism", "\(1 + round % 3)"], broker)
      if round % 2 == 1 { #expect(engine.says(" checkpoint "), "seed \(seed): \(engine.errors)") }
      try write(
        (0..<50).map { Self.profile("u\($0)", round + 1) }, round + 2, place, broker)
      _ = engine.until(Double.random(in: 0...0.8, using: &random)) { false }
      #expect(engine.isRunning, "seed \(seed), round \(round): \(engine.errors)")
      engine.signal(SIGKILL)
      engine.wait()
    }
    try place.write("orders.jsonl", Self.orders(0..<(rounds + 1) * size))
    let rest = try child(place, name, ["--stop-at-end", "--parallelism", "2"], broker).wait(60)
    #expect(rest.status == 0, "seed \(seed): \(rest.errors)")

    try check(place, rows: (rounds + 1) * size, last: size, version: rounds, seed)
  }

  /// Each order once; those of users that never change find them all, those of the others never an
  /// older version than before, and the last ones the newest.
  private func check(
    _ place: Workplace, rows: Int, last: Int, version newestOfAll: Int, _ seed: UInt64
  ) throws {
    let found = try place.lines("found").map {
      try JSONDecoder().decode(Found.self, from: Data($0.utf8))
    }.sorted { $0.id < $1.id }
    #expect(found.map(\.id) == Array(0..<rows), "seed \(seed)")
    var newest: [String: Int] = [:]
    var wrong: [String] = []
    for row in found {
      let isKnown = row.user.hasPrefix("s") || row.user.hasPrefix("u")
      if row.name != (isKnown ? row.user.uppercased() : nil) { wrong.append("\(row)") }
      guard let version = row.version else { continue }
      let isLast = row.id >= rows - last && row.user.hasPrefix("u")
      if version < newest[row.user] ?? 0 || isLast && version != newestOfAll {
        wrong.append("\(row)")
      }
      newest[row.user] = version
    }
    #expect(wrong.isEmpty, "seed \(seed): \(wrong.count): \(wrong.prefix(5))")
    #expect(Set(found.compactMap(\.version)).count > 2, "seed \(seed): no update was seen")
  }
}
