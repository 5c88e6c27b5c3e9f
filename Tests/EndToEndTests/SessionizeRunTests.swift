import Foundation
import Testing

/// `sessionize` of a real process, killed in the middle and taken up by other workers, beside a
/// computation of the same, and beside `window session`.
struct SessionizeRunTests {
  private static let definition = """
    pipeline visits
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 100ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 1m, follow: true
      on_error: fail
    }
    stream placed = events | where id % 11 < 6 | sessionize by name gap 1900ms max 4s as visit
    stream rows = placed
      | map { id, name, start = epoch_millis(visit.start), number = visit.number }
    stream counted = placed
      | aggregate by name, visit_id = visit.id { n = count(), start = min(visit.start) }
      | map { name, start = epoch_millis(start), n }
    stream windows = events | where id % 11 < 6
      | window session gap 1900ms max 4s by name { n = count() }
      | map { name, start = epoch_millis(window_start), n }
    sink rows to file { path: "rows", format: json }
    sink counted to file { path: "counted", format: json, updates: final }
    sink windows to file { path: "windows", format: json }
    """

  private struct Event: Decodable {
    var id: Int
    var name: String
    var at: String
  }

  /// What the stage says of each row.
  private static func placed(_ lines: [String]) throws -> [String] {
    let events = try lines.map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
    let parse = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    var result: [String] = []
    for (name, rows) in Dictionary(grouping: events.filter { $0.id % 11 < 6 }, by: \.name) {
      let timed = try rows.map { row in
        let hasFraction = row.at.contains(".")
        let time = try hasFraction ? parse.parse(row.at) : Date(row.at, strategy: .iso8601)
        return (id: row.id, time: Int((time.timeIntervalSince1970 * 1_000).rounded()))
      }
      var (start, last, number) = (0, 0, 0)
      for row in timed.sorted(by: { $0.time < $1.time }) {
        let goesOn = number > 0 && row.time - last < 1_900 && row.time - start < 4_000
        (start, number) = goesOn ? (start, number + 1) : (row.time, 1)
        last = row.time
        result.append(
          #"{"id":\#(row.id),"name":"\#(name)","start":\#(start),"number":\#(number)}"#)
      }
    }
    return result.sorted()
  }

  @Test func `rows belong to the sessions that windows have, through a kill`() throws {
    let rows = Workplace.disordered(0..<6_000)
    let expected = try Self.placed(rows)
    #expect(expected.count > 3_000 && expected.contains { $0.hasSuffix(#""number":3}"#) })
    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.runKilled(rows, first: 3_333, workers: 2, then: 3)
    #expect(try place.lines("rows").sorted() == expected)
    let windows = try place.lines("windows").sorted()
    #expect(windows.count > 100)
    #expect(try place.lines("counted").sorted() == windows)
  }
}
