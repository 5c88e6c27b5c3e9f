import Connectors
import Foundation
import Glibc
import Plans
import Platform
import Schemas
import Synchronization
import Testing

/// Paths that name no plain file.
struct OddFileTests {
  private func reason(_ path: String) -> String {
    do {
      _ = try readAll(try fileSource(path))
      return ""
    } catch { return (error as? ConnectorError)?.message ?? "\(error)" }
  }

  @Test func `a pipe or a directory is refused by what it is`() throws {
    let scratch = Scratch()
    #expect(mkfifo("\(scratch.path)/pipe", 0o600) == 0)
    #expect(reason("\(scratch.path)/pipe").contains("\(scratch.path)/pipe is a pipe, not a file"))
    try FileManager.default.createDirectory(
      atPath: "\(scratch.path)/folder", withIntermediateDirectories: false)
    #expect(reason("\(scratch.path)/folder").contains("is a directory, not a file"))
    #expect(reason("/dev/zero").contains("is a device, not a file"))
    #expect(try readAll(try fileSource("/dev/null")).records == [])
  }

  @Test func `what is no packed data is told with its source and what to do`() throws {
    let scratch = Scratch()
    try scratch.write("a.csv.zst", "no frame, but a text of some length\n")
    let reason = reason("\(scratch.path)/a.csv.zst")
    #expect(
      reason.hasPrefix("source `s`: \(scratch.path)/a.csv.zst: the compressed data is damaged"))
    #expect(reason.contains("put a whole copy in its place"), "\(reason)")
  }

  @Test func `a heading that lacks a column that may not be null is told once for a file`() throws {
    let scratch = Scratch()
    try scratch.write("a.csv", "id,nn\n1,2\n3,4\n")
    try scratch.write("b.csv", "v,id\n1,2\n")
    let said = Mutex<[String]>([])
    var environment = environment()
    environment.notify = { line in said.withLock { $0.append(line) } }
    let source = try FileConnector().makeSource(
      sourceSpec(.csv), options: ResolvedOptions(["path": .text("\(scratch.path)/*.csv")]),
      environment: environment)
    #expect(try readAll(source).records == ["1,2", "3,4", "1,2"])
    let lines = said.withLock { $0 }
    #expect(lines.count == 1)
    #expect(
      lines.first?.hasSuffix(
        "a.csv has no column `v`, which may not be null, so its rows fail; it has `id` and `nn`")
        == true, "\(lines)")
  }

  @Test func `a glob leaves directories out, and a file that exists is itself`() throws {
    let scratch = Scratch()
    try FileManager.default.createDirectory(
      atPath: "\(scratch.path)/c.jsonl", withIntermediateDirectories: false)
    try scratch.write("a.jsonl", "a\n")
    try scratch.write("b[1].jsonl", "b\n")
    #expect(try readAll(try fileSource("\(scratch.path)/*.jsonl")).records == ["a", "b"])
    #expect(try readAll(try fileSource("\(scratch.path)/b[1].jsonl")).records == ["b"])
    #expect(reason("\(scratch.path)/d.jsonl").contains("there is no file \(scratch.path)/d.jsonl"))
  }

  /// More than there are threads for input.
  @Test func `many followed files are all read, and all that is appended to them`() throws {
    let scratch = Scratch()
    let names = (0..<ThreadLanes.threadLimit + 36).map { "f\($0).log" }
    for name in names { try scratch.write(name, "{\"v\":\"1\"}\n") }
    let source = try fileSource(
      "\(scratch.path)/*.log", .json, ["parallel": .bool(true), "follow": .bool(true)])
    let partitions = try source.partitions(fixEnds: false)
    #expect(partitions.count == names.count)
    let run = try PartitionRun(source)
    for partition in partitions.dropFirst() {
      try run.reader.add(partition.id, at: partition.start, end: partition.end)
    }
    try run.read { $0.records.count == names.count && $0.caughtUp == names.count }
    for name in names { try scratch.append(name, "{\"v\":\"2\"}\n") }
    try run.read { $0.records.count == 2 * names.count }
    source.close()
  }
}
