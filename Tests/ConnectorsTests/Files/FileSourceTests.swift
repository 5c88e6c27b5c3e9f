import Columns
import Connectors
import Formats
import Foundation
import Platform
import Plans
import Schemas
import TestKit
import Testing

struct FileSourceTests {
  @Test(.timeLimit(.minutes(2)))
  func `more followed files than there are threads for what waits are all read`() throws {
    let scratch = Scratch()
    let count = ThreadLanes.threadLimit + 16
    for number in 0..<count { try scratch.write("f\(number).jsonl", "{}\n") }
    let source = try fileSource(
      "\(scratch.path)/*.jsonl", .json, ["parallel": .bool(true), "follow": .bool(true)])
    let run = try PartitionRun(source)
    for partition in try source.partitions(fixEnds: false).dropFirst() {
      try run.reader.add(partition.id, at: partition.start, end: partition.end)
    }
    try run.read { $0.records.count == count && $0.caughtUp == count }
    for number in 0..<count { try scratch.append("f\(number).jsonl", "{}\n") }
    try run.read { $0.records.count == 2 * count }
  }

  @Test func `partitions and positions are named as the definition has them`() throws {
    let scratch = Scratch()
    let folder = "\(scratch.path)/a[1]"
    try FileManager.default.createDirectory(
      atPath: "\(folder)/in", withIntermediateDirectories: true)
    for name in ["x", "y"] { try scratch.write("a[1]/in/\(name).jsonl", "{}\n{}\n") }
    for isParallel in [false, true] {
      let source = try fileSource(
        "./in//*.jsonl", .json, ["parallel": .bool(isParallel)], directory: folder)
      let topics = try source.partitions(fixEnds: false).map(\.id.topic)
      #expect(topics == (isParallel ? ["in/x.jsonl", "in/y.jsonl"] : ["in/*.jsonl"]))
      let given = try readAll(source)
      let detail = try #require(given.steps.last?.next.detail)
      #expect(detail.hasPrefix("6~6-"))
      #expect(detail.hasSuffix(isParallel ? " in/x.jsonl" : " in/y.jsonl"))
      // Found again wherever the folder lies and the command runs.
      let rest = try readAll(source, from: Position(offset: 1, detail: "3 in/x.jsonl"))
      #expect(rest.records.count == (isParallel ? 1 : 3))
    }
    let one = try fileSource("in/x.jsonl", directory: folder)
    #expect(try one.partitions(fixEnds: false).map(\.id.topic) == ["in/x.jsonl"])
    #expect(try readAll(one).steps.last?.next.detail.hasSuffix(" in/x.jsonl") == true)
  }

  private func lines(_ count: Int, from first: Int = 0) -> [String] {
    (first..<(first + count)).map { "{\"v\":\"\($0)\(String(repeating: "x", count: $0 % 50))\"}" }
  }

  @Test func `lines are records, with or without a newline at the end`() throws {
    let scratch = Scratch()
    try scratch.write("a.jsonl", "{\"v\":\"1\"}\r\n\n{\"v\":\"2\"}\n{\"v\":\"3\"}")
    let given = try readAll(try fileSource("\(scratch.path)/a.jsonl"))
    #expect(given.records == ["{\"v\":\"1\"}", "{\"v\":\"2\"}", "{\"v\":\"3\"}"])
    #expect(given.steps.last?.next.offset == 3)
  }

  @Test func `a byte order mark at the beginning of a file is skipped`() throws {
    let scratch = Scratch()
    try scratch.write("a.jsonl", "\u{FEFF}{\"v\":\"1\"}\n{\"v\":\"2\"}\n")
    try scratch.write("b.jsonl", "\u{FEFF}{\"v\":\"3\"}")
    let given = try readAll(try fileSource("\(scratch.path)/*.jsonl"))
    #expect(given.records == (1...3).map { "{\"v\":\"\($0)\"}" })
  }

