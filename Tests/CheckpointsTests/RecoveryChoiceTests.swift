import Schemas
import Testing

@testable import Checkpoints

/// Where a run goes on, by what directory and cluster say.
struct RecoveryChoiceTests {
  private func id(_ epoch: UInt64, _ incarnation: UInt64) -> CheckpointID {
    CheckpointID(epoch: Epoch(epoch), incarnation: incarnation)
  }

  private func stored(
    _ epoch: UInt64, _ incarnation: UInt64, after predecessor: CheckpointID? = nil,
    lineage: String = "L1", byTransaction: Bool = true, isSettled: Bool = false
  ) -> RecoveryChoice.Stored {
    RecoveryChoice.Stored(
      id: id(epoch, incarnation), lineage: lineage, digest: "d\(epoch)", predecessor: predecessor,
      isDecidedByTransaction: byTransaction, isSettled: isSettled)
  }

  private func marker(_ epoch: UInt64, lineage: String = "L1") -> MarkerView {
    MarkerView(epoch: epoch, lineage: lineage, digest: "d\(epoch)")
  }

  private func record(
    _ number: UInt64, base: CheckpointID? = nil, marker: MarkerView? = nil, lineage: String = "L1"
  ) -> IncarnationRecord {
    IncarnationRecord(number: number, lineage: lineage, base: base, marker: marker)
  }

  private func choose(
    _ records: [IncarnationRecord], _ stored: [RecoveryChoice.Stored], _ marker: MarkerView?,
    _ request: RecoveryChoice.Request = .resume
  ) throws -> RecoveryChoice {
    try RecoveryChoice.make(
      request, records: records, stored: stored, marker: marker, hasTransaction: true)
  }

  @Test func `neither marker nor manifest is a first start`() throws {
    #expect(try choose([], [], nil) == RecoveryChoice(base: nil, lineage: nil))
  }

  @Test func `a crash between the first manifest and its commit starts over`() throws {
    let choice = try choose([record(1)], [stored(0, 1)], nil)
    #expect(choice == RecoveryChoice(base: nil, lineage: "L1"))
  }

  @Test func `a manifest that is durable but not committed does not count`() throws {
    let all = [stored(0, 1), stored(1, 1, after: id(0, 1)), stored(2, 1, after: id(1, 1))]
    let choice = try choose([record(1)], all, marker(1))
    #expect(choice == RecoveryChoice(base: id(1, 1), lineage: "L1"))
  }

