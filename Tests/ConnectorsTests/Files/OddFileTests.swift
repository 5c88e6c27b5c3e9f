import Connectors
import Foundation
import Glibc
import Plans
import Platform
import Schemas
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
