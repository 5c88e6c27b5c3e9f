import Connectors
import KafkaConnector
import Testing

/// What a definition may say about where reading begins.
struct StartOptionTests {
  private func start(_ value: ResolvedValue?) throws -> SourceOptions.Start {
    var values: [String: ResolvedValue] = ["topic": .text("a")]
    values["start"] = value
    return try SourceOptions(ResolvedOptions(values), place: "source `s`").start
  }

  @Test func `words, points in time and offsets are told apart`() throws {
    #expect(try start(nil) == .earliest)
    #expect(try start(.text("latest")) == .latest)
    #expect(try start(.text("committed")) == .committed)
    #expect(try start(.text("1970-01-01T00:00:01Z")) == .time(1_000_000))
    #expect(try start(.object(["timestamp": .int(5)])) == .time(5))
    #expect(try start(.object(["0": .int(7), "1": .int(9)])) == .offsets(["0": 7, "1": 9]))
  }

  @Test func `anything else is refused with what may be written`() {
    for value: ResolvedValue in [.text("soon"), .bool(true), .object([:])] {
      #expect(throws: ConnectorError.self) { try start(value) }
    }
  }
}
