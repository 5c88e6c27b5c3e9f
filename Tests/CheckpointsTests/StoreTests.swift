import Columns
import Foundation
import KeyedState
import Platform
import Schemas
import TestKit
import Testing

@testable import Checkpoints

struct StoreTests {
  let files = MemoryFiles()
  var store: CheckpointStore { CheckpointStore(pipeline: "p", files: files) }

  private func snapshot(_ value: Int64, isDelta: Bool = false) -> Snapshot {
    Snapshot(
      [
        StateBlock(
          state: "counts", scope: .keyGroup(KeyGroup(1)),
          rows: Batch(StateDeclaration.counts.schema, [["k", .int(value)]]))
      ], isDelta: isDelta)
  }

  @Test func `retention keeps the newest and the parts they need, and nothing else`() throws {
    let incarnation = try store.takeIncarnation()
    let id = OperatorID("o")
    var last: Manifest?
    for epoch in UInt64(0)..<6 {
      last = try store.save(
        epoch, as: incarnation, predecessor: last?.id, earlier: last?.parts ?? [],
        workers: [[(id, [.counts], snapshot(Int64(epoch), isDelta: epoch > 0))]])
    }
    // In flight: the part of an epoch whose manifest is still to come.
    let part = try PartWriter(
      PartHeader(
        pipeline: "p", lineage: "L1",
        id: CheckpointID(epoch: Epoch(6), incarnation: incarnation.number), worker: 0, workers: 1),
      incarnation: incarnation)
    _ = try part.finish()
    let kept = try store.retain(2, upTo: try #require(last).id, as: incarnation)
    #expect(kept.map(\.epoch.number) == [5, 4])
    #expect(try store.manifests().map(\.epoch.number) == [4, 5])
    // All deltas back to the base are still needed.
    #expect(try files.list("parts").count == 7)
    try store.contents(of: Epoch(5)).verify()
    try store.contents(of: Epoch(4)).verify()
  }

  @Test func `a superseded process can no longer write, rename or delete`() throws {
    let old = try store.takeIncarnation()
    let manifest = try store.save(
      0, as: old, workers: [[(OperatorID("o"), [.counts], snapshot(1))]])
    _ = try store.takeIncarnation()
    let before = files.paths
    let attempts: [() throws -> Void] = [
      { _ = try store.write(manifest, as: old) },
      { try store.retain(1, upTo: manifest.id, as: old) },
      {
        let id = CheckpointID(epoch: Epoch(1), incarnation: old.number)
        _ = try PartWriter(
          PartHeader(pipeline: "p", lineage: "L1", id: id, worker: 0, workers: 1), incarnation: old)
      },
      {
        try store.begin(
          IncarnationRecord(number: old.number, lineage: "L1", base: nil, marker: nil), as: old)
      },
    ]
    for (number, attempt) in attempts.enumerated() {
      let error = #expect(throws: CheckpointError.self, "\(number)") { try attempt() }
      #expect(error?.kind == .superseded)
    }
    #expect(files.paths == before)
  }

  @Test func `what a frozen process writes after others went on counts for nothing`() throws {
    let old = try store.takeIncarnation()
    try store.begin(
      IncarnationRecord(number: old.number, lineage: "L1", base: nil, marker: nil), as: old)
    let first = try store.save(
      1, as: old, workers: [[(OperatorID("o"), [.counts], snapshot(1))]])
    // It freezes behind its check, with this manifest in its hand; another process takes over.
    var second = first
    second.id.epoch = Epoch(2)
    let new = try store.takeIncarnation()
    try store.begin(
      IncarnationRecord(number: new.number, lineage: "L1", base: first.id, marker: nil), as: new)
    files[StateLayout.manifest(second.id)] = second.encoded()
    let choice = try RecoveryChoice.make(
      .resume, records: store.records(), stored: try stored(), marker: nil, hasTransaction: false)
    #expect(choice == RecoveryChoice(base: first.id, lineage: "L1"))
    #expect(
      try store.summaries().map(\.status) == [.committed, .abandoned])
  }

