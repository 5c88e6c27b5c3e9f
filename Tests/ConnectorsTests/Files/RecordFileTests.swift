import Columns
import Foundation
import Plans
import Testing

@testable import Connectors

struct RecordFileTests {
  private func records(
    _ name: String, _ bytes: Data, _ format: DecodingSpec.Format, options: [Option] = []
  ) throws -> (heading: [String]?, lines: [Int64], texts: [String]) {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "raudal-record-\(UUID().uuidString)-\(name)")
    try bytes.write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    let file = try RecordFile(path.path, format: format, options: options)
    var (lines, texts): ([Int64], [String]) = ([], [])
    while let batch = try file.next() {
      for record in 0..<batch.count {
        lines.append(batch.offset(of: record))
        let bytes = try #require(batch.bytes(batch.values[record]))
        texts.append(String(decoding: bytes, as: UTF8.self))
      }
    }
    return (file.heading?.names, lines, texts)
  }

  @Test func `records know their lines`() throws {
    let csv = try records(
      "a.csv", Data("\u{FEFF}id,name\r\n1,a\r\n\r\n2,\"b\nc\"\r\n3,d".utf8), .csv)
    #expect(csv.heading == ["id", "name"])
    #expect(csv.lines == [2, 4, 6])
    #expect(csv.texts == ["1,a", "2,\"b\nc\"", "3,d"])
    let json = try records("a.jsonl", Data("\u{FEFF}{}\n\n{\"a\":1}".utf8), .json)
    #expect(json.lines == [1, 3])
    #expect(json.texts == ["{}", "{\"a\":1}"])
  }

  @Test func `a file of many batches is read whole`() throws {
    let pad = String(repeating: "x", count: 300)
    let lines = (1...30_000).map { "{\"id\":\($0),\"pad\":\"\(pad)\"}" }
    let json = try records("a.jsonl", Data((lines.joined(separator: "\n") + "\n").utf8), .json)
    #expect(json.lines == (1...30_000).map { Int64($0) })
    #expect(json.texts == lines)
  }

  @Test func `an empty file has nothing, one with a heading alone no records`() throws {
    #expect(try records("a.csv", Data(), .csv).heading == nil)
    let heading = try records(
      "a.tsv", Data("a\tb\n".utf8), .csv, options: [Option("separator", .string("tab"))])
    #expect(heading.heading == ["a", "b"])
    #expect(heading.lines.isEmpty)
  }

  @Test func `a packed file is unpacked, and one that is cut is told`() throws {
    let packer = try #require(Compression.gzip.makePacker())
    let text = (1...5_000).map { "{\"id\":\($0)}\n" }.joined()
    let packed = Data((packer.pack(Array(text.utf8)) ?? []) + (packer.finish() ?? []))
    #expect(try records("a.jsonl.gz", packed, .json).lines.count == 5_000)
    #expect(throws: ConnectorError.self) {
      _ = try records("a.jsonl.gz", packed.prefix(packed.count / 2), .json)
    }
  }
}
