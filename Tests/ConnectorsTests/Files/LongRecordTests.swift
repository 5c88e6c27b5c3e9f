import Columns
import Connectors
import Formats
import Plans
import Platform
import Schemas
import Synchronization
import TestKit
import Testing

/// Records that are longer than they may be, or longer than they should be: behind a quote that was
/// never closed.
struct LongRecordTests {
  private struct Read {
    var rows: [[Cell]] = []
    var reasons: [String] = []
    /// Rows and failures in front of each place.
    var places: [(rows: Int, reasons: Int, next: Position)] = []
    var mostBytes = 0
  }

  private func read(
    _ source: any Source, _ format: DecodingSpec.Format, from position: Position? = nil,
    limit: Int = 4096
  ) throws -> Read {
    let decoder = try makeDecoder(sourceSpec(format).decoding)
    let wake = Parker()
    let reader = try source.makeReader(worker: 0, wake: wake)
    defer { reader.close() }
    let partition = try source.partitions(fixEnds: false)[0]
    try reader.add(partition.id, at: position ?? partition.start, end: partition.end)
    var read = Read()
    while true {
      switch try reader.poll(limit: limit) {
      case .nothing: wake.wait(nanoseconds: 1_000_000_000)
      case .ended: return read
      case .records(let records, let next):
        let decoded = decoder.decode(records)
        read.rows += decoded.batch.cells
        read.reasons += decoded.failures.map(\.reason)
        read.places.append((read.rows.count, read.reasons.count, next))
        read.mostBytes = max(read.mostBytes, records.byteCount)
      case .rows, .advanced, .caughtUp: break
      }
    }
  }

  @Test(arguments: [1, 4096])
  func `a record that is too long is a bad one, wherever reading goes on`(_ limit: Int) throws {
    let scratch = Scratch()
    let long = "{\"v\":\"\(String(repeating: "x", count: 1_500_000))\"}"
    let short = "{\"v\":\"\(String(repeating: "y", count: 200_001))\"}"
    try scratch.write(
      "a.jsonl", "{\"v\":\"1\"}\n\(long)\n{\"v\":\"2\"}\n\(short)\n{\"v\":\"3\"}\n\(long)")
    let path = "\(scratch.path)/a.jsonl"
    let source = try fileSource(path, .json, ["max_record": .int(200_000)])
    let whole = try read(source, .json, limit: limit)
    #expect(whole.rows == [["1"], ["2"], ["3"]])
    try #require(whole.reasons.count == 3)
    let start = "it is longer than `max_record`, 200000 bytes: it has"
    #expect(whole.reasons[0] == "\(start) \(long.utf8.count), from byte 10 of \(path) on")
    #expect(whole.reasons[1].hasPrefix("\(start) \(short.utf8.count), from byte"))
    let last = 3 * 10 + long.utf8.count + short.utf8.count + 2
    #expect(whole.reasons[2] == "\(start) \(long.utf8.count), from byte \(last) of \(path) on")
    #expect(whole.mostBytes < 1 << 20)
    for place in whole.places.dropLast() {
      let rest = try read(source, .json, from: place.next, limit: limit)
      #expect(rest.rows == Array(whole.rows.dropFirst(place.rows)))
      #expect(rest.reasons == Array(whole.reasons.dropFirst(place.reasons)))
    }
  }

  @Test func `a quote that is not closed takes what is up to the next, and is told`() throws {
    let scratch = Scratch()
    let lines = (1...60_000).map { "line \($0)\n" }.joined()
    try scratch.write("a.csv", "v\na\n\"b\n\(lines)c\"\nd\n\"e\nf\ng\"h\n")
    let said = Mutex<[String]>([])
    for limit in [100_000, 1_000_000] as [Int64] {
      var environment = environment()
      environment.notify = { line in said.withLock { $0.append(line) } }
      let source = try FileConnector().makeSource(
        sourceSpec(.csv),
        options: ResolvedOptions([
          "path": .text("\(scratch.path)/a.csv"), "max_record": .int(limit),
        ]),
        environment: environment)
      let whole = try read(source, .csv)
      let reason = try #require(whole.reasons.last)
      #expect(reason.hasPrefix("no CSV: a quote out of place at byte 7; the quote that opens in"))
      #expect(reason.contains("its line 1 may not be closed: the record has 3 lines, from byte"))
      if limit == 100_000 {
        #expect(whole.rows == [["a"], ["d"]] && whole.reasons.count == 2)
        #expect(whole.reasons[0].contains(" in 60002 lines, and a quote in it may not be closed"))
        #expect(whole.reasons[0].contains(", from byte 4 of "))
      } else {
        #expect(whole.rows.count == 3 && whole.reasons.count == 1)
      }
    }
    let told = said.withLock { $0 }
    #expect(told.count == 2 && told[0].contains("60002 lines"), "\(told)")
    #expect(told.last?.contains("has 60002 lines, from byte 4 on: if a quote") == true, "\(told)")
  }

  @Test func `a submitted file's bad record says which lines it took`() throws {
    let scratch = Scratch()
    try scratch.write("a.csv", "v,w\n1,a\n2,\"b\n3,c\n4,\"d\"\n5,e\n")
    let file = try RecordFile("\(scratch.path)/a.csv", format: .csv)
    let decoder = try makeDecoder(sourceSpec(.csv).decoding)
    let decoded = decoder.decode(try #require(try file.next()))
    #expect(decoded.batch.cells == [["1"], ["5"]])
    let reason =
      "the quote that opens in line 3 may not be closed: the record runs to line 5 (3 lines)"
    #expect(decoded.failures.map { $0.reason.contains(reason) } == [true], "\(decoded.failures)")
  }
}