  @Test(arguments: ["a.jsonl", "a.jsonl.zst", "a.jsonl.lz4", "a.jsonl.gz"])
  func `reading goes on exactly behind every position`(_ name: String) throws {
    let scratch = Scratch()
    let expected = lines(200)
    try scratch.write(name, try packed(expected, name))
    let source = try fileSource("\(scratch.path)/\(name)")
    let whole = try readAll(source, limit: 7)
    #expect(whole.records == expected)
    for step in whole.steps {
      let rest = try readAll(source, from: step.next, limit: 13)
      #expect(rest.records == Array(expected[step.count...]), "\(step)")
      #expect(rest.steps.last?.next ?? step.next == whole.steps.last?.next)
    }
  }

  /// Two frames one behind the other.
  private func packed(_ lines: [String], _ name: String) throws -> [UInt8] {
    let words = ["zst": "zstd", "gz": "gzip", "lz4": "lz4"]
    let word = words[String(name.split(separator: ".").last ?? "")] ?? "none"
    let half = lines.count / 2
    return try [lines[..<half], lines[half...]].flatMap { part -> [UInt8] in
      let scratch = Scratch()
      let run = try FileSinkRun(scratch, extra: ["compression": .text(word)], format: .text)
      try run.write(Array(part))
      try run.sink.commit([try run.prepare(1)])
      let name = try #require(scratch.names.first)
      return Array(try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/\(name)")))
    }
  }

  @Test func `packed files are what the usual tools read`() throws {
    for (name, tool) in [("a.gz", "gzip"), ("a.zst", "zstd")] {
      let scratch = Scratch()
      try scratch.write(name, try packed(lines(100), name))
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = [
        "-c", "command -v \(tool) || exit 0; \(tool) -t \(scratch.path)/\(name)",
      ]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(tool)")
    }
  }

  @Test func `a CSV record may hold newlines, and each file has its heading`() throws {
    let scratch = Scratch()
    try scratch.write("1.csv", "v,w\n\"a\nb\",1\nc,2\n")
    try scratch.write("2.csv", "w,v\n3,\"d\"\"\n\"\n")
    let source = try fileSource("\(scratch.path)/*.csv", .csv)
    let given = try readAll(source)
    #expect(given.records == ["\"a\nb\",1", "c,2", "3,\"d\"\"\n\""])
    let run = try PartitionRun(source, from: given.steps[0].next)
    var names: [String]?
    try run.read()
    #expect(run.given.records == ["3,\"d\"\"\n\""])
    let middle = try PartitionRun(source)
    while names == nil {
      if case .records(let batch, _) = try middle.reader.poll(limit: 1) {
        names = batch.heading?.names
      } else {
        middle.wake.wait(nanoseconds: 1_000_000_000)
      }
    }
    #expect(names == ["v", "w"])
  }

  @Test func `the files of a glob are read in name order, in parallel one partition each`() throws {
    let scratch = Scratch()
    for name in ["b", "a", "c"] { try scratch.write("\(name).jsonl", "{\"v\":\"\(name)\"}\n") }
    let one = try readAll(try fileSource("\(scratch.path)/*.jsonl"))
    #expect(one.records == ["a", "b", "c"].map { "{\"v\":\"\($0)\"}" })
    let parallel = try fileSource("\(scratch.path)/*.jsonl", .json, ["parallel": .bool(true)])
    let partitions = try parallel.partitions(fixEnds: false)
    #expect(
      partitions.map { $0.id.topic.split(separator: "/").last } == [
        "a.jsonl", "b.jsonl", "c.jsonl",
      ])
    let second = try PartitionRun(parallel, partition: 1)
    try second.read()
    #expect(second.given.records == ["{\"v\":\"b\"}"])
  }

