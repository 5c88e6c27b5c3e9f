import Columns
import Connectors
import Foundation
import Formats
import Platform
import Plans
import Schemas
import Synchronization
import TestKit
import Testing

/// A file sink with one writer, driven by hand.
final class FileSinkRun {
  let sink: any Sink
  let writer: any SinkWriter
  let wake = Parker()
  static let schema = Schema([Field("v", .string)])

  init(
    _ scratch: Scratch, extra: [String: ResolvedValue] = [:],
    format: EncodingSpec.Format = .json, files: (any FileStore)? = nil, pipeline: String = "p",
    name: String = "out", delivery: SinkSpec.Delivery = .exactlyOnce
  ) throws {
    let spec = SinkSpec(
      name: name, connector: ConnectorSpec(connector: "file", options: []),
      encoding: EncodingSpec(format: format), delivery: delivery)
    let connector = files.map { store in FileConnector { _ in store } } ?? FileConnector()
    sink = try connector.makeSink(
      spec, schema: Self.schema,
      options: ResolvedOptions(["path": .text(scratch.path)].merging(extra) { $1 }),
      transaction: nil, environment: environment(pipeline: pipeline))
    writer = try sink.makeWriter(worker: 0, wake: wake)
  }

  func write(_ values: [String]) throws {
    #expect(try writer.write(Batch(Self.schema, values.map { [.text($0)] })) == [])
  }

  func prepare(_ epoch: UInt64) throws -> PendingOutput {
    try writer.prepare(Epoch(epoch))
    while true {
      if let pending = try writer.prepared(Epoch(epoch)) { return pending }
      wake.wait(nanoseconds: 1_000_000_000)
    }
  }
}

struct FileSinkTests {
  @Test func `parts appear whole and with their commit`() throws {
    let scratch = Scratch()
    let run = try FileSinkRun(scratch)
    try run.write(["a", "b"])
    let first = try run.prepare(5)
    try run.write(["c"])
    #expect(scratch.names == [])
    try run.sink.commit([first])
    #expect(scratch.names == ["0000000005-0000-000000.jsonl"])
    #expect(try scratch.read("0000000005-0000-000000.jsonl") == "{\"v\":\"a\"}\n{\"v\":\"b\"}\n")
    try run.sink.commit([first])
    let second = try run.prepare(6)
    let empty = try run.prepare(7)
    try run.sink.commit([second, empty])
    try run.sink.settle()
    #expect(scratch.names == ["0000000005-0000-000000.jsonl", "0000000006-0000-000000.jsonl"])
    #expect(scratch.hiddenNames == [])
  }

  @Test func `what was not committed is removed, what will be is kept`() throws {
    let scratch = Scratch()
    let crashed = try FileSinkRun(scratch)
    try crashed.write(["a"])
    let kept = try crashed.prepare(1)
    try crashed.write(["b"])
    _ = try crashed.prepare(2)
    let run = try FileSinkRun(scratch)
    try run.sink.discardUncommitted(keeping: [kept])
    #expect(scratch.hiddenNames.count == 1)
    try run.sink.commit([kept])
    try run.write(["b again"])
    try run.sink.commit([try run.prepare(3)])
    try run.sink.settle()
    #expect(scratch.names == ["0000000001-0000-000000.jsonl", "0000000003-0000-000000.jsonl"])
    #expect(scratch.hiddenNames == [])
  }

  @Test func `one that stood still before it discarded leaves what a newer life has begun`() throws
  {
    let scratch = Scratch()
    let frozen = try FileSinkRun(scratch)
    let newer = try FileSinkRun(scratch)
    try newer.write(["a"])
    let pending = try newer.prepare(1)
    try frozen.sink.discardUncommitted(keeping: [])
    try newer.sink.commit([pending])
    #expect(scratch.names == ["0000000001-0000-000000.jsonl"])
  }

  @Test func `a part is rotated at its size, whatever a batch holds`() throws {
    let scratch = Scratch()
    let run = try FileSinkRun(scratch, extra: ["part_size": .int(300_000)], format: .csv)
    let value = String(repeating: "x", count: 999)
    try run.write((0..<1000).map { _ in value })
    try run.sink.commit([try run.prepare(1)])
    #expect(scratch.names.count == 4)
    let texts = try scratch.names.map { try scratch.read($0) }
    #expect(texts.allSatisfy { $0.hasPrefix("v\n") })
    #expect(texts.map { $0.split(separator: "\n").count - 1 } == [300, 300, 300, 100])
  }

  @Test func `a small part_size makes a part of each record`() throws {
    let scratch = Scratch()
    let run = try FileSinkRun(scratch, extra: ["part_size": .int(1)])
    try run.write(["a", "b", "c"])
    try run.sink.commit([try run.prepare(1)])
    let texts = try scratch.names.map { try scratch.read($0) }
    #expect(texts == ["a", "b", "c"].map { "{\"v\":\"\($0)\"}\n" })
  }

