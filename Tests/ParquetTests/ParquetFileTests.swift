import Columns
import FormatOracles
import Foundation
import Parquet
import TestKit
import Testing

/// Files of another writer (`scripts/parquet_files`) against what that writer says they hold.
struct ParquetFileTests {
  private static func path(_ name: String) -> URL {
    GoldenDirectory("Parquet").url.appending(path: name)
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: path("\(name).parquet")))
  }

  /// The records of a file with a line end behind each.
  private static func text(_ file: ParquetFile) throws -> String {
    var text = ""
    var row: Int64 = 0
    while let batch = try file.next() {
      for record in 0..<batch.count {
        let bytes = try #require(batch.bytes(batch.values[record]))
        text += String(decoding: bytes, as: UTF8.self) + "\n"
        row += 1
        #expect(batch.offset(of: record) == row)
      }
    }
    return text
  }

  /// With all columns, in the order of the file.
  private static func open(_ name: String) throws -> ParquetFile {
    let names = try ParquetFile(ParquetInput(bytes(name)), name: name, wanted: []).heading.names
    return try ParquetFile(
      ParquetInput(path: path("\(name).parquet").path), name: name, wanted: names)
  }

  private static func values(_ name: String) throws -> (heading: String, rows: String) {
    let text = try String(contentsOf: path("\(name).csv"), encoding: .utf8)
    let end = try #require(text.firstIndex(of: "\n"))
    return (String(text[..<end]), String(text[text.index(after: end)...]))
  }

  @Test(arguments: ["types_dictionary", "types_plain", "types_old", "types_delta"])
  func `each type is read as it was written, whatever its encoding`(_ name: String) throws {
    let file = try Self.open(name)
    let (heading, rows) = try Self.values("values")
    #expect(file.heading.names.joined(separator: ",") == heading)
    #expect(try Self.text(file) == rows)
    #expect(file.times == ["t_ms", "t_us", "t_ns", "local"])
  }

  @Test(arguments: ["none", "snappy", "gzip", "zstd", "lz4"])
  func `pages are read however they are packed`(_ codec: String) throws {
    let (_, rows) = try Self.values("some")
    for version in [1, 2] {
      #expect(try Self.text(Self.open("\(codec)_v\(version)")) == rows)
    }
  }

  @Test func `columns are read as they are wanted, bytes as base64`() throws {
    let file = try ParquetFile(
      ParquetInput(Self.bytes("types_plain")), name: "f",
      wanted: ["same", "absent", "fix", "raw", "s"], binary: ["raw", "s"],
      required: ["raw", "same"])
    let batch = try #require(try file.next())
    #expect(batch.heading?.names == ["same", "fix", "raw", "s"])
    let first = try #require(batch.bytes(batch.values[0]))
    #expect(String(decoding: first, as: UTF8.self) == #""value 0","0000",cmF3IDA=,"""#)
    #expect(file.lacks.map(\.record).prefix(3) == [3, 10, 17])
    #expect(file.lacks.allSatisfy { $0.column == "raw" })
  }

  @Test func `a file without rows has none, and one of no wanted column has empty ones`() throws {
    #expect(try Self.text(Self.open("empty")) == "")
    let none = try ParquetFile(ParquetInput(Self.bytes("none_v1")), name: "f", wanted: [])
    #expect(try Self.text(none) == String(repeating: "\n", count: 150))
  }

  @Test(arguments: [
    ("nested", "tags", "nested"), ("nested", "who", "nested"), ("int96", "old", "INT96"),
    ("brotli", "flat", "Brotli"),
  ])
  func `what is not read is refused by its name where it is wanted`(
    _ name: String, _ column: String, _ reason: String
  ) throws {
    let input = ParquetInput(try Self.bytes(name))
    let error = #expect(throws: ParquetError.self) {
      _ = try ParquetFile(input, name: "f", wanted: [column]).next()
    }
    #expect(error?.message.contains("column `\(column)`") ?? false, "\(error as Any)")
    #expect(error?.message.contains(reason) ?? false, "\(error as Any)")
    if name == "nested" {
      let file = try ParquetFile(input, name: "f", wanted: ["flat", "last"])
      #expect(file.heading.names == ["flat", "tags", "who", "last"])
      #expect(try Self.text(file) == "\"a\",1\n\"b\",2\n")
    }
  }

  @Test func `what is no whole file is told as that`() throws {
    let bytes = try Self.bytes("none_v1")
    func message(_ bytes: [UInt8]) -> String {
      do throws(ParquetError) {
        _ = try ParquetFile(ParquetInput(bytes), name: "f", wanted: [])
        return "none"
      } catch {
        return error.message
      }
    }
    #expect(message([]).contains("no Parquet file"))
    #expect(message(Array("PAR1PAR1".utf8)).contains("no Parquet file"))
    #expect(message(Array("email,age\na@x,1\n".utf8)).contains("no Parquet file"))
    #expect(message(Array(bytes.dropLast())).contains("not whole"))
    #expect(message(Array(bytes.prefix(100))).contains("not whole"))
    var longer = bytes
    longer[longer.count - 5] = 0x7F
    #expect(message(longer).contains("the file is shorter"))
    #expect(throws: ParquetError.self) { _ = try ParquetInput(path: "/no/such/file") }
    #expect(throws: ParquetError.self) { _ = try ParquetInput(path: "/tmp") }
  }

  @Test func `a byte that has changed in a page with a checksum is found`() throws {
    var bytes = try Self.bytes("none_v1")
    let text = try #require(bytes.firstRange(of: Array("value 0".utf8)))
    bytes[text.lowerBound] ^= 1
    let rows = ParquetInvariants.rows(ParquetInput(bytes), ["same"])
    #expect(rows.fault?.contains("checksum") ?? false, "\(rows)")
    #expect(ParquetInvariants.rows(ParquetInput(bytes), ["i64"]).fault == nil)
  }
}