  @Test func `a followed file gives what is appended, over a rotation`() throws {
    let scratch = Scratch()
    try scratch.write("a.log", "{\"v\":\"1\"}\n{\"v\"")
    let run = try PartitionRun(
      try fileSource("\(scratch.path)/a.log", .json, ["follow": .bool(true)]))
    try run.read { $0.caughtUp == 1 }
    #expect(run.given.records == ["{\"v\":\"1\"}"])
    try scratch.append("a.log", ":\"2\"}\n")
    try run.read { $0.records.count == 2 }
    try scratch.append("a.log", "{\"v\":\"3\"}\n")
    try FileManager.default.moveItem(
      atPath: "\(scratch.path)/a.log", toPath: "\(scratch.path)/a.log.1")
    try scratch.write("a.log", "{\"v\":\"4\"}\n")
    try run.read { $0.records.count == 4 }
    #expect(run.given.records == (1...4).map { "{\"v\":\"\($0)\"}" })
  }

  @Test(arguments: ["a.log", "*.log"])
  func `what is still written to a file that another follows is read`(path: String) throws {
    let scratch = Scratch()
    try scratch.write("a.log", "1\n")
    let run = try PartitionRun(
      try fileSource("\(scratch.path)/\(path)", .json, ["follow": .bool(true)]))
    try run.read { $0.records.count == 1 && $0.caughtUp > 0 }
    // The writer holds the file; by its name, or behind it, is another by now.
    let old = path == "a.log" ? "a.log.1" : "a.log"
    if old != "a.log" {
      try FileManager.default.moveItem(
        atPath: "\(scratch.path)/a.log", toPath: "\(scratch.path)/\(old)")
    }
    try scratch.write(old == "a.log" ? "b.log" : "a.log", "4\n")
    // The new one of its name is held from when it is seen.
    if old != "a.log" { try wait { isOpen("\(scratch.path)/a.log") } }
    try scratch.append(old, "2\n")
    try run.read { $0.records.count == 2 }
    try scratch.append(old, "3\n")
    try run.read { $0.records.count == 4 }
    #expect(run.given.records == ["1", "2", "3", "4"])
  }

  @Test func `a followed glob goes on to new files`() throws {
    let scratch = Scratch()
    let run = try PartitionRun(
      try fileSource("\(scratch.path)/*.log", .json, ["follow": .bool(true)]))
    try run.read { $0.caughtUp == 1 }
    try scratch.write("1.log", "{\"v\":\"1\"}\n")
    try run.read { $0.records.count == 1 }
    try scratch.write("2.log", "{\"v\":\"2\"}\n")
    try run.read { $0.records.count == 2 }
    #expect(run.given.records == ["{\"v\":\"1\"}", "{\"v\":\"2\"}"])
  }

  @Test func `a followed glob reads files that come under earlier names, once each`() throws {
    let scratch = Scratch()
    func source() throws -> any Source {
      try fileSource("\(scratch.path)/*.log", .json, ["follow": .bool(true)])
    }
    func put(_ name: String) throws { try scratch.write("\(name).log", "\(name)1\n\(name)2\n") }
    for name in ["b", "d"] { try put(name) }
    let run = try PartitionRun(try source())
    try run.read { $0.records.count == 4 && $0.caughtUp == 1 }
    for name in ["a", "c"] { try put(name) }
    try run.read { $0.records.count == 8 }
    // What was left for them goes on.
    try scratch.append("d.log", "d3\n")
    try run.read { $0.records.count == 9 }
    try put("e")
    try put("aa")
    try run.read { $0.records.count == 13 && $0.caughtUp > 1 }
    let all = ["b1", "b2", "d1", "d2", "a1", "a2", "c1", "c2", "d3"]
    #expect(Array(run.given.records.prefix(9)) == all)
    #expect(run.given.records.dropFirst(9).sorted() == ["aa1", "aa2", "e1", "e2"])
    // From every position what was not read is read, and nothing twice, whatever comes meanwhile.
    try put("ab")
    for (step, next) in run.given.steps {
      let rest = try PartitionRun(
        try source(), from: next, id: try #require(try source().partitions(fixEnds: false).first).id
      )
      let left = Array(run.given.records.dropFirst(step)) + ["ab1", "ab2"]
      try rest.read { $0.records.count >= left.count && $0.caughtUp > 0 }
      #expect(rest.given.records.sorted() == left.sorted(), "\(next)")
    }
  }

