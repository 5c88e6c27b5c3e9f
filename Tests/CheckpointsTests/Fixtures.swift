import Columns
import KeyedState
import Platform
import Schemas
import TestKit

@testable import Checkpoints

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
