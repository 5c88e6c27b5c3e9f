import Columns
import KeyedState
import Platform
import Schemas
import Synchronization
import TestKit

@testable import Checkpoints

/// Files in memory, where each byte can be reached.
final class MemoryFiles: FileStore {
  private let held = Mutex<[String: [UInt8]]>([:])
  private let locks = Mutex<Set<String>>([])

  subscript(path: String) -> [UInt8]? {
    get { held.withLock { $0[path] } }
    set { held.withLock { $0[path] = newValue } }
  }

  var paths: [String] { held.withLock { $0.keys.sorted() } }

  func write(_ path: String, _ bytes: [UInt8]) throws(FileError) { self[path] = bytes }

  func create(_ path: String) throws(FileError) -> any AppendableFile {
    guard self[path] == nil else { throw FileError(.exists, path: path, operation: "create") }
    self[path] = []
    return MemoryFile(path: path, files: self)
  }

  func read(_ path: String) throws(FileError) -> [UInt8] {
    guard let bytes = self[path] else {
      throw FileError(.notFound, path: path, operation: "read")
    }
    return bytes
  }

  func read(_ path: String, at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    Array(try read(path).dropFirst(offset).prefix(count))
  }

  func size(of path: String) throws(FileError) -> Int { try read(path).count }

  func exists(_ path: String) -> Bool { self[path] != nil }

  func rename(_ path: String, to newPath: String) throws(FileError) {
    self[newPath] = try read(path)
    self[path] = nil
  }

  func remove(_ path: String) throws(FileError) {
    _ = try read(path)
    self[path] = nil
  }

  func list(_ directory: String) throws(FileError) -> [String] {
    paths.filter { $0.hasPrefix(directory + "/") }.map { String($0.dropFirst(directory.count + 1)) }
  }

  func createDirectory(_ path: String) throws(FileError) {}

  func lock(_ path: String) throws(FileError) {
    guard locks.withLock({ $0.insert(path).inserted }) else {
      throw FileError(.locked, path: path, operation: "lock")
    }
  }
}

private final class MemoryFile: AppendableFile {
  private let path: String
  private let files: MemoryFiles

  init(path: String, files: MemoryFiles) {
    self.path = path
    self.files = files
  }

  func append(_ bytes: [UInt8]) throws(FileError) { files[path]?.append(contentsOf: bytes) }
  func synchronize() throws(FileError) {}
  func close() throws(FileError) {}
}

/// Blocks as an operator would hand them over.
final class Snapshot: StateSnapshot {
  let isDelta: Bool
  private let blocks: [StateBlock]

  init(_ blocks: [StateBlock], isDelta: Bool = false) {
    self.blocks = blocks
    self.isDelta = isDelta
  }

  func write(to writer: any StateWriter) throws {
    for block in blocks { try writer.write(block) }
  }
}

extension StateDeclaration {
  static let counts = StateDeclaration(
    name: "counts", kind: .keyed,
    schema: Schema([Field("campaign", .string), Field("views", .int, nullable: true)]),
    keyColumns: 1, parameters: "tumbling(10s)")
}

extension CheckpointStore {
  /// Writes a whole checkpoint: for each worker the snapshots of its operators.
  @discardableResult
  func save(
    _ epoch: UInt64, as incarnation: Incarnation, lineage: String = "L1",
    predecessor: CheckpointID? = nil, earlier: [PartReference] = [],
    workers: [[(OperatorID, [StateDeclaration], Snapshot)]],
    change: (inout Manifest) -> Void = { _ in }
  ) throws -> Manifest {
    let id = CheckpointID(epoch: Epoch(epoch), incarnation: incarnation.number)
    var manifest = Manifest(
      id: id, pipeline: pipeline, lineage: lineage, predecessor: predecessor,
      createdAt: Timestamp(microseconds: 1_704_067_200_000_000), workers: workers.count,
      parts: earlier)
    for (worker, snapshots) in workers.enumerated() {
      let part = try PartWriter(
        PartHeader(
          pipeline: pipeline, lineage: lineage, id: id, worker: worker, workers: workers.count),
        incarnation: incarnation)
      for (owner, states, snapshot) in snapshots {
        try part.write(snapshot, of: owner, states: states)
        let entry = OperatorStates(id: owner, states: states)
        if !manifest.operators.contains(entry) { manifest.operators.append(entry) }
      }
      manifest.parts.append(try part.finish())
    }
    change(&manifest)
    _ = try write(manifest, as: incarnation)
    return manifest
  }
}

/// All rows that `worker` of `workers` restores of an operator: `state scope cells`.
func restored(
  _ contents: CheckpointContents, _ id: OperatorID, _ declared: [StateDeclaration],
  worker: Int = 0, of workers: Int = 1
) throws -> [String] {
  let reader = contents.reader(of: id, declared: declared, worker: worker, of: workers) {
    Int($0.number) % workers
  }
  var rows: [String] = []
  while let block = try reader?.next() {
    for cells in block.rows.cells {
      rows.append("\(block.state) \(describe(block.scope)) \(cells)")
    }
  }
  return rows
}

func describe(_ scope: StateScope) -> String {
  switch scope {
  case .whole: "whole"
  case .keyGroup(let group): "group \(group.number)"
  case .partition(let partition): "\(partition)"
  }
}
