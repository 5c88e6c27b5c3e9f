import Columns
import KeyedState
import Schemas

/// The manifest file: magic (7 bytes), version (1), the fields below, and the checksum of all that
/// is before it (4). Version 2 has `stateFrom` at its end, version 3 whether there is one, it, and
/// `ended`, version 4 `models` too; each is written only where it is needed.
extension Manifest {
  static let magic = Array("RAUDMAN".utf8)
  static let newestVersion: UInt8 = 4

  private var version: UInt8 {
    if !models.isEmpty { return 4 }
    return ended.isEmpty ? stateFrom == nil ? 1 : 2 : 3
  }

  package func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: 4096)
    writer.put(raw: Self.magic)
    writer.put(version)
    writer.put(id)
    writer.put(pipeline)
    writer.put(lineage)
    writer.put(predecessor != nil)
    if let predecessor { writer.put(predecessor) }
    writer.put(createdAt.microseconds)
    writer.put(count: workers)
    writer.put(isFinished)
    writer.put(isDecidedByTransaction)
    writer.put(keyHash)
    writer.put(count: partitions.count)
    for partition in partitions { writer.put(partition) }
    writer.put(count: outputs.count)
    for output in outputs { writer.put(output) }
    writer.put(count: operators.count)
    for entry in operators {
      writer.put(entry.id.name)
      writer.put(count: entry.states.count)
      for state in entry.states { writer.put(state) }
    }
    writer.put(count: parts.count)
    for part in parts { writer.put(part) }
    putAdded(&writer)
    writer.putChecksum(from: 0)
    return writer.take()
  }

  /// What later versions of the format have added.
  private func putAdded(_ writer: inout ByteWriter) {
    if version >= 3 { writer.put(stateFrom != nil) }
    if let stateFrom { writer.put(stateFrom) }
    if version >= 3 { writer.put(ended.sorted()) }
    if version >= 4 {
      writer.put(models.keys.sorted())
      for name in models.keys.sorted() { writer.put(models[name] ?? "") }
    }
  }

  /// Any bytes give a manifest or an error that says where they are wrong.
  package init(decoding bytes: [UInt8], file: String) throws(CheckpointError) {
    var reader = try Self.body(of: bytes, file: file)
    id = try reader.checkpoint()
    pipeline = try reader.text()
    lineage = try reader.text()
    predecessor = try reader.bool() ? try reader.checkpoint() : nil
    createdAt = Timestamp(microseconds: try reader.int64())
    workers = Int(try reader.uint32())
    isFinished = try reader.bool()
    isDecidedByTransaction = try reader.bool()
    keyHash = try reader.text()
    partitions = []
    for _ in 0..<(try reader.count(of: 30)) { partitions.append(try reader.storedPartition()) }
    outputs = []
    for _ in 0..<(try reader.count(of: 20)) { outputs.append(try reader.output()) }
    operators = []
    for _ in 0..<(try reader.count(of: 8)) {
      let id = OperatorID(try reader.text())
      var states: [StateDeclaration] = []
      for _ in 0..<(try reader.count(of: 10)) { states.append(try reader.state()) }
      operators.append(OperatorStates(id: id, states: states))
    }
    parts = []
    for _ in 0..<(try reader.count(of: 36)) { parts.append(try reader.part()) }
    try takeAdded(&reader, version: bytes[7])
    try reader.expectEnd()
  }

  private mutating func takeAdded(
    _ reader: inout ByteReader, version: UInt8
  ) throws(CheckpointError) {
    let hasOrigin = version >= 3 ? try reader.bool() : version == 2
    stateFrom = hasOrigin ? try reader.checkpoint() : nil
    ended = version >= 3 ? Set(try reader.names(mayBeNone: version > 3)) : []
    models = [:]
    guard version >= 4 else { return }
    for name in try reader.names(mayBeNone: false) { models[name] = try reader.text() }
  }

  /// Names the manifest's bytes in the transaction's marker: 16 hexadecimal digits of XXH3-64.
  package static func digest(of bytes: [UInt8]) -> String {
    let hash = bytes.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { XXH3.hash($0, count: buffer.count) } ?? XXH3.ofNothing
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func body(
    of bytes: [UInt8], file: String
  ) throws(CheckpointError) -> ByteReader {
    guard bytes.count >= 12, Array(bytes[..<7]) == magic else {
      throw CheckpointError(.damaged, file: file, offset: 0, "it is no checkpoint manifest")
    }
    guard (1...newestVersion).contains(bytes[7]) else {
      throw CheckpointError(
        .unsupported, file: file, offset: 7,
        "format version \(bytes[7]) is unknown to this program, which reads up to "
          + "\(newestVersion): it is damaged or was written by a newer raudal")
    }
    let end = bytes.count - 4
    var stored = ByteReader(bytes, in: end..<bytes.count, file: file)
    guard try stored.uint32() == checksum(bytes, in: 0..<end) else {
      throw CheckpointError(.damaged, file: file, offset: end, "the manifest fails its checksum")
    }
    return ByteReader(bytes, in: 8..<end, file: file)
  }
}