  @Test func `a position of an earlier version has read what comes before its file`() throws {
    let scratch = Scratch()
    for name in ["a", "b", "c"] { try scratch.write("\(name).log", "\(name)\n") }
    let source = try fileSource("\(scratch.path)/*.log", .json, ["follow": .bool(true)])
    let id = try #require(try source.partitions(fixEnds: false).first).id
    let run = try PartitionRun(
      source, from: Position(offset: 1, detail: "0 \(scratch.path)/b.log"), id: id)
    try run.read { $0.records.count == 2 }
    #expect(run.given.records == ["b", "c"])
    try scratch.write("aa.log", "aa\n")
    try run.read { $0.records.count == 3 }
    #expect(run.given.records == ["b", "c", "aa"])
  }

  @Test func `the last line of a followed file counts when its end is written`() throws {
    let scratch = Scratch()
    try scratch.write("a.log", "a\nb")
    let source = try fileSource("\(scratch.path)/a.log", .json, ["follow": .bool(true)])
    let partition = try #require(try source.partitions(fixEnds: true).first)
    func read(from position: Position) throws -> Given {
      let run = try PartitionRun(source, from: position, id: partition.id, end: partition.end)
      try run.read()
      return run.given
    }
    let first = try read(from: partition.start)
    #expect(first.records == ["a"])
    try scratch.append("a.log", "c\n")
    #expect(try read(from: try #require(first.steps.last).next).records == ["bc"])
  }

  @Test func `a file that was read to its end may be gone at the next start`() throws {
    let scratch = Scratch()
    try scratch.write("1.log", "{\"v\":\"1\"}\n")
    for parallel in [false, true] {
      let source = try fileSource(
        "\(scratch.path)/*.log", .json, ["follow": .bool(true), "parallel": .bool(parallel)])
      let partition = try #require(try source.partitions(fixEnds: false).first)
      let first = try PartitionRun(source)
      try first.read { $0.caughtUp == 1 }
      let read = try #require(first.given.steps.last?.next)
      let rest = try #require(first.given.rest)
      first.reader.close()
      #expect(!source.isSpent(partition.id, at: read))
      #expect(source.isSpent(partition.id, at: rest) == parallel)
      guard !parallel else { continue }
      try FileManager.default.moveItem(
        atPath: "\(scratch.path)/1.log", toPath: "\(scratch.path)/gone")
      let next = try PartitionRun(source, from: rest, id: partition.id)
      try next.read { $0.caughtUp == 1 }
      try scratch.write("2.log", "{\"v\":\"2\"}\n")
      try next.read { $0.records.count == 1 }
      #expect(next.given.records == ["{\"v\":\"2\"}"])
      try FileManager.default.moveItem(
        atPath: "\(scratch.path)/gone", toPath: "\(scratch.path)/1.log")
      try FileManager.default.removeItem(atPath: "\(scratch.path)/2.log")
    }
  }

