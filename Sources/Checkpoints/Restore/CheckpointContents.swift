package import KeyedState
package import Schemas
import Columns
import Platform

/// A checkpoint opened for reading: its manifest and all its parts' indexes, checked against each
/// other. Blocks are read when asked for. Any thread may use it.
package final class CheckpointContents: Sendable {
  package let manifest: Manifest
  /// Names the manifest's bytes.
  package let digest: String
  private let parts: [PartReader]

  /// O(indexes). Throws if any part is missing, damaged or not the one that belongs here.
  package init(_ id: CheckpointID, in store: CheckpointStore) throws(CheckpointError) {
    (manifest, digest) = try store.manifest(id)
    var parts: [PartReader] = []
    for reference in manifest.parts {
      let part = try PartReader(reference.path, files: store.files)
      let header = part.index.header
      guard header.pipeline == manifest.pipeline, header.id == reference.id,
        header.worker == reference.worker, part.digest == reference.digest,
        part.size == reference.size
      else {
        throw CheckpointError(
          .damaged, file: reference.path,
          "it is not the part that checkpoint \(id) was made with")
      }
      parts.append(part)
    }
    self.parts = parts
  }

  /// Reads every block of every part. O(bytes).
  package func verify() throws(CheckpointError) {
    for part in parts {
      for entry in part.index.entries { _ = try part.rows(entry) }
    }
  }

  /// The blocks of an operator that belong to `worker` of `workers`, base before deltas, in the
  /// columns that `declared` says; a state that is not declared or whose columns cannot be
  /// converted is left out. nil if there are none.
  ///
  /// Keyed blocks follow their key group, a partition's the worker that `owner` names; rows of a
  /// list go round-robin, a single state to worker 0, a replicated one to all.
  package func reader(
    of id: OperatorID, declared: [StateDeclaration], worker: Int, of workers: Int,
    owner: (PartitionID) -> Int
  ) -> (any StateReader)? {
    var steps: [BlockReader.Step] = []
    var listRows = 0
    for (part, position) in positions(of: id) {
      let states = part.index.operators[position].states.states
      for entry in part.index.entries where entry.owner == position {
        let stored = states[entry.state]
        guard let target = declared.first(where: { $0.name == stored.name }),
          target.kind == stored.kind, target.version == stored.version,
          target.parameters == stored.parameters,
          let conversion = try? BlockConversion(from: stored, to: target)
        else { continue }
        var share: Range<Int>?
        if stored.kind == .list {
          share = listRows..<listRows + entry.rows
          listRows += entry.rows
        } else if !Self.belongs(entry, stored.kind, worker, workers, owner) {
          continue
        }
        steps.append(
          BlockReader.Step(
            part: part, entry: entry, state: stored.name, conversion: conversion, listRows: share))
      }
    }
    return steps.isEmpty ? nil : BlockReader(steps, worker: worker, workers: workers)
  }

  /// Blocks of an operator's state as they are stored, for inspection.
  package func reader(of id: OperatorID) -> any StateReader {
    var steps: [BlockReader.Step] = []
    for (part, position) in positions(of: id) {
      let states = part.index.operators[position].states.states
      for entry in part.index.entries where entry.owner == position {
        steps.append(
          BlockReader.Step(
            part: part, entry: entry, state: states[entry.state].name, conversion: nil,
            listRows: nil))
      }
    }
    return BlockReader(steps, worker: 0, workers: 1)
  }

  /// Rows stored of each state, deltas counted as such.
  package var rowCounts: [StateRows] {
    manifest.operators.flatMap { entry in
      entry.states.map { state in
        var rows = 0
        for (part, position) in positions(of: entry.id) {
          let states = part.index.operators[position].states.states
          guard let index = states.firstIndex(where: { $0.name == state.name }) else { continue }
          for block in part.index.entries where block.owner == position && block.state == index {
            rows += block.rows
          }
        }
        return StateRows(owner: entry.id, state: state, rows: rows)
      }
    }
  }

  /// Where the operator's blocks are: of each writing worker its newest full snapshot, and the
  /// deltas after it.
  private func positions(of id: OperatorID) -> [(PartReader, Int)] {
    var chains: [Int: [(PartReader, Int)]] = [:]
    for part in parts.sorted(by: { $0.index.header.id.epoch < $1.index.header.id.epoch }) {
      guard let position = part.index.operators.firstIndex(where: { $0.states.id == id }) else {
        continue
      }
      let worker = part.index.header.worker
      if !part.index.operators[position].isDelta { chains[worker] = [] }
      chains[worker, default: []].append((part, position))
    }
    return chains.sorted { $0.key < $1.key }.flatMap(\.value)
  }

  private static func belongs(
    _ entry: PartIndex.Entry, _ kind: StateKind, _ worker: Int, _ workers: Int,
    _ owner: (PartitionID) -> Int
  ) -> Bool {
    switch entry.scope {
    case .keyGroup(let group): group.worker(of: workers) == worker
    case .partition(let partition): owner(partition) == worker
    case .whole: kind == .replicated || worker == 0
    }
  }
}

/// How much a checkpoint holds of a state.
package struct StateRows: Hashable, Sendable {
  package var owner: OperatorID
  package var state: StateDeclaration
  package var rows: Int
}

/// Reads chosen blocks one after the other.
private final class BlockReader: StateReader {
  struct Step {
    var part: PartReader
    var entry: PartIndex.Entry
    var state: String
    /// nil: as it is stored.
    var conversion: BlockConversion?
    /// Of a list: the numbers of its rows among all rows of the list.
    var listRows: Range<Int>?
  }

  private let steps: [Step]
  private let worker: Int
  private let workers: Int
  private var cursor = 0

  init(_ steps: [Step], worker: Int, workers: Int) {
    self.steps = steps
    self.worker = worker
    self.workers = workers
  }

  func next() throws -> StateBlock? {
    guard cursor < steps.count else { return nil }
    let step = steps[cursor]
    cursor += 1
    var rows = try step.part.rows(step.entry)
    if let conversion = step.conversion { rows = conversion.apply(to: rows) }
    if let numbers = step.listRows { rows = share(of: rows, numbers) }
    return StateBlock(state: step.state, scope: step.entry.scope, rows: rows)
  }

  private func share(of batch: Batch, _ numbers: Range<Int>) -> Batch {
    let mine = numbers.enumerated().filter { $0.element % workers == worker }.map(\.offset)
    batch.selection = Selection(rows: mine)
    return batch.gathered()
  }
}
