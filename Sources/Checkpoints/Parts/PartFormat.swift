package import KeyedState
package import Schemas

/// The layout of a part file, version 1: what one worker adds to a checkpoint.
///
/// ```
/// magic (7 bytes) version (1)
/// block*   stored size u32, raw size u32, state u32, zstd bytes, crc32c u32 of all of this
/// index    PartIndex, crc32c u32
/// footer   index offset u64, index size u64, crc32c u32 of both, magic (8)
/// ```
/// Numbers are little-endian. Every byte is under a checksum or compared, and the index says all
/// that is needed to read the rows without the definition of the pipeline.
enum PartFormat {
  static let magic = Array("RAUDPRT".utf8)
  static let version: UInt8 = 1
  static let endMagic = Array("RAUDEND1".utf8)
  static let headerSize = 8
  static let blockHeaderSize = 12
  static let footerSize = 28
}

/// The states of one operator.
package struct OperatorStates: Hashable, Sendable {
  package var id: OperatorID
  package var states: [StateDeclaration]

  package init(id: OperatorID, states: [StateDeclaration]) {
    self.id = id
    self.states = states
  }
}

/// Whose part it is.
package struct PartHeader: Hashable, Sendable {
  package var pipeline: String
  package var lineage: String
  package var id: CheckpointID
  package var worker: Int
  package var workers: Int

  package init(
    pipeline: String, lineage: String, id: CheckpointID, worker: Int, workers: Int
  ) {
    self.pipeline = pipeline
    self.lineage = lineage
    self.id = id
    self.worker = worker
    self.workers = workers
  }
}

/// The table of contents at a part's end.
struct PartIndex: Hashable, Sendable {
  struct Operator: Hashable, Sendable {
    var states: OperatorStates
    /// Whether the part holds only what changed since the part before.
    var isDelta: Bool
  }

  struct Entry: Hashable, Sendable {
    /// Index into `operators`, and into its states.
    var owner: Int
    var state: Int
    var scope: StateScope
    var offset: Int
    /// With header and checksum.
    var size: Int
    var rows: Int
  }

  var header: PartHeader
  var operators: [Operator] = []
  /// In the order of the blocks in the file.
  var entries: [Entry] = []
}

extension PartIndex {
  func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: 1024)
    writer.put(header.pipeline)
    writer.put(header.lineage)
    writer.put(header.id.epoch.number)
    writer.put(header.id.incarnation)
    writer.put(count: header.worker)
    writer.put(count: header.workers)
    writer.put(count: operators.count)
    for part in operators {
      writer.put(part.states.id.name)
      writer.put(part.isDelta)
      writer.put(count: part.states.states.count)
      for state in part.states.states { writer.put(state) }
    }
    writer.put(count: entries.count)
    for entry in entries {
      writer.put(count: entry.owner)
      writer.put(count: entry.state)
      writer.put(entry.scope)
      writer.put(UInt64(entry.offset))
      writer.put(UInt64(entry.size))
      writer.put(UInt64(entry.rows))
    }
    return writer.take()
  }

  /// `blocks`: where blocks may lie in the file.
  init(_ reader: inout ByteReader, blocks: Range<Int>) throws(CheckpointError) {
    let pipeline = try reader.text()
    let lineage = try reader.text()
    let epoch = Epoch(try reader.uint64())
    let incarnation = try reader.uint64()
    let worker = Int(try reader.uint32())
    let workers = Int(try reader.uint32())
    header = PartHeader(
      pipeline: pipeline, lineage: lineage,
      id: CheckpointID(epoch: epoch, incarnation: incarnation), worker: worker, workers: workers)
    for _ in 0..<(try reader.count(of: 9)) {
      let id = OperatorID(try reader.text())
      let isDelta = try reader.bool()
      var states: [StateDeclaration] = []
      for _ in 0..<(try reader.count(of: 10)) { states.append(try reader.state()) }
      operators.append(Operator(states: OperatorStates(id: id, states: states), isDelta: isDelta))
    }
    var next = blocks.lowerBound
    for _ in 0..<(try reader.count(of: 33)) {
      let entry = try Self.entry(&reader, operators)
      guard entry.offset == next, entry.size <= blocks.upperBound - next else {
        throw reader.damaged("a block lies outside of its place")
      }
      next += entry.size
      entries.append(entry)
    }
    guard next == blocks.upperBound else { throw reader.damaged("the index misses blocks") }
    try reader.expectEnd()
  }

  private static func entry(
    _ reader: inout ByteReader, _ operators: [Operator]
  ) throws(CheckpointError) -> Entry {
    let owner = Int(try reader.uint32())
    let state = Int(try reader.uint32())
    guard owner < operators.count, state < operators[owner].states.states.count else {
      throw reader.damaged("a block of an unknown state")
    }
    let scope = try reader.scope()
    let offset = try reader.uint64()
    let size = try reader.uint64()
    let rows = try reader.uint64()
    let smallest = UInt64(PartFormat.blockHeaderSize + 4)
    guard let offset = Int(exactly: offset), size >= smallest, let size = Int(exactly: size),
      let rows = Int(exactly: rows)
    else { throw reader.damaged("a block's place is out of range") }
    return Entry(
      owner: owner, state: state, scope: scope, offset: offset, size: size, rows: rows)
  }
}