  @Test func `a marker whose manifest is gone is refused, and the ways out are named`() throws {
    let error = #expect(throws: CheckpointError.self) {
      try choose([record(1)], [stored(0, 1), stored(1, 1, after: id(0, 1))], marker(5))
    }
    #expect(error?.kind == .disagreement)
    for part in ["checkpoint 5", "newest is 1", "--from 1", "--fresh", "repeats"] {
      #expect(error?.reason.contains(part) == true, "\(part)")
    }
  }

  @Test func `a lost state directory is refused`() throws {
    let error = #expect(throws: CheckpointError.self) { try choose([], [], marker(5)) }
    #expect(error?.reason.contains("holds no checkpoint") == true)
  }

  @Test func `committed manifests without a marker are refused`() throws {
    let error = #expect(throws: CheckpointError.self) {
      try choose([record(1)], [stored(0, 1), stored(1, 1, after: id(0, 1))], nil)
    }
    #expect(error?.reason.contains("--from 1") == true)
  }

  @Test func `another digest under the same number is refused, and both are named`() throws {
    var other = marker(1)
    other.digest = "elsewhere"
    let all = [stored(0, 1), stored(1, 1, after: id(0, 1))]
    let error = #expect(throws: CheckpointError.self) { try choose([record(1)], all, other) }
    #expect(error?.reason.contains("elsewhere") == true && error?.reason.contains("d1") == true)
  }

  @Test func `a recovery that crashed before its first commit begins where it began`() throws {
    let records = [record(1), record(2, base: id(1, 1), marker: marker(1))]
    let all = [stored(1, 1, after: id(0, 1)), stored(4, 2, after: id(1, 1))]
    #expect(try choose(records, all, marker(1)) == RecoveryChoice(base: id(1, 1), lineage: "L1"))
    #expect(try choose(records, all, marker(4)) == RecoveryChoice(base: id(4, 2), lineage: "L1"))
  }

  @Test func `fresh stands even if the process dies before it has committed anything`() throws {
    let records = [record(1), record(2, marker: marker(3), lineage: "L2")]
    let all = [stored(3, 1, after: id(2, 1)), stored(4, 2, lineage: "L2")]
    #expect(try choose(records, all, marker(3)) == RecoveryChoice(base: nil, lineage: "L2"))
  }

  @Test func `from an older checkpoint begins a new lineage there`() throws {
    let all = [stored(2, 1), stored(3, 1, after: id(2, 1))]
    #expect(
      try choose([record(1)], all, marker(3), .from(Epoch(2)))
        == RecoveryChoice(base: id(2, 1), lineage: nil))
    let error = #expect(throws: CheckpointError.self) {
      try choose([record(1)], all, marker(3), .from(Epoch(9)))
    }
    #expect(error?.reason == "there is no checkpoint 9; there are: 2, 3")
  }

  @Test func `a marker of another lineage is refused`() throws {
    let records = [record(1), record(2, base: id(1, 1), marker: marker(1), lineage: "L2")]
    let all = [
      stored(1, 1), stored(3, 2, after: id(1, 1), lineage: "L2"),
      stored(4, 2, after: id(3, 2), lineage: "L2"),
    ]
    #expect(throws: CheckpointError.self) { try choose(records, all, marker(1)) }
  }

  @Test func `without transactions the newest manifest of the ruling incarnation counts`() throws {
    let records = [record(1), record(2, base: id(1, 1))]
    let all = [
      stored(1, 1, byTransaction: false), stored(2, 1, after: id(1, 1), byTransaction: false),
    ]
    let choice = try RecoveryChoice.make(
      .resume, records: records, stored: all, marker: nil, hasTransaction: false)
    #expect(choice.base == id(1, 1))
    let later = try RecoveryChoice.make(
      .resume, records: records,
      stored: all + [stored(3, 2, after: id(1, 1), byTransaction: false)], marker: nil,
      hasTransaction: false)
    #expect(later.base == id(3, 2))
  }

  @Test func `a checkpoint that a lost marker decides is refused, unless it was settled`() throws {
    let open = [stored(1, 1), stored(2, 1, after: id(1, 1))]
    let error = #expect(throws: CheckpointError.self) {
      try RecoveryChoice.make(
        .resume, records: [record(1)], stored: open, marker: nil, hasTransaction: false)
    }
    #expect(error?.kind == .disagreement)
    for part in ["checkpoint 2", "--from 1", "--from 2", "--fresh"] {
      #expect(error?.reason.contains(part) == true, "\(part)")
    }
    let settled = [stored(1, 1), stored(2, 1, after: id(1, 1), isSettled: true)]
    let choice = try RecoveryChoice.make(
      .resume, records: [record(1)], stored: settled, marker: nil, hasTransaction: false)
    #expect(choice == RecoveryChoice(base: id(2, 1), lineage: "L1"))
    // What an incarnation began from was decided then.
    let base = try RecoveryChoice.make(
      .resume, records: [record(1), record(2, base: id(2, 1))], stored: open, marker: nil,
      hasTransaction: false)
    #expect(base.base == id(2, 1))
  }

  @Test func `what counts by existing rules over no marker and over one of an earlier time`() throws
  {
    let files = [
      stored(4, 1, byTransaction: false), stored(5, 1, after: id(4, 1), byTransaction: false),
    ]
    #expect(try choose([record(1)], files, nil).base == id(5, 1))
    #expect(try choose([record(1)], files, marker(3)).base == id(5, 1))
    #expect(try choose([record(1), record(2, base: id(5, 1))], files, marker(3)).base == id(5, 1))
    #expect(throws: CheckpointError.self) { try choose([record(1)], files, marker(9)) }
  }
}
