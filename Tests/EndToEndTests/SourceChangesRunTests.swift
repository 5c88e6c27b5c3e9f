import Foundation
import Testing

/// Sources that bring updates, of a real process: what our own sinks write comes back as it was, and
/// a killed run comes to the rows of an undisturbed one.
struct SourceChangesRunTests {
  private static func definition(_ source: String) -> String {
    // Without a key no row replaces another.
    let upserts =
      source.contains("key:")
      ? "sink customers to file { path: \"upserts\", updates: upsert, key: id }" : ""
    return """
      pipeline changing
      type Customer { id: int, country: string, spent: int? }
      checkpoint { every: 200ms, keep: 3 }
      source customers: Customer from file { follow: true, on_error: fail, \(source) }
      stream countries = customers
        | aggregate by country { n = count(), spent = sum(spent ?? 0), most = max(id) }
      \(upserts)
      sink changes = customers to file { path: "changes", updates: debezium }
      sink left = customers to file { path: "left", updates: final }
      sink countries to file { path: "countries", updates: final }
      """
  }

  /// Lines of a file that says the newest rows of its keys, and the rows that are left.
  private static func upserts(_ count: Int) -> (lines: [String], rows: [String]) {
    var rows: [Int: String] = [:]
    var lines: [String] = []
    for number in 0..<count {
      let id = number &* 7_919 % 501
      if number % 11 == 3 {
        rows[id] = nil
        lines.append("{\"id\":\(id),\"$deleted\":true}\n")
      } else {
        let spent = number % 5 == 0 ? "null" : "\(number % 97)"
        let row = "{\"id\":\(id),\"country\":\"c\(number % 13)\",\"spent\":\(spent)}"
        rows[id] = row
        lines.append(row + "\n")
      }
    }
    return (lines, rows.values.sorted())
  }

  private func whole(_ source: String, _ input: String, _ text: String) throws -> Workplace {
    let place = try Workplace()
    try place.write("p.raudal", Self.definition(source))
    try place.write(input, text)
    let run = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(run.status == 0, "\(run.errors)")
    return place
  }

  @Test func `a killed run comes to the rows of the file, and what it writes comes back`() throws {
    let (lines, rows) = Self.upserts(20_000)
    let source = #"path: "events.jsonl", updates: upsert, key: id"#
    let plain = try whole(source, "events.jsonl", lines.joined())
    #expect(try plain.lines("left").sorted() == rows)
    let countries = try plain.lines("countries").sorted()
    #expect(countries.count == 13)

    let place = try Workplace()
    try place.write("p.raudal", Self.definition(source))
    try place.runKilled(lines, first: 8_000, workers: 3, then: 2)
    #expect(try place.lines("left").sorted() == rows)
    #expect(try place.lines("countries").sorted() == countries)

    let forms = [
      (source, "upserts"), (#"path: "events.jsonl", format: debezium"#, "changes"),
      (#"path: "events.jsonl", format: debezium, key: id"#, "changes"),
    ]
    for (form, written) in forms {
      let text = try place.lines(written).map { "\($0)\n" }.joined()
      let again = try whole(form, "events.jsonl", text)
      #expect(try again.lines("left").sorted() == rows, "\(form)")
      #expect(try again.lines("countries").sorted() == countries, "\(form)")
    }
  }

  @Test func `a change without the row before fails where none is kept`() throws {
    let place = try Workplace()
    try place.write("p.raudal", Self.definition(#"path: "in.jsonl", format: debezium"#))
    try place.write("in.jsonl", "{\"after\":{\"id\":1,\"country\":\"x\"},\"op\":\"u\"}\n")
    let run = try place.run(["--stop-at-end"])
    #expect(run.status == 1)
    #expect(run.errors.contains("REPLICA IDENTITY FULL"), "\(run.errors)")
  }
}
