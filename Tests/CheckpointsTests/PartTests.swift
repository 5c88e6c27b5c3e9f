import Columns
import KeyedState
import Platform
import Schemas
import TestKit
import Testing

@testable import Checkpoints

struct PartTests {
  static let everyType = StateDeclaration(
    name: "all", kind: .single,
    schema: Schema([
      Field("a", .bool), Field("b", .int, nullable: true), Field("c", .float),
      Field("d", .decimal(precision: 20, scale: 4), nullable: true), Field("e", .string),
      Field("f", .bytes, nullable: true), Field("g", .timestamp), Field("h", .date),
      Field("i", .duration), Field("j", .json),
    ]), keyColumns: 0)

  @Test func `every type and null comes back as it was`() throws {
    let files = MemoryFiles()
    let store = CheckpointStore(pipeline: "p", files: files)
    let incarnation = try store.takeIncarnation()
    let rows: [[Cell]] = [
      [true, 1, 1.5, "3.1400", "é", "x", 5, -3, 7, "{}"],
      [false, nil, -0.0, nil, "", nil, .int(.min), 0, .int(.max), "[1]"],
    ]
    let batch = Batch(Self.everyType.schema, rows)
    batch.hidden.rowKinds = Column(.int, [0, 3])
    let snapshot = Snapshot([StateBlock(state: "all", scope: .whole, rows: batch)])
    let manifest = try store.save(
      1, as: incarnation, workers: [[(OperatorID("o"), [Self.everyType], snapshot)]])
    let reader = try CheckpointContents(manifest.id, in: store).reader(of: OperatorID("o"))
    let block = try #require(try reader.next())
    #expect(block.rows.cells == batch.cells)
    #expect(block.rows.hidden.rowKinds?.cells == [0, 3])
    #expect(try reader.next() == nil)
  }

  @Test func `only the rows that count are written, and dictionary columns as their texts`() throws
  {
    let store = CheckpointStore(pipeline: "p", files: MemoryFiles())
    let incarnation = try store.takeIncarnation()
    let schema = StateDeclaration.counts.schema
    let batch = Batch(
      schema: schema,
      columns: [Column.dictionary(.string, ["a", "b", "a"]), Column(.int, [1, 2, nil])],
      rowCount: 3, selection: Selection(rows: [0, 2]))
    let block = StateBlock(state: "counts", scope: .keyGroup(KeyGroup(7)), rows: batch)
    let manifest = try store.save(
      1, as: incarnation,
      workers: [[(OperatorID("o"), [.counts], Snapshot([block]))]])
    let contents = try CheckpointContents(manifest.id, in: store)
    #expect(
      try restored(contents, OperatorID("o"), [.counts])
        == [#"counts group 7 ["a", 1]"#, #"counts group 7 ["a", null]"#])
  }

  @Test func `a snapshot with columns it never declared is refused`() throws {
    let store = CheckpointStore(pipeline: "p", files: MemoryFiles())
    let incarnation = try store.takeIncarnation()
    let wrong = Batch(Schema([Field("x", .int)]), [[1]])
    let block = StateBlock(state: "counts", scope: .whole, rows: wrong)
    #expect(throws: CheckpointError.self) {
      try store.save(
        1, as: incarnation, workers: [[(OperatorID("o"), [.counts], Snapshot([block]))]])
    }
  }