  @Test func `a file that was cut is a gap, stored or followed`() throws {
    let scratch = Scratch()
    try scratch.write("a.log", "{\"v\":\"1\"}\n{\"v\":\"2\"}\n")
    let source = try fileSource("\(scratch.path)/a.log")
    let end = try #require(try readAll(source).steps.last?.next)
    let followed = try PartitionRun(
      try fileSource("\(scratch.path)/a.log", .json, ["follow": .bool(true)]))
    try followed.read { $0.caughtUp == 1 }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(scratch.path)/a.log"))
    try handle.truncate(atOffset: 5)
    #expect { try readAll(source, from: end) } throws: { ($0 as? ConnectorError)?.kind == .gap }
    #expect { try followed.read { $0.caughtUp == 9 } } throws: {
      ($0 as? ConnectorError)?.kind == .gap
    }
  }

  @Test func `what is wrong with a file is said`() throws {
    let scratch = Scratch()
    #expect { try fileSource("\(scratch.path)/none").partitions(fixEnds: true) } throws: {
      ($0 as? ConnectorError)?.message.contains("there is no file") == true
    }
    try scratch.write("a.jsonl", "{\"v\":\"123456789\"}\n")
    let short = try fileSource("\(scratch.path)/a.jsonl", .json, ["max_record": .int(8)])
    // It is no row, and its first bytes say which it was.
    #expect(try readAll(short).records == ["{\"v\":\"12"])
    try scratch.write("a.gz", [0x1F, 0x8B, 8, 0, 1, 2, 3])
    #expect(throws: ConnectorError.self) { try readAll(try fileSource("\(scratch.path)/a.gz")) }
    #expect(throws: ConnectorError.self) { try fileSource("", .json) }
  }

  @Test func `a record of ten megabytes is a record`() throws {
    let scratch = Scratch()
    let long = "{\"v\":\"\(String(repeating: "0123456789", count: 1 << 20))\"}"
    try scratch.write("a.jsonl", "{}\n\(long)\n{}\n")
    let given = try readAll(try fileSource("\(scratch.path)/a.jsonl"))
    #expect(given.records.map(\.utf8.count) == [2, long.utf8.count, 2])
  }

  @Test func `a held partition gives nothing until it is released`() throws {
    let scratch = Scratch()
    try scratch.write("a.jsonl", "{}\n")
    let source = try fileSource("\(scratch.path)/a.jsonl")
    let run = try PartitionRun(source)
    let id = try source.partitions(fixEnds: false)[0].id
    run.reader.hold(id)
    guard case .nothing = try run.reader.poll(limit: 1) else {
      Issue.record("a held partition was read")
      return
    }
    run.reader.release(id)
    try run.read()
    #expect(run.given.records == ["{}"])
  }

  @Test func `a table is read whole`() throws {
    let scratch = Scratch()
    try scratch.write("ads.csv", AdEventGenerator(seed: 1).adsTable())
    let columns = ["campaign_id", "ad_id"].map {
      DecodedColumn(field: Field($0, .string), origin: .field($0))
    }
    let spec = TableSpec(
      name: "ads", keys: ["ad_id"], connector: ConnectorSpec(connector: "file", options: []),
      decoding: DecodingSpec(format: .csv, columns: columns))
    let table = try TableLoader.load(spec, from: try fileSource("\(scratch.path)/ads.csv", .csv))
    #expect(table.rowCount == 1000)
    #expect(Set(table.columns[0].cells).count == 100)
    #expect(Set(table.columns[1].cells).count == 1000)
    #expect {
      try TableLoader.load(
        spec, from: try fileSource("\(scratch.path)/ads.csv", .csv), textLimit: 1_000)
    } throws: { ($0 as? ConnectorError)?.message.contains("more than 1000 bytes of text") == true }
    try scratch.write("ads.csv", "ad_id,campaign_id\na,b\nc\n")
    #expect {
      try TableLoader.load(spec, from: try fileSource("\(scratch.path)/ads.csv", .csv))
    } throws: { ($0 as? ConnectorError)?.message.contains("record 2") == true }
  }

  @Test func `ad events are the same for a seed, and what the benchmark asks for`() throws {
    let buffer = ByteBuffer()
    let generator = AdEventGenerator(seed: 7)
    generator.append(3, eventTime: 1_767_225_600_123_000, to: buffer)
    let text = buffer.string
    #expect((230...260).contains(buffer.count), "\(text)")
    buffer.removeAll()
    AdEventGenerator(seed: 7).append(3, eventTime: 1_767_225_600_123_000, to: buffer)
    #expect(buffer.string == text)
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String]
    #expect(object?.count == 7)
    #expect(object?["event_time"] == "2026-01-01T00:00:00.123Z")
    let costly = ByteBuffer()
    AdEventGenerator(seed: 7, hasCost: true).append(1, eventTime: 0, to: costly)
    #expect(costly.string.contains("\"cost\":0."))
  }
}
