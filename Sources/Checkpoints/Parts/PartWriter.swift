package import KeyedState
import Columns
import Platform
package import Schemas

/// Writes one worker's part of a checkpoint: the operators' snapshots one after the other, then the
/// index. Used by one lane; blocks go to the file a megabyte at a time.
package final class PartWriter {
  private static let flushSize = 1 << 20

  /// Relative to the state directory.
  package let path: String
  private let incarnation: Incarnation
  private let file: any AppendableFile
  private let compressor = Compressor()
  private var index: PartIndex
  private var buffer = ByteWriter(capacity: PartWriter.flushSize)
  /// Bytes that went to the file.
  private var written = 0

  /// Begins a new file. Fails if this process is no longer the newest incarnation.
  package init(_ header: PartHeader, incarnation: Incarnation) throws(CheckpointError) {
    path = StateLayout.part(header.id, worker: header.worker)
    self.incarnation = incarnation
    index = PartIndex(header: header)
    try incarnation.verify()
    do { file = try incarnation.files.create(path) } catch { throw CheckpointError(error) }
    buffer.put(raw: PartFormat.magic)
    buffer.put(PartFormat.version)
  }

  /// Writes an operator's snapshot. `states` as the operator declares them.
  package func write(
    _ snapshot: any StateSnapshot, of id: OperatorID, states: [StateDeclaration]
  ) throws(CheckpointError) {
    let owner = index.operators.count
    index.operators.append(
      PartIndex.Operator(
        states: OperatorStates(id: id, states: states), isDelta: snapshot.isDelta))
    let sink = BlockSink(part: self, owner: owner, id: id, states: states)
    do {
      try snapshot.write(to: sink)
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw CheckpointError(.invalid, file: path, "operator \(id) cannot be saved: \(error)")
    }
  }

  /// Writes index and footer and makes the part durable.
  package func finish() throws(CheckpointError) -> PartReference {
    let start = buffer.count
    let offset = written + start
    let encoded = index.encoded()
    buffer.put(raw: encoded)
    buffer.putChecksum(from: start)
    let digest = checksum(encoded, in: 0..<encoded.count)
    let footer = buffer.count
    buffer.put(UInt64(offset))
    buffer.put(UInt64(footer - start))
    buffer.putChecksum(from: footer)
    buffer.put(raw: PartFormat.endMagic)
    try flush()
    do {
      try file.synchronize()
      try file.close()
    } catch { throw CheckpointError(error) }
    var rows: [OperatorID: Int] = [:]
    for entry in index.entries {
      rows[index.operators[entry.owner].states.id, default: 0] += entry.rows
    }
    return PartReference(
      id: index.header.id, worker: index.header.worker, size: written, digest: digest,
      operators: index.operators.map {
        PartReference.Operator(
          id: $0.states.id, isDelta: $0.isDelta, rows: rows[$0.states.id] ?? 0)
      })
  }

  fileprivate func put(
    _ batch: Batch, owner: Int, state: Int, scope: StateScope
  ) throws(CheckpointError) {
    let raw = BlockCodec.encode(batch)
    if raw.count > BlockCodec.byteLimit && batch.rowCount > 1 {
      let half = batch.rowCount / 2
      try put(batch.slice(0..<half), owner: owner, state: state, scope: scope)
      return try put(
        batch.slice(half..<batch.rowCount), owner: owner, state: state, scope: scope)
    }
    guard raw.count <= BlockCodec.byteLimit, let stored = compressor.compress(raw) else {
      throw CheckpointError(.invalid, file: path, "a row of \(raw.count) bytes cannot be saved")
    }
    let start = buffer.count
    buffer.put(count: stored.count)
    buffer.put(count: raw.count)
    buffer.put(count: state)
    buffer.put(raw: stored)
    buffer.putChecksum(from: start)
    index.entries.append(
      PartIndex.Entry(
        owner: owner, state: state, scope: scope, offset: written + start,
        size: buffer.count - start, rows: batch.rowCount))
    if buffer.count >= Self.flushSize { try flush() }
  }

  private func flush() throws(CheckpointError) {
    try incarnation.verify()
    let bytes = buffer.take()
    written += bytes.count
    do { try file.append(bytes) } catch { throw CheckpointError(error) }
  }
}

/// Where a snapshot's blocks go.
private final class BlockSink: StateWriter {
  private let part: PartWriter
  private let owner: Int
  private let id: OperatorID
  private let states: [StateDeclaration]

  init(part: PartWriter, owner: Int, id: OperatorID, states: [StateDeclaration]) {
    self.part = part
    self.owner = owner
    self.id = id
    self.states = states
  }

  func write(_ block: StateBlock) throws {
    guard let state = states.firstIndex(where: { $0.name == block.state }) else {
      throw CheckpointError(
        .invalid, file: part.path, "operator \(id) saves `\(block.state)`, which it never declared")
    }
    let types = block.rows.columns.map(\.type)
    guard types == states[state].schema.fields.map(\.type) else {
      throw CheckpointError(
        .invalid, file: part.path,
        "operator \(id) saves `\(block.state)` with other columns than it declared")
    }
    guard block.rows.selectedCount > 0 else { return }
    try part.put(block.rows.gathered(), owner: owner, state: state, scope: block.scope)
  }
}

extension Batch {
  /// A batch of some of the rows alone.
  func slice(_ rows: Range<Int>) -> Batch {
    let selection = Selection(capacity: rows.count)
    for (k, row) in rows.enumerated() { selection.rows[k] = UInt32(truncatingIfNeeded: row) }
    selection.count = rows.count
    let view = Batch(
      schema: schema, columns: columns, rowCount: rowCount, selection: selection, hidden: hidden)
    return view.gathered()
  }
}