  /// A checkpoint with two operators, two workers, a delta and every kind of scope.
  static func sample(_ store: CheckpointStore) throws -> Manifest {
    let incarnation = try store.takeIncarnation()
    let list = StateDeclaration(
      name: "waiting", kind: .list, schema: Schema([Field("text", .string)]), keyColumns: 0)
    func counts(_ group: UInt16, _ rows: [[Cell]]) -> StateBlock {
      StateBlock(
        state: "counts", scope: .keyGroup(KeyGroup(group)),
        rows: Batch(StateDeclaration.counts.schema, rows))
    }
    let partition = PartitionID(source: "s", topic: "t", number: 1)
    let waiting = StateBlock(
      state: "waiting", scope: .partition(partition), rows: Batch(list.schema, [["one"], ["two"]]))
    let window = OperatorID("views.window")
    let base = try store.save(
      1, as: incarnation,
      workers: [
        [(window, [.counts], Snapshot([counts(3, [["a", 1], ["b", nil]])]))],
        [
          (window, [.counts], Snapshot([counts(900, [["c", 5]])])),
          (OperatorID("views.wait"), [list], Snapshot([waiting])),
        ],
      ])
    return try store.save(
      2, as: incarnation, predecessor: base.id, earlier: base.parts,
      workers: [
        [(window, [.counts], Snapshot([counts(3, [["a", 2]])], isDelta: true))],
        [(window, [.counts], Snapshot([counts(900, [["c", 6]])], isDelta: true))],
      ]
    ) { manifest in
      manifest.operators.append(OperatorStates(id: OperatorID("views.wait"), states: [list]))
      manifest.partitions = [
        StoredPartition(
          partition: partition, position: Position(offset: 12, detail: "x"),
          end: Position(offset: 20), isEnded: false, watermark: Timestamp(microseconds: 99))
      ]
      manifest.outputs = [
        StoredOutput(sink: "out", worker: 1, epoch: Epoch(2), payload: "part-2")
      ]
    }
  }

  @Test func `a flipped bit in any byte of any file is noticed or changes nothing`() throws {
    let files = MemoryFiles()
    let store = CheckpointStore(pipeline: "p", files: files)
    let manifest = try Self.sample(store)
    let window = OperatorID("views.window")
    let whole = try restored(try CheckpointContents(manifest.id, in: store), window, [.counts])
    #expect(whole.count == 5)
    let needed = manifest.parts.map(\.path) + [StateLayout.manifest(manifest.id)]
    var unnoticed: [String] = []
    for path in needed {
      let original = try #require(files[path])
      for index in original.indices {
        for bit in 0..<8 {
          var bytes = original
          bytes[index] ^= 1 << UInt8(bit)
          files[path] = bytes
          do {
            let contents = try CheckpointContents(manifest.id, in: store)
            try contents.verify()
            unnoticed.append("\(path) \(index) \(bit)")
          } catch {
            if error.file != path || "\(error)".count < 20 { unnoticed.append("\(error)") }
          }
        }
      }
      files[path] = original
    }
    #expect(unnoticed == [])
  }

  @Test func `a file cut short anywhere, or too long, is noticed`() throws {
    let files = MemoryFiles()
    let store = CheckpointStore(pipeline: "p", files: files)
    let manifest = try Self.sample(store)
    for path in manifest.parts.map(\.path) + [StateLayout.manifest(manifest.id)] {
      let original = try #require(files[path])
      for length in original.indices {
        files[path] = Array(original[..<length])
        #expect(throws: CheckpointError.self, "\(path) cut at \(length)") {
          try CheckpointContents(manifest.id, in: store).verify()
        }
      }
      files[path] = original + [0]
      #expect(throws: CheckpointError.self) {
        try CheckpointContents(manifest.id, in: store).verify()
      }
      files[path] = nil
      #expect(throws: CheckpointError.self) { try CheckpointContents(manifest.id, in: store) }
      files[path] = original
    }
  }

  @Test func `another checkpoint's part does not pass for the right one`() throws {
    let files = MemoryFiles()
    let store = CheckpointStore(pipeline: "p", files: files)
    let manifest = try Self.sample(store)
    files[manifest.parts[0].path] = files[manifest.parts[2].path]
    let error = #expect(throws: CheckpointError.self) {
      try CheckpointContents(manifest.id, in: store)
    }
    #expect(error?.kind == .damaged)
    #expect(error?.file == manifest.parts[0].path)
  }
}
