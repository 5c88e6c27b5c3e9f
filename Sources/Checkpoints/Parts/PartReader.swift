import Columns
import KeyedState
import Platform
import Schemas

/// A part file, opened: its index read and checked, its blocks read one at a time.
final class PartReader: Sendable {
  let path: String
  let index: PartIndex
  /// Bytes in the file.
  let size: Int
  /// Checksum of the index.
  let digest: UInt32
  private let files: any FileStore

  /// Reads header, footer and index. O(index).
  init(_ path: String, files: any FileStore) throws(CheckpointError) {
    self.path = path
    self.files = files
    size = try Self.run { () throws(FileError) in try files.size(of: path) }
    let header = try Self.bytes(files, path, at: 0, count: PartFormat.headerSize)
    try Self.check(header: header, path)
    let footer = PartFormat.footerSize
    guard size >= PartFormat.headerSize + footer else {
      throw CheckpointError(
        .damaged, file: path, offset: size, "it ends too early (\(size) bytes)")
    }
    let place = try Self.footer(
      try Self.bytes(files, path, at: size - footer, count: footer), path, size: size)
    let bytes = try Self.bytes(files, path, at: place.lowerBound, count: place.count)
    let body = 0..<bytes.count - 4
    var stored = ByteReader(
      bytes, in: body.upperBound..<bytes.count, file: path, base: place.lowerBound)
    digest = checksum(bytes, in: body)
    guard try stored.uint32() == digest else {
      throw CheckpointError(
        .damaged, file: path, offset: place.lowerBound, "the index fails its checksum")
    }
    var reader = ByteReader(bytes, in: body, file: path, base: place.lowerBound)
    index = try PartIndex(&reader, blocks: PartFormat.headerSize..<place.lowerBound)
  }

  /// Reads one block. O(its bytes).
  func rows(_ entry: PartIndex.Entry) throws(CheckpointError) -> Batch {
    let bytes = try Self.bytes(files, path, at: entry.offset, count: entry.size)
    var reader = ByteReader(bytes, file: path, base: entry.offset)
    let stored = Int(try reader.uint32())
    let raw = Int(try reader.uint32())
    let state = Int(try reader.uint32())
    guard stored == entry.size - PartFormat.blockHeaderSize - 4, state == entry.state,
      raw <= BlockCodec.byteLimit
    else { throw reader.damaged("the block is not the one of the index") }
    let body = try reader.raw(stored)
    let expected = checksum(bytes, in: 0..<body.upperBound)
    guard try reader.uint32() == expected else {
      throw CheckpointError(
        .damaged, file: path, offset: entry.offset, "the block fails its checksum")
    }
    guard let plain = decompress(bytes, in: body, size: raw) else {
      throw CheckpointError(
        .damaged, file: path, offset: entry.offset, "the block cannot be decompressed")
    }
    var block = ByteReader(plain, file: path, base: entry.offset)
    let schema = index.operators[entry.owner].states.states[entry.state].schema
    let batch = try BlockCodec.decode(&block, schema: schema)
    guard batch.rowCount == entry.rows else {
      throw CheckpointError(
        .damaged, file: path, offset: entry.offset, "the block has other rows than its index says")
    }
    return batch
  }

  private static func check(header: [UInt8], _ path: String) throws(CheckpointError) {
    guard header.count == PartFormat.headerSize, Array(header.dropLast()) == PartFormat.magic
    else {
      throw CheckpointError(.damaged, file: path, offset: 0, "it is no part of a checkpoint")
    }
    guard header[7] == PartFormat.version else {
      throw CheckpointError(
        .unsupported, file: path, offset: 7,
        "format version \(header[7]) is unknown to this program, which reads version "
          + "\(PartFormat.version): it is damaged or was written by a newer raudal")
    }
  }

  /// Where the index lies.
  private static func footer(
    _ bytes: [UInt8], _ path: String, size: Int
  ) throws(CheckpointError) -> Range<Int> {
    let start = size - PartFormat.footerSize
    var reader = ByteReader(bytes, file: path, base: start)
    let offset = try reader.uint64()
    let length = try reader.uint64()
    guard try reader.uint32() == checksum(bytes, in: 0..<16),
      Array(bytes[20...]) == PartFormat.endMagic
    else {
      throw CheckpointError(
        .damaged, file: path, offset: start, "its end is damaged or missing")
    }
    guard let offset = Int(exactly: offset), let length = Int(exactly: length), length >= 4,
      offset >= PartFormat.headerSize, offset <= start, start - offset == length
    else { throw reader.damaged("the index lies outside of the file") }
    return offset..<start
  }

  private static func bytes(
    _ files: any FileStore, _ path: String, at offset: Int, count: Int
  ) throws(CheckpointError) -> [UInt8] {
    let bytes = try run { () throws(FileError) in
      try files.read(path, at: offset, count: count)
    }
    guard bytes.count == count else {
      throw CheckpointError(
        .damaged, file: path, offset: offset + bytes.count, "it ends too early")
    }
    return bytes
  }

  private static func run<T>(_ body: () throws(FileError) -> T) throws(CheckpointError) -> T {
    do { return try body() } catch {
      // A part is made durable before its checkpoint appears: no wait brings it back.
      guard error.kind == .notFound else { throw CheckpointError(error) }
      throw CheckpointError(.damaged, file: error.path, "it is missing")
    }
  }
}
