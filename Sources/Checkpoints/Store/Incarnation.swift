import Platform

/// One attempt's turn on a state directory. A higher number takes the directory away: whoever holds
/// a lower one stops before it writes, renames or deletes.
///
/// The lock keeps two processes of one machine apart; the number also stops a process that was
/// frozen, or whose lock was lost with its network file system, when it wakes up.
package final class Incarnation: Sendable {
  package let number: UInt64
  let files: any FileStore

  init(number: UInt64, files: any FileStore) {
    self.number = number
    self.files = files
  }

  /// Throws `.superseded` if a newer incarnation exists.
  package func verify() throws(CheckpointError) {
    let newest = try Self.numbers(files).last ?? 0
    guard newest <= number else {
      throw CheckpointError(
        .superseded,
        "another process has taken over the state directory (incarnation \(newest), "
          + "this one is \(number)): it runs the pipeline now, and this one ends")
    }
  }

  /// Ascending.
  static func numbers(_ files: any FileStore) throws(CheckpointError) -> [UInt64] {
    do {
      return try files.list(StateLayout.incarnations).compactMap { UInt64($0) }.sorted()
    } catch { throw CheckpointError(error) }
  }

  /// Takes the next number. Two that race get different ones. Who has had one, `previous`, gets
  /// only the number right behind it, or throws `.superseded`. `taken` hears of it at once.
  static func take(
    _ files: any FileStore, after previous: Incarnation?, taken: (Incarnation) -> Void
  ) throws(CheckpointError) -> Incarnation {
    do { try files.createDirectory(StateLayout.incarnations) } catch {
      throw CheckpointError(error)
    }
    let last: UInt64 = if let previous { previous.number } else { try numbers(files).last ?? 0 }
    var next = Incarnation(number: last + 1, files: files)
    while try !next.claim(taken) {
      try previous?.verify()
      next = Incarnation(number: next.number + 1, files: files)
    }
    return next
  }

  /// Whether the number was free.
  private func claim(_ taken: (Incarnation) -> Void) throws(CheckpointError) -> Bool {
    do {
      let file = try files.create(StateLayout.incarnation(number))
      taken(self)
      try file.synchronize()
      try file.close()
      return true
    } catch {
      if error.kind == .exists { return false }
      throw CheckpointError(error)
    }
  }
}

/// From where an incarnation began: written before it does anything that others can see, so that
/// what earlier ones wrote behind that point no longer counts.
package struct IncarnationRecord: Hashable, Sendable {
  package var number: UInt64
  package var lineage: String
  /// nil: from the start.
  package var base: CheckpointID?
  /// The transaction's marker that was seen then, in the words of `MarkerView`.
  package var marker: MarkerView?

  package init(number: UInt64, lineage: String, base: CheckpointID?, marker: MarkerView?) {
    self.number = number
    self.lineage = lineage
    self.base = base
    self.marker = marker
  }
}

/// What the sink's cluster says about the newest visible output.
package struct MarkerView: Hashable, Sendable {
  package var epoch: UInt64
  package var lineage: String
  package var digest: String

  package init(epoch: UInt64, lineage: String, digest: String) {
    self.epoch = epoch
    self.lineage = lineage
    self.digest = digest
  }
}

extension IncarnationRecord {
  private static let magic = Array("RAUDINC1".utf8)

  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.put(raw: Self.magic)
    writer.put(number)
    writer.put(lineage)
    writer.put(base != nil)
    if let base { writer.put(base) }
    writer.put(marker != nil)
    if let marker {
      writer.put(marker.epoch)
      writer.put(marker.lineage)
      writer.put(marker.digest)
    }
    writer.putChecksum(from: 0)
    return writer.take()
  }

  init(decoding bytes: [UInt8], file: String) throws(CheckpointError) {
    guard bytes.count >= 12, Array(bytes[..<8]) == Self.magic else {
      throw CheckpointError(.damaged, file: file, offset: 0, "it is no record of an incarnation")
    }
    let end = bytes.count - 4
    var stored = ByteReader(bytes, in: end..<bytes.count, file: file)
    guard try stored.uint32() == checksum(bytes, in: 0..<end) else {
      throw CheckpointError(.damaged, file: file, offset: end, "the record fails its checksum")
    }
    var reader = ByteReader(bytes, in: 8..<end, file: file)
    number = try reader.uint64()
    lineage = try reader.text()
    base = try reader.bool() ? try reader.checkpoint() : nil
    if try reader.bool() {
      let epoch = try reader.uint64()
      let lineage = try reader.text()
      marker = MarkerView(epoch: epoch, lineage: lineage, digest: try reader.text())
    }
    try reader.expectEnd()
  }
}
