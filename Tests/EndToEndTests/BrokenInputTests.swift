import Foundation
import Testing

/// Input that is not what the definition says, through the whole program: every record is in the
/// output or among the dead letters, and nothing crashes.
struct BrokenInputTests {
  static let good = #"{"id":1,"name":"a","at":"2026-01-01T00:00:01Z"}"#

  private struct Letter: Decodable {
    var stage: String
    var error: String
    var value: Data
    var topic: String
    var partition: Int
    var offset: Int
  }

  @Test func `broken records become dead letters with their bytes and origin`() throws {
    let broken: [Data] = [
      Data(#"{"id":2,"name":"trunc"#.utf8),
      Data(#"{"id":3,"name":""#.utf8) + [0xFF, 0xFE]
        + Data(#"","at":"2026-01-01T00:00:01Z"}"#.utf8),
      Data(#"{"id":"four","name":"x","at":"2026-01-01T00:00:01Z"}"#.utf8),
      Data(#"{"id":5,"name":7,"at":"2026-01-01T00:00:01Z"}"#.utf8),
      Data(#"{"id":6,"name":"y","at":"yesterday"}"#.utf8),
      Data(#"{"name":"none","at":"2026-01-01T00:00:01Z"}"#.utf8),
      Data(#"{"id":99999999999999999999,"name":"x","at":"2026-01-01T00:00:01Z"}"#.utf8),
      Data("[]".utf8), Data("null".utf8), Data("\0\0\0".utf8),
    ]
    let reasons = [
      "ends early", "UTF-8", "int was expected", "string was expected", "no timestamp",
      "is missing", "out of an int's range", "object was expected", "object was expected",
      "no JSON",
    ]
    let place = try Workplace()
    var input = Data()
    for record in [Data(Self.good.utf8)] + broken + [Data(Self.good.utf8)] {
      input += record + [10]
    }
    try place.write("in.jsonl", input)
    let result = try place.run()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try place.lines("rows") == [Self.good, Self.good])
    let letters = try place.lines("dead").map {
      try JSONDecoder().decode(Letter.self, from: Data($0.utf8))
    }
    #expect(letters.map(\.value) == broken)
    #expect(letters.map(\.offset) == Array(1...broken.count))
    for (letter, reason) in zip(letters, reasons) {
      #expect(letter.error.contains(reason), "\(letter.error)")
      #expect(letter.stage == "events" && letter.partition == 0)
      #expect(letter.topic.hasSuffix("in.jsonl"))
    }
  }

  @Test func `records of ten megabytes pass, whole or broken`() throws {
    let place = try Workplace()
    let text = String(repeating: "z", count: 10_000_000)
    let whole = #"{"id":1,"name":"\#(text)","at":"2026-01-01T00:00:01Z"}"#
    let broken = #"{"id":2,"name":"\#(text)"#
    try place.write("in.jsonl", "\(whole)\n\(broken)\n\(Self.good)\n")
    let result = try place.run()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try place.lines("rows") == [whole, Self.good])
    let letters = try place.lines("dead").map {
      try JSONDecoder().decode(Letter.self, from: Data($0.utf8))
    }
    #expect(letters.map(\.value) == [Data(broken.utf8)])
  }

  @Test func `a record that is too long is a dead letter with its beginning`() throws {
    let place = try Workplace()
    let definition = place.definition(named: "broken")
      .replacing("lateness: 1s", with: "lateness: 1s, max_record: 200000")
    try place.write("p.raudal", definition)
    let text = String(repeating: "z", count: 1_000_000)
    let long = #"{"id":2,"name":"\#(text)","at":"2026-01-01T00:00:01Z"}"#
    try place.write("in.jsonl", "\(Self.good)\n\(long)\n\(Self.good)\n")
    let result = try place.run()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try place.lines("rows") == [Self.good, Self.good])
    let letters = try place.lines("dead").map {
      try JSONDecoder().decode(Letter.self, from: Data($0.utf8))
    }
    #expect(letters.map(\.value) == [Data(long.utf8.prefix(1_024))])
    #expect(letters.map(\.offset) == [1])
    #expect(letters.first?.error.contains("longer than `max_record`") == true, "\(letters)")
  }

  @Test func `a broken record that ends the run is named with its file, its place and what to do`()
    throws
  {
    let place = try Workplace()
    try place.write("in.jsonl", "\(Self.good)\n{\"id\":\"x\"}\n")
    let definition = place.definition(named: "broken")
      .replacing("on_error: dead_letter to file { path: \"dead\" }", with: "on_error: fail")
    try place.write("p.raudal", definition)
    let source = try place.run()
    #expect(source.status == 1)
    let words = [
      "events", "in.jsonl[0]@1", "int was expected", "on_error: skip", "dead_letter to",
      "Mend the record",
    ]
    for words in words { #expect(source.errors.contains(words), "\(source.errors)") }
    // A stage says it in the form that a stage is written in.
    let stage = definition.replacing("where id >= 0", with: "where 1 % (id - 1) >= 0 on_error fail")
    try place.write("p.raudal", stage)
    try place.write("in.jsonl", "\(Self.good)\n")
    let failed = try place.run()
    #expect(failed.status == 1)
    for words in ["in.jsonl[0]@0", "on_error skip", "Mend the record"] {
      #expect(failed.errors.contains(words), "\(failed.errors)")
    }
  }

  @Test(arguments: [0, 1]) func `an empty file and a single row are inputs too`(rows: Int) throws {
    let place = try Workplace()
    try place.write("in.jsonl", rows == 0 ? "" : Self.good)
    let result = try place.run()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try place.lines("rows").count == rows)
    #expect(try place.lines("counts").count == rows)
    let again = try place.run()
    #expect(again.status == 0 && again.errors.contains("nothing to do"), "\(again.errors)")
  }

  @Test func `a missing input, a broken definition and a wrong option end with their status`()
    throws
  {
    let place = try Workplace()
    let missing = try place.run()
    #expect(missing.status == 1)
    #expect(missing.errors.contains("there is no file"), "\(missing.errors)")
    let usage = try place.run(["--parallelism", "0"])
    #expect(usage.status == 2, "\(usage.errors)")
    let unknown = try place.run(["--set", "nonsense=1"])
    #expect(unknown.status == 1 || unknown.status == 2, "\(unknown.errors)")
    try place.write("p.raudal", "pipeline p\nsink nothing to print\n")
    let mistake = try place.run()
    #expect(mistake.status == 1)
    #expect(mistake.errors.contains("mistake"), "\(mistake.errors)")
  }
}