extension ByteWriter {
  fileprivate mutating func put(_ names: [String]) {
    put(count: names.count)
    for name in names { put(name) }
  }

  mutating func put(_ id: CheckpointID) {
    put(id.epoch.number)
    put(id.incarnation)
  }

  fileprivate mutating func put(_ stored: StoredPartition) {
    put(stored.partition)
    put(stored.position)
    put(stored.end != nil)
    if let end = stored.end { put(end) }
    put(stored.isEnded)
    put(stored.watermark.microseconds)
  }

  fileprivate mutating func put(_ output: StoredOutput) {
    put(output.sink)
    put(count: output.worker)
    put(output.epoch.number)
    put(output.payload)
  }

  fileprivate mutating func put(_ part: PartReference) {
    put(part.id)
    put(count: part.worker)
    put(UInt64(part.size))
    put(part.digest)
    put(count: part.operators.count)
    for entry in part.operators {
      put(entry.id.name)
      put(entry.isDelta)
      put(UInt64(entry.rows))
    }
  }
}

extension ByteReader {
  mutating func checkpoint() throws(CheckpointError) -> CheckpointID {
    let epoch = Epoch(try uint64())
    return CheckpointID(epoch: epoch, incarnation: try uint64())
  }

  /// Ascending.
  fileprivate mutating func names(mayBeNone: Bool) throws(CheckpointError) -> [String] {
    var names: [String] = []
    for _ in 0..<(try count(of: 4)) {
      let name = try text()
      if let last = names.last, last >= name { throw damaged("names are out of order") }
      names.append(name)
    }
    if names.isEmpty, !mayBeNone { throw damaged("a list of names is empty") }
    return names
  }

  fileprivate mutating func storedPartition() throws(CheckpointError) -> StoredPartition {
    let partition = try partition()
    let position = try readPosition()
    let end = try bool() ? try readPosition() : nil
    let isEnded = try bool()
    return StoredPartition(
      partition: partition, position: position, end: end, isEnded: isEnded,
      watermark: Timestamp(microseconds: try int64()))
  }

  fileprivate mutating func output() throws(CheckpointError) -> StoredOutput {
    let sink = try text()
    let worker = Int(try uint32())
    let epoch = Epoch(try uint64())
    return StoredOutput(sink: sink, worker: worker, epoch: epoch, payload: try text())
  }

  fileprivate mutating func part() throws(CheckpointError) -> PartReference {
    let id = try checkpoint()
    let worker = Int(try uint32())
    let bytes = try size()
    let digest = try uint32()
    var operators: [PartReference.Operator] = []
    for _ in 0..<(try count(of: 13)) {
      let id = OperatorID(try text())
      let isDelta = try bool()
      operators.append(PartReference.Operator(id: id, isDelta: isDelta, rows: try size()))
    }
    return PartReference(id: id, worker: worker, size: bytes, digest: digest, operators: operators)
  }

  private mutating func size() throws(CheckpointError) -> Int {
    // 48 bits: sums of sizes stay far from overflow whatever a file says.
    let value = try uint64()
    guard value < 1 << 48 else { throw damaged("a size of \(value) is out of range") }
    return Int(value)
  }
}