  private func stored() throws -> [RecoveryChoice.Stored] {
    try store.manifests().map {
      let (manifest, digest) = try store.manifest($0)
      return RecoveryChoice.Stored(manifest, digest: digest, isSettled: store.isSettled($0))
    }
  }

  @Test func `a process that has had a number gets the one behind it, or none`() throws {
    let sleeper = store
    let first = try sleeper.takeIncarnation()
    #expect(try sleeper.takeIncarnation().number == first.number + 1)
    let heir = try store.takeIncarnation()
    let error = #expect(throws: CheckpointError.self) { try sleeper.takeIncarnation() }
    #expect(error?.kind == .superseded)
    try heir.verify()
  }

  @Test func `that a checkpoint is settled is kept as long as the checkpoint`() throws {
    let incarnation = try store.takeIncarnation()
    var last: Manifest?
    for epoch in UInt64(0)..<3 {
      last = try store.save(
        epoch, as: incarnation, predecessor: last?.id,
        workers: [[(OperatorID("o"), [.counts], snapshot(Int64(epoch)))]])
      let id = try #require(last).id
      #expect(!store.isSettled(id))
      try store.settle(id, as: incarnation)
      #expect(store.isSettled(id))
    }
    try store.retain(2, upTo: try #require(last).id, as: incarnation)
    #expect(try files.list("settled").count == 2)
  }

  @Test func `what is half written is left to its writer, of one that is gone removed`() throws {
    let incarnation = try store.takeIncarnation()
    let manifest = try store.save(
      0, as: incarnation, workers: [[(OperatorID("o"), [.counts], snapshot(1))]])
    let ours = "settled/0000000007-000000000\(incarnation.number).tmp"
    try files.createDirectory("settled")
    try files.write(ours, [])
    try store.retain(1, upTo: manifest.id, as: incarnation)
    #expect(try files.list("settled").count == 1)
    let next = try store.takeIncarnation()
    try store.retain(1, upTo: manifest.id, as: next)
    #expect(try files.list("settled").isEmpty)
  }

  @Test func `a checkpoint of another pipeline is refused by both names`() throws {
    let incarnation = try store.takeIncarnation()
    let manifest = try store.save(
      0, as: incarnation, workers: [[(OperatorID("o"), [.counts], snapshot(1))]])
    let error = #expect(throws: CheckpointError.self) {
      try CheckpointStore(pipeline: "q", files: files).manifest(manifest.id)
    }
    #expect(error?.kind == .foreign)
    #expect(error?.reason.contains("`p`") == true && error?.reason.contains("`q`") == true)
  }

  @Test func `list shows damaged and finished checkpoints for what they are`() throws {
    let incarnation = try store.takeIncarnation()
    let one = try store.save(
      1, as: incarnation, workers: [[(OperatorID("o"), [.counts], snapshot(1))]])
    let two = try store.save(
      2, as: incarnation, predecessor: one.id,
      workers: [[(OperatorID("o"), [.counts], snapshot(2))]]
    ) { $0.isFinished = true }
    #expect(try store.summaries().map(\.status) == [.committed, .finished])
    #expect(try store.summaries()[1].ownSize == two.size)
    #expect(try store.contents(of: Epoch(2)).rowCounts.map(\.rows) == [1])
    files[StateLayout.manifest(one.id)]?[20] ^= 1
    guard case .damaged(let reason) = try store.summaries()[0].status else {
      Issue.record("a damaged manifest went unnoticed")
      return
    }
    #expect(reason.contains("checksum"))
  }

  @Test func `the next epoch is past everything that was ever begun`() throws {
    let incarnation = try store.takeIncarnation()
    try store.save(4, as: incarnation, workers: [[(OperatorID("o"), [.counts], snapshot(1))]])
    let id = CheckpointID(epoch: Epoch(9), incarnation: incarnation.number)
    _ = try PartWriter(
      PartHeader(pipeline: "p", lineage: "L1", id: id, worker: 0, workers: 1),
      incarnation: incarnation)
    #expect(try store.newestEpoch() == Epoch(9))
  }
}
