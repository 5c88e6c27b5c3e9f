import Columns
import Connectors
import Foundation
import Formats
import Platform
import Plans
import Schemas
import TestKit

/// A directory of its own for one test, removed with it.
final class Scratch {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "raudal-connectors-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  func append(_ name: String, _ text: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(path)/\(name)"))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  func read(_ name: String) throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  /// Without hidden files.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
      .filter { !$0.hasPrefix(".") }.sorted()
  }

  var hiddenNames: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
      .filter { $0.hasPrefix(".") }.sorted()
  }
}

func environment(
  lanes: any BackgroundLanes = ThreadLanes(), directory: String = ".", pipeline: String = "p"
) -> ConnectorEnvironment {
  ConnectorEnvironment(
    pipeline: pipeline, clock: SystemClock(), lanes: lanes, workers: 1,
    checkpointInterval: 1_000_000,
    directory: directory)
}

func sourceSpec(
  _ format: DecodingSpec.Format = .json, options: [Plans.Option] = []
) -> SourceSpec {
  SourceSpec(
    name: "s", connector: ConnectorSpec(connector: "file", options: []),
    decoding: DecodingSpec(
      format: format,
      columns: [DecodedColumn(field: Field("v", .string), origin: .field("v"))], options: options),
    eventTime: nil)
}

func fileSource(
  _ path: String, _ format: DecodingSpec.Format = .json,
  _ extra: [String: ResolvedValue] = [:], decoding: [Plans.Option] = [],
  directory: String = "."
) throws -> any Source {
  let options = ResolvedOptions(["path": .text(path)].merging(extra) { $1 })
  return try FileConnector().makeSource(
    sourceSpec(format, options: decoding), options: options,
    environment: environment(directory: directory))
}

/// What a reader gave: records as text with the position behind each batch.
struct Given {
  var records: [String] = []
  var steps: [(count: Int, next: Position)] = []
  var caughtUp = 0
  /// Where it rests, caught up.
  var rest: Position?
}

/// One partition of a source, read by a waiting thread.
final class PartitionRun {
  let reader: any SourceReader
  let wake = Parker()
  var given = Given()

  init(_ source: any Source, from position: Position? = nil, partition: Int = 0) throws {
    reader = try source.makeReader(worker: 0, wake: wake)
    let partition = try source.partitions(fixEnds: false)[partition]
    try reader.add(partition.id, at: position ?? partition.start, end: partition.end)
  }

  /// A partition that the source may not name any more.
  init(
    _ source: any Source, from position: Position, id: PartitionID, end: Position? = nil
  ) throws {
    reader = try source.makeReader(worker: 0, wake: wake)
    try reader.add(id, at: position, end: end)
  }

  deinit { reader.close() }

  /// Reads until the partition's end, or until `isEnough`; throws where that takes a minute.
  func read(limit: Int = 4096, until isEnough: (Given) -> Bool = { _ in false }) throws {
    let deadline = Date().addingTimeInterval(60)
    while !isEnough(given) {
      if Date() > deadline { throw Late(what: "\(given.records.count) records are there") }
      switch try reader.poll(limit: limit) {
      case .nothing: wake.wait(nanoseconds: 1_000_000_000)
      case .caughtUp(_, let place):
        given.caughtUp += 1
        given.rest = place
      case .ended: return
      case .rows, .advanced: break
      case .records(let batch, let next):
        for row in 0..<batch.count {
          given.records.append(
            String(
              decoding: batch.bytes(batch.values[row]) ?? .init(start: nil, count: 0), as: UTF8.self
            ))
        }
        given.steps.append((given.records.count, next))
      }
    }
  }
}

func readAll(
  _ source: any Source, from position: Position? = nil, limit: Int = 4096
) throws -> Given {
  let run = try PartitionRun(source, from: position)
  try run.read(limit: limit)
  return run.given
}

/// What did not come about within a minute.
struct Late: Error {
  var what: String
}

/// Looks now and then until it is so.
func wait(until isSo: () -> Bool) throws {
  let deadline = Date().addingTimeInterval(60)
  while !isSo() {
    if Date() > deadline { throw Late(what: "it is not so") }
    Thread.sleep(forTimeInterval: 0.01)
  }
}

/// Whether this process holds a descriptor of a file.
func isOpen(_ path: String) -> Bool {
  let held = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
  let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  return held.contains { number in
    let target = try? FileManager.default.destinationOfSymbolicLink(
      atPath: "/proc/self/fd/\(number)")
    return target == path || target == real
  }
}
