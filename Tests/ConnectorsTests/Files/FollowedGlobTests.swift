import Columns
import Connectors
import Foundation
import Plans
import Schemas
import Testing

/// Files of a followed glob that change after they were read, and those that come in their place.
struct FollowedGlobTests {
  private func source(_ scratch: Scratch, _ path: String = "*.log") throws -> any Source {
    try fileSource("\(scratch.path)/\(path)", .json, ["follow": .bool(true)])
  }

  private func run(_ source: any Source, from position: Position, ends: Bool = false) throws
    -> PartitionRun
  {
    let partition = try #require(try source.partitions(fixEnds: ends).first)
    return try PartitionRun(source, from: position, id: partition.id, end: partition.end)
  }

  @Test(.timeLimit(.minutes(10)))
  func `what is appended to a file that another follows is read, once`() throws {
    let scratch = Scratch()
    try scratch.write("a.log", "a1\n")
    try scratch.write("b.log", "b1\n")
    try scratch.write("c.log", "")
    try scratch.write("d.log", "d1\n")
    let first = try PartitionRun(try source(scratch))
    try first.read { $0.records.count == 3 && $0.caughtUp > 0 }
    try scratch.append("a.log", "a2\n")
    try first.read { $0.records.count == 4 }
    try scratch.append("c.log", "c1\n")
    try first.read { $0.records.count == 5 }
    try scratch.append("d.log", "d2\n")
    try first.read { $0.records.count == 6 }
    #expect(first.given.records == ["a1", "b1", "d1", "a2", "c1", "d2"])
    first.reader.close()
    try scratch.append("b.log", "b2\n")
    for (step, next) in first.given.steps {
      let rest = try run(try source(scratch), from: next, ends: true)
      try rest.read()
      let left = Array(first.given.records.dropFirst(step)) + ["b2"]
      #expect(rest.given.records.sorted() == left.sorted(), "\(next)")
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `two files that are written all the time are both read`() throws {
    let scratch = Scratch()
    try scratch.write("a.log", "a\n")
    try scratch.write("b.log", "b\n")
    let first = try PartitionRun(try source(scratch))
    var lines = 1
    while !first.given.records.contains("b"), lines < 400 {
      for name in ["a", "b"] { try scratch.append("\(name).log", "\(name)\n") }
      lines += 1
      let (records, looks) = (first.given.records.count, first.given.caughtUp)
      // It counts how often it came to the file's end, whatever the speed of this test.
      try first.read { $0.records.count > records && $0.caughtUp > looks }
      Thread.sleep(forTimeInterval: 0.02)
    }
    #expect(first.given.records.contains("b"))
    try first.read { $0.records.count == 2 * lines }
    #expect(first.given.records.count { $0 == "a" } == lines)
  }

  @Test(.timeLimit(.minutes(10)))
  func `a file that is written faster than it is read leaves room for the others`() throws {
    let scratch = Scratch()
    let line = String(repeating: "a", count: (64 << 10) - 1) + "\n"
    let piece = String(repeating: line, count: 64)
    try scratch.write("a.log", piece)
    try scratch.write("b.log", "b\n")
    let first = try PartitionRun(try source(scratch))
    var written = 64
    while !first.given.records.contains("b"), written < 4_000 {
      // Its end stays out of reach.
      while written < first.given.records.count + 512 {
        try scratch.append("a.log", piece)
        written += 64
      }
      let records = first.given.records.count
      try first.read { $0.records.count > records }
    }
    let hasComeToIt = first.given.records.contains("b")
    #expect(hasComeToIt)
    guard hasComeToIt else { return }
    #expect(first.given.caughtUp == 0)
    try first.read { $0.records.count == written + 1 }
    let long = first.given.records.count { $0.count == line.count - 1 }
    #expect(long == written)
    // Where it was left it goes on, also in another process.
    let left = try #require(first.given.steps.first { first.given.records[$0.count - 1] == "b" })
    first.reader.close()
    let rest = try run(try source(scratch), from: left.next, ends: true)
    try rest.read()
    #expect(rest.given.records.count == written + 1 - left.count)
  }

  @Test(.timeLimit(.minutes(10)))
  func `half a line waits for its rest, and is a record at the end of the run`() throws {
    let scratch = Scratch()
    try scratch.write("a.log", "a1\na2")
    try scratch.write("b.log", "b1\nb2")
    try scratch.write("c.log", "c1\n")
    let first = try PartitionRun(try source(scratch))
    try first.read { $0.records.count == 3 && $0.caughtUp > 0 }
    #expect(first.given.records == ["a1", "b1", "c1"])
    try scratch.append("a.log", "-rest\n")
    try first.read { $0.records.count == 4 }
    #expect(first.given.records.last == "a2-rest")
    first.reader.close()
    let next = try #require(first.given.steps.last).next
    let rest = try run(try source(scratch), from: next, ends: true)
    try rest.read()
    #expect(rest.given.records == ["b2"])
    let again = try run(
      try source(scratch), from: try #require(rest.given.steps.last).next, ends: true)
    try again.read()
    #expect(again.given.records == [])
  }

  @Test(.timeLimit(.minutes(10)), arguments: ["a.log", "*.log", "parallel"])
  func `a file that is rotated again before its turn came is read`(path: String) throws {
    let scratch = Scratch()
    try scratch.write("a.log", "0\n")
    let first = try PartitionRun(
      try fileSource(
        "\(scratch.path)/\(path == "a.log" ? "a" : "*").log", .json,
        ["follow": .bool(true), "parallel": .bool(path == "parallel")]))
    try first.read { $0.caughtUp > 0 }
    // One that waits its turn too.
    if path == "*.log" { try scratch.write("b.log", "") }
    for number in 1...3 {
      try FileManager.default.moveItem(
        atPath: "\(scratch.path)/a.log", toPath: "\(scratch.path)/a.\(number)")
      try scratch.write("a.log", "\(number)\n")
      // It is held from when it is seen.
      try wait { isOpen("\(scratch.path)/a.log") }
    }
    try scratch.append("a.1", "0 late\n")
    try scratch.append("a.2", "1 late\n")
    try first.read { $0.records.count == 6 }
    #expect(first.given.records == ["0", "0 late", "1", "1 late", "2", "3"])
    try scratch.append("a.log", "3 late\n")
    try first.read { $0.records.count == 7 }
    #expect(first.given.records.last == "3 late")
  }

  @Test func `a ledger of an earlier version has read its files as they are`() throws {
    let scratch = Scratch()
    for name in ["a", "b", "c"] { try scratch.write("\(name).log", "\(name)1\n\(name)2\n") }
    let name = Array("\(scratch.path)/a.log".utf8)
    let hash = name.withUnsafeBufferPointer { bytes in
      bytes.baseAddress.map { XXH3.hash($0, count: bytes.count) } ?? 0
    }
    let digits = String(hash, radix: 16)
    let entry = String(repeating: "0", count: 16 - digits.count) + digits
    let left = "@3:\(scratch.path)/c.log"
    for (ledger, records) in [
      (";\(entry)", ["b2", "c1", "c2"]), (";\(entry)\(left)", ["b2", "c2"]),
      (";", ["a1", "a2", "b2", "c1", "c2"]),
    ] {
      let rest = try run(
        try source(scratch),
        from: Position(offset: 9, detail: "3\(ledger) \(scratch.path)/b.log"), ends: true)
      try rest.read()
      #expect(rest.given.records.sorted() == records, "\(ledger)")
    }
    for broken in [";x", ";\(entry)+1", ";\(entry)+3+2+,", ";\(entry)+1+2+9-x,", ";@1~x:a"] {
      #expect(throws: ConnectorError.self, "\(broken)") {
        try run(
          try source(scratch),
          from: Position(offset: 9, detail: "3\(broken) \(scratch.path)/b.log"))
      }
    }
  }

  @Test func `parts with padded numbers are newer than those of earlier versions`() throws {
    let scratch = Scratch()
    for name in ["9-0-0", "12-0-0", "0000000013-0000-000000", "0000000003-0000-000000"] {
      try scratch.write("\(name).jsonl", "\(name)\n")
    }
    let source = try source(scratch, "*.jsonl")
    let rest = try run(
      source, from: Position(offset: 1, detail: "7 \(scratch.path)/12-0-0.jsonl"), ends: true)
    try rest.read()
    #expect(rest.given.records.sorted() == ["0000000013-0000-000000", "9-0-0"])
  }

  @Test(.timeLimit(.minutes(10)))
  func `another file under a name that was read is read, also where it is shorter`() throws {
    let scratch = Scratch()
    try scratch.write("a.log", "a1\na2\na3\n")
    try scratch.write("b.log", "b1\n")
    let first = try PartitionRun(try source(scratch))
    try first.read { $0.records.count == 4 && $0.caughtUp > 0 }
    // Emptied and written anew.
    try scratch.write("a.log", "n1\n")
    try first.read { $0.records.count == 5 }
    try scratch.append("a.log", "n2\n")
    try first.read { $0.records.count == 6 }
    // The file at hand must not be cut short.
    try scratch.append("b.log", "b2\n")
    try first.read { $0.records.count == 7 && $0.caughtUp > 0 }
    try scratch.write("a.log", "m1\nm2\nm3\nm4\n")
    try first.read { $0.records.count == 11 }
    #expect(
      first.given.records
        == ["a1", "a2", "a3", "b1", "n1", "n2", "b2", "m1", "m2", "m3", "m4"])
    for (step, next) in first.given.steps where step >= 7 {
      let rest = try run(try source(scratch), from: next, ends: true)
      try rest.read()
      #expect(rest.given.records == Array(first.given.records.dropFirst(step)), "\(next)")
    }
  }

  @Test func `a file that was replaced while nothing ran is told from the one that was read`()
    throws
  {
    for follows in [false, true] {
      let scratch = Scratch()
      try scratch.write("a.log", "1\n2\n")
      let source = try fileSource(
        "\(scratch.path)/a.log", .json, ["follow": .bool(follows)])
      let first = try PartitionRun(source)
      try first.read { $0.caughtUp > 0 }
      let read = try #require(first.given.steps.last?.next)
      first.reader.close()
      // A copy with more behind it is the same.
      try scratch.write("a.log", "1\n2\n3\n")
      let copy = try run(source, from: read)
      try copy.read { $0.records.count == 1 }
      #expect(copy.given.records == ["3"])
      copy.reader.close()
      try scratch.write("a.log", "4\n5\n6\n")
      let other = try run(source, from: read)
      #expect {
        try other.read { !$0.records.isEmpty }
      } throws: {
        guard let error = $0 as? ConnectorError else { return false }
        return error.kind == .gap && error.message.contains("it was replaced")
      }
      // One that held nothing more may go, and what comes in its place is read whole.
      guard follows, let rest = first.given.rest else { continue }
      let new = try run(source, from: rest)
      try new.read { $0.records.count == 3 }
      #expect(new.given.records == ["4", "5", "6"])
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: [false, true])
  func `a file that was removed is closed, and the next of its name is read`(isParallel: Bool)
    throws
  {
    let scratch = Scratch()
    try scratch.write("a.log", "1\n")
    let first = try PartitionRun(
      try fileSource(
        "\(scratch.path)/*.log", .json,
        ["follow": .bool(true), "parallel": .bool(isParallel)]))
    try first.read { $0.caughtUp > 0 }
    #expect(isOpen("\(scratch.path)/a.log"))
    try FileManager.default.removeItem(atPath: "\(scratch.path)/a.log")
    try wait { !isOpen("\(scratch.path)/a.log (deleted)") }
    try scratch.write("a.log", "2\n3\n")
    try first.read { $0.records.count == 3 }
    #expect(first.given.records == ["1", "2", "3"])
  }

  @Test func `a file that was cut and has grown again between two looks is a gap`() throws {
    let scratch = Scratch()
    try scratch.write("a.log", "1\n2\n")
    let followed = try PartitionRun(
      try fileSource("\(scratch.path)/a.log", .json, ["follow": .bool(true)]))
    try followed.read { $0.records.count == 2 && $0.caughtUp == 1 }
    // In place, in one step.
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(scratch.path)/a.log"))
    try handle.write(contentsOf: Data("3\n4\n5\n6\n".utf8))
    #expect { try followed.read { $0.records.count > 2 } } throws: {
      guard let error = $0 as? ConnectorError else { return false }
      return error.kind == .gap && error.message.contains("it was replaced")
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: ["a.log", "*.log", "parallel"])
  func `a folder that is away for a while does not make its files new`(path: String) throws {
    let scratch = Scratch()
    let folder = "\(scratch.path)/in"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in path == "*.log" ? ["a", "b"] : ["a"] {
      try scratch.write("in/\(name).log", "\(name)\n")
      // Nobody has written to it for long, so it is closed when it is gone.
      try FileManager.default.setAttributes(
        [.modificationDate: Date().addingTimeInterval(-3_600)],
        ofItemAtPath: "\(folder)/\(name).log")
    }
    let first = try PartitionRun(
      try fileSource(
        "\(folder)/\(path == "a.log" ? "a" : "*").log", .json,
        ["follow": .bool(true), "parallel": .bool(path == "parallel")]))
    let count = path == "*.log" ? 2 : 1
    try first.read { $0.records.count == count && $0.caughtUp > 0 }
    for round in 1...3 {
      try FileManager.default.moveItem(atPath: folder, toPath: "\(scratch.path)/away")
      let looks = first.given.caughtUp
      try wait { !isOpen("\(scratch.path)/away/a.log") && !isOpen("\(scratch.path)/away/b.log") }
      try FileManager.default.moveItem(atPath: "\(scratch.path)/away", toPath: folder)
      try scratch.append("in/a.log", "a\(round)\n")
      try first.read { $0.records.count == count + round && $0.caughtUp > looks }
    }
    #expect(first.given.records == (count == 2 ? ["a", "b"] : ["a"]) + ["a1", "a2", "a3"])
  }
}
