import Columns
import FormatOracles
import Foundation
import Formats
import Plans
import Schemas
import TestKit
import Testing

/// Random and mutated documents, judged by simdjson. `RAUDAL_FUZZ_SECONDS` gives more time; a
/// document that was judged differently is printed, and belongs into `corpus`.
struct JSONFuzzTests {
  /// Documents that once were judged wrongly, or are of a kind that easily is.
  static let corpus: [String] = [
    #"{"user_id":"a","page_id":"b","ad_id":"c","event_type":"view","n":1.5,"ok":true}"#,
    #"{"a":"\ud83d\ude00","b":[1,{"c":"\"}"}],"d":null,"e":-0.0e-10}"#,
    "{ \"a\" : [ ] ,\n \"b\" : { \"x\" : \"é€𝄞\" } }",
    #"{"a":"x","a":"y","\u0061":"z"}"#, #"{"a":"\\","b":"\\\"","c":""}"#,
    #"{"ab":12345678901234567890,"cd":1e308,"ef":1e309}"#,
  ]

  struct Mutator {
    var random: SeededRandom
    static let pieces: [[UInt8]] =
      [
        "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "1", "-", ".", "e", "+", " ", "\n", "\t",
        "true",
        "null", "false", "\\u", "\\ud83d", "\\ude00", "\\u0041", "\\n", "é", "𝄞", "a", "\"a\":",
        "\u{1}", "//",
      ].map { Array($0.utf8) } + [[0x80], [0xC3], [0xED, 0xA0, 0x80], [0xFF], [0xF0, 0x9F]]

    mutating func mutate(_ document: [UInt8]) -> [UInt8] {
      var bytes = document
      for _ in 0..<(1 + random.next() % 3) {
        let at = bytes.isEmpty ? 0 : Int(random.next() % UInt64(bytes.count))
        let piece = Self.pieces[Int(random.next() % UInt64(Self.pieces.count))]
        switch random.next() % 5 {
        case 0 where !bytes.isEmpty: bytes.remove(at: at)
        case 1 where !bytes.isEmpty: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        case 2 where !bytes.isEmpty:
          bytes.replaceSubrange(at..<min(bytes.count, at + piece.count), with: piece)
        case 3 where !bytes.isEmpty:
          let end = min(bytes.count, at + Int(random.next() % 12))
          bytes.insert(
            contentsOf: Array(bytes[at..<end]), at: Int(random.next() % UInt64(bytes.count)))
        default: bytes.insert(contentsOf: piece, at: at)
        }
      }
      return bytes
    }
  }

  @Test func `every mutated document is judged as simdjson judges it`() throws {
    let seconds = Double(ProcessInfo.processInfo.environment["RAUDAL_FUZZ_SECONDS"] ?? "") ?? 2
    let seed = UInt64(ProcessInfo.processInfo.environment["RAUDAL_FUZZ_SEED"] ?? "") ?? 1
    let simdjson = SimdJSON()
    var mutator = Mutator(random: SeededRandom(seed: seed))
    let columns = ["a", "ad_id", "c", "ab"].map { column($0, .json, nullable: true) }
    let decoder = try makeDecoder(DecodingSpec(format: .json, columns: columns))
    let started = ContinuousClock.now
    var rounds = 0
    while rounds < 20 || ContinuousClock.now - started < .seconds(seconds) {
      rounds += 1
      let document = Array(Self.corpus[rounds % Self.corpus.count].utf8)
      // Unchanged ones between, so that the template is learned and tried.
      let batch = (0..<128).map { $0 % 3 == 0 ? document : mutator.mutate(document) }
      let decoded = decoder.decode(byteRecords(batch))
      let refused = Set(decoded.failures.map(\.row))
      for (row, bytes) in batch.enumerated() {
        let isAccepted = !refused.contains(row)
        #expect(
          isAccepted == simdjson.isObject(bytes),
          "accepted: \(isAccepted): \(String(decoding: bytes, as: UTF8.self)) \(bytes)")
      }
    }
  }

  @Test func `the values are simdjson's`() throws {
    let simdjson = SimdJSON()
    var mutator = Mutator(random: SeededRandom(seed: 77))
    let decoder = try makeDecoder(
      DecodingSpec(format: .json, columns: [column("a", .string, nullable: true)]))
    var compared = 0
    for round in 0..<20_000 {
      let document = mutator.mutate(Array(Self.corpus[round % Self.corpus.count].utf8))
      guard simdjson.isObject(document), simdjson.judge(document) == .accepted else { continue }
      let decoded = decoder.decode(byteRecords([document]))
      guard let expected = simdjson.field("a", of: document) else { continue }
      if expected.isString {
        let text = String(validating: expected.text, as: UTF8.self).map { Cell.text($0) }
        #expect(decoded.batch.cells == [[text ?? .null]], "\(document)")
        compared += 1
      } else if expected.text != Array("null".utf8) {
        #expect(decoded.failures.count == 1, "\(document)")
      }
    }
    #expect(compared > 300)
  }

  @Test func `a decoder that takes everything would be found out`() {
    let simdjson = SimdJSON()
    var mutator = Mutator(random: SeededRandom(seed: 3))
    let found = (0..<200).contains { _ in
      !simdjson.isObject(mutator.mutate(Array(Self.corpus[0].utf8)))
    }
    #expect(found)
  }

  @Test func `the oracle's known differences are taken out`() {
    let simdjson = SimdJSON()
    func isObject(_ text: String) -> Bool { simdjson.isObject(Array(text.utf8)) }
    let good = ["1e999", "123456789012345678901", "-0", "0.00e00", #""01""#, #""\\udc00""#]
    for value in good { #expect(isObject(#"{"a":\#(value)}"#), "\(value)") }
    let bad = ["01", "-", "1.", "1e", "00", "-012345678901234567890", #""\udc00""#]
    for value in bad { #expect(!isObject(#"{"a":\#(value)}"#), "\(value)") }
  }

  /// The fuzz targets' oracles over what the targets keep, and over changes of it.
  @Test(arguments: ["json", "csv"])
  func `the kept inputs of the fuzz targets and changes of them are well`(_ folder: String) throws {
    let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "FuzzTargets/corpus/\(folder)")
    let names = try FileManager.default.contentsOfDirectory(atPath: corpus.path).sorted()
    #expect(names.count >= 10)
    let invariants = JSONInvariants()
    var mutator = Mutator(random: SeededRandom(seed: 31))
    for name in names {
      let input = Array(try Data(contentsOf: corpus.appending(path: name)))
      for bytes in [input] + (0..<20).map({ _ in mutator.mutate(input) }) {
        let complaint =
          folder == "json"
          ? invariants.complaint(about: bytes) : CSVInvariants.complaint(about: bytes)
        #expect(complaint == nil, "\(name)")
      }
    }
  }

  @Test func `no bytes at all crash the CSV decoder`() throws {
    var mutator = Mutator(random: SeededRandom(seed: 9))
    let decoder = try makeDecoder(
      DecodingSpec(
        format: .csv,
        columns: [column("a", .int, nullable: true), column("b", .string), column("c", .json)]))
    for round in 0..<300 {
      let batch = (0..<20).map { _ in
        mutator.mutate(Array("1,\"x\"\"y\nz\",\"{\"\"k\"\":\(round)}\"".utf8))
      }
      let decoded = decoder.decode(byteRecords(batch))
      #expect(decoded.batch.selectedCount + decoded.failures.count == 20)
    }
  }
}