  @Test func `names of parts sort as their numbers do`() throws {
    let scratch = Scratch()
    let run = try FileSinkRun(scratch, extra: ["part_size": .int(1)])
    for epoch in [9, 10, 100] as [UInt64] {
      try run.write((0..<12).map { "\(epoch).\($0)" })
      try run.sink.commit([try run.prepare(epoch)])
    }
    let given = try readAll(try fileSource("\(scratch.path)/*"))
    #expect(
      given.records
        == [9, 10, 100].flatMap { epoch in (0..<12).map { "{\"v\":\"\(epoch).\($0)\"}" } })
  }

  @Test func `rows that may come twice are seen without a commit`() throws {
    let scratch = Scratch()
    let run = try FileSinkRun(scratch, delivery: .atLeastOnce)
    try run.write(["a", "b"])
    let pending = try run.prepare(1)
    #expect(scratch.names == ["0000000001-0000-000000.jsonl"])
    try run.sink.commit([pending])
    // After a crash before the checkpoint counts its number is taken again.
    let again = try FileSinkRun(scratch, delivery: .atLeastOnce)
    try again.sink.discardUncommitted(keeping: [])
    try again.write(["a", "b"])
    _ = try again.prepare(1)
    #expect(
      scratch.names == ["0000000001-0000-000000.jsonl", "2x-0000000001-0000-000000.jsonl"])
    #expect(scratch.hiddenNames == [])
  }

  @Test(arguments: ["a b", "a/b", "..", ".", "a\nb", "\u{1}", "%20", "a\r\nb", "ñ 😀"])
  func `a name of any characters keeps parts in their folder`(_ name: String) throws {
    let scratch = Scratch()
    let crashed = try FileSinkRun(scratch, pipeline: name, name: name)
    try crashed.write(["a"])
    let kept = try crashed.prepare(1)
    try crashed.write(["b"])
    _ = try crashed.prepare(2)
    #expect(scratch.hiddenNames.count == 2)
    let run = try FileSinkRun(scratch, pipeline: name, name: name)
    try run.sink.discardUncommitted(keeping: [kept])
    try run.sink.commit([kept])
    try run.sink.settle()
    #expect(scratch.names == ["0000000001-0000-000000.jsonl"])
    #expect(scratch.hiddenNames == [])
  }

  @Test func `what an earlier version left under a name with a space is committed`() throws {
    let scratch = Scratch()
    try scratch.write(".raudal-my pipe-out-part-0-x-0", "{}\n")
    let run = try FileSinkRun(scratch, pipeline: "my pipe")
    try run.sink.commit([
      PendingOutput(
        sink: "out", worker: 0, epoch: Epoch(1),
        payload: ".raudal-my pipe-out-part-0-x-0 1-0-0.jsonl")
    ])
    #expect(scratch.names == ["1-0-0.jsonl"])
  }

  @Test(arguments: ["none", "zstd", "lz4", "gzip"])
  func `what a sink wrote a source reads`(_ compression: String) throws {
    let scratch = Scratch()
    let run = try FileSinkRun(scratch, extra: ["compression": .text(compression)])
    let values = (0..<20_000).map { "value \($0)" }
    for start in stride(from: 0, to: values.count, by: 4000) {
      try run.write(Array(values[start..<(start + 4000)]))
    }
    try run.sink.commit([try run.prepare(1)])
    #expect(scratch.names.count == 1)
    let given = try readAll(try fileSource("\(scratch.path)/*"))
    #expect(given.records == values.map { "{\"v\":\"\($0)\"}" })
  }

  @Test func `a part never takes another's name`() throws {
    let scratch = Scratch()
    for value in ["a", "b"] {
      let run = try FileSinkRun(scratch)
      try run.write([value])
      try run.sink.commit([try run.prepare(1)])
    }
    #expect(scratch.names == ["0000000001-0000-000000.jsonl", "2x-0000000001-0000-000000.jsonl"])
  }

  @Test func `pipelines that share a directory and a sink's name leave each other's parts alone`()
    throws
  {
    let scratch = Scratch()
    let runs = try ["one", "two"].map { try FileSinkRun(scratch, pipeline: $0) }
    for run in runs { try run.write(["a"]) }
    let pending = try runs.map { try $0.prepare(1) }
    try FileSinkRun(scratch, pipeline: "two").sink.discardUncommitted(keeping: [])
    try runs[0].sink.commit([pending[0]])
    try runs[0].sink.settle()
    #expect(scratch.names == ["0000000001-0000-000000.jsonl"])
    #expect(scratch.hiddenNames == [])
  }

  @Test func `a part that is gone is named, and the others are committed`() throws {
    let scratch = Scratch()
    let run = try FileSinkRun(scratch, extra: ["part_size": .int(1)])
    try run.write([String(repeating: "a", count: 300_000)])
    try run.write([String(repeating: "b", count: 300_000)])
    let pending = try run.prepare(1)
    let lost = try #require(scratch.hiddenNames.first)
    try FileManager.default.removeItem(atPath: "\(scratch.path)/\(lost)")
    let error = #expect(throws: ConnectorError.self) { try run.sink.commit([pending]) }
    #expect(error?.kind == .gap)
    #expect(error?.message.contains(lost) == true)
    #expect(scratch.names == ["0000000001-0000-000001.jsonl"])
  }

  @Test func `a name that another takes at the same time is not replaced`() throws {
    let scratch = Scratch()
    let store = LinuxFileStore(root: scratch.path)
    try store.write("a", Array("mine".utf8))
    try store.write("b", Array("theirs".utf8))
    let error = #expect(throws: FileError.self) { try store.move("a", to: "b") }
    #expect(error?.kind == .exists)
    try store.move("a", to: "c")
    #expect(try store.read("b") == Array("theirs".utf8))
    #expect(try store.read("c") == Array("mine".utf8))
  }

  /// Fails, once and for good, at the n-th call that changes something.
  final class CrashingStore: FileStore {
    struct Crash: Error {}
    let store: LinuxFileStore
    let left: Mutex<Int>

    init(_ root: String, crashAt: Int) {
      store = LinuxFileStore(root: root)
      left = Mutex(crashAt)
    }

    func step(_ path: String) throws(FileError) {
      let isAlive = left.withLock { left in
        left -= 1
        return left > 0
      }
      if !isAlive { throw FileError(.full, path: path, operation: "crash at") }
    }

    func write(_ path: String, _ bytes: [UInt8]) throws(FileError) {
      try step(path)
      try store.write(path, bytes)
    }

    func create(_ path: String) throws(FileError) -> any AppendableFile {
      try step(path)
      return File(try store.create(path), self)
    }

    func read(_ path: String) throws(FileError) -> [UInt8] { try store.read(path) }

    func read(_ path: String, at offset: Int, count: Int) throws(FileError) -> [UInt8] {
      try store.read(path, at: offset, count: count)
    }

    func size(of path: String) throws(FileError) -> Int { try store.size(of: path) }
    func exists(_ path: String) -> Bool { store.exists(path) }
    func synchronize(_ path: String) throws(FileError) { try store.synchronize(path) }

    func rename(_ path: String, to newPath: String) throws(FileError) {
      try step(path)
      try store.rename(path, to: newPath)
    }

    func remove(_ path: String) throws(FileError) {
      try step(path)
      try store.remove(path)
    }

    func list(_ directory: String) throws(FileError) -> [String] { try store.list(directory) }
    func createDirectory(_ path: String) throws(FileError) { try store.createDirectory(path) }
    func lock(_ path: String) throws(FileError) { try store.lock(path) }

    final class File: AppendableFile {
      let file: any AppendableFile
      let owner: CrashingStore

      init(_ file: any AppendableFile, _ owner: CrashingStore) {
        self.file = file
        self.owner = owner
      }

      func append(_ bytes: [UInt8]) throws(FileError) {
        try owner.step("append")
        try file.append(bytes)
      }

      func synchronize() throws(FileError) {
        try owner.step("synchronize")
        try file.synchronize()
      }

      func close() throws(FileError) { try file.close() }
    }
  }

  @Test func `a crash at any step loses and doubles nothing`() throws {
    var crashes = 0
    for crashAt in 1...24 {
      let scratch = Scratch()
      var durable: [PendingOutput] = []
      var committed = 0
      do {
        let run = try FileSinkRun(
          scratch, files: CrashingStore(scratch.path, crashAt: crashAt))
        for epoch in 1...4 {
          try run.write(["e\(epoch)"])
          let pending = try run.prepare(UInt64(epoch))
          durable.append(pending)
          try run.sink.commit([pending])
          committed = epoch
        }
      } catch { crashes += 1 }
      // The restored checkpoint is the last whose manifest became durable.
      let run = try FileSinkRun(scratch)
      let kept = durable.last.map { [$0] } ?? []
      try run.sink.discardUncommitted(keeping: kept)
      try run.sink.commit(kept)
      for epoch in (durable.count + 1)..<6 {
        try run.write(["e\(epoch)"])
        try run.sink.commit([try run.prepare(UInt64(epoch + 10))])
      }
      try run.sink.settle()
      let texts = try scratch.names.map { try scratch.read($0) }.sorted()
      #expect(texts == (1...5).map { "{\"v\":\"e\($0)\"}\n" }, "\(crashAt), \(committed)")
      #expect(scratch.hiddenNames == [])
    }
    #expect(crashes > 10)
  }

  @Test func `a full disk is an error of the sink`() throws {
    let scratch = Scratch()
    let run = try FileSinkRun(scratch, files: CrashingStore(scratch.path, crashAt: 1))
    try run.write(["a"])
    #expect { _ = try run.prepare(1) } throws: {
      ($0 as? ConnectorError)?.message.contains("no space is left") == true
    }
    #expect(run.writer.hasRoom)
  }
}
