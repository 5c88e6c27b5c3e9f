import CPlatform
import Checkpoints
import FuzzDriver
import KeyedState
import Platform
import Schemas
import TestKit

/// Any bytes behind right checksums give a checkpoint or a `CheckpointError`: never a crash, nor
/// more memory than the file could fill. The first byte chooses a manifest of some version, the
/// index of a part, or a block of rows; the checksums around the rest are made here.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  let body = Array(UnsafeBufferPointer(start: data + 1, count: count - 1))
  let files = MemoryFiles()
  let store = CheckpointStore(pipeline: "p", files: files)
  let choice = data[0] / 4
  switch data[0] % 4 {
  case 0:
    let bytes = sealed(Array("RAUDMAN".utf8) + [1 + choice % 3] + body)
    files["checkpoints/0000000001-0000000001.manifest"] = bytes
    _ = try? Manifest(decoding: bytes, file: "fuzzed")
    _ = try? store.summaries()
    _ = try? store.contents(of: Epoch(1)).verify()
  case 1: read(part: body, block: [], store, files)
  default:
    let schema = PartIndexBytes.schemas[Int(choice) % PartIndexBytes.schemas.count]
    let block = stored(body)
    let rows = body.prefix(4).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let index = PartIndexBytes(schema: schema, size: block.count, rows: rows)
    read(part: index.bytes, block: block, store, files)
  }
  return 0
}

/// A part whose index holds these bytes, as checkpoint 1 names it.
private func read(
  part body: [UInt8], block: [UInt8], _ store: CheckpointStore, _ files: MemoryFiles
) {
  let index = sealed(body)
  var footer: [UInt8] = []
  put(UInt64(8 + block.count), &footer)
  put(UInt64(index.count), &footer)
  let bytes =
    Array("RAUDPRT".utf8) + [1] + block + index + sealed(footer) + Array("RAUDEND1".utf8)
  let id = CheckpointID(epoch: Epoch(1), incarnation: 1)
  let part = PartReference(
    id: id, worker: 0, size: bytes.count, digest: checksum(body), operators: [])
  let manifest = Manifest(
    id: id, pipeline: "p", lineage: "l", predecessor: nil, createdAt: .beginning, workers: 1,
    parts: [part])
  files["checkpoints/0000000001-0000000001.manifest"] = manifest.encoded()
  files[part.path] = bytes
  guard let contents = try? store.contents(of: Epoch(1)) else { return }
  try? contents.verify()
  for state in contents.rowCounts {
    let reader = contents.reader(of: state.owner)
    while let block = try? reader.next() { withExtendedLifetime(block) {} }
  }
}

/// A block of the part's first state that holds these bytes: as a frame of zstd with one block that
/// is not compressed, so that each byte of the input is one of the rows.
private func stored(_ body: [UInt8]) -> [UInt8] {
  let size = UInt32(truncatingIfNeeded: body.count)
  var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xA0]
  put(size, &frame)
  withUnsafeBytes(of: (size << 3 | 1).littleEndian) { frame.append(contentsOf: $0.prefix(3)) }
  frame += body
  var block: [UInt8] = []
  put(UInt32(truncatingIfNeeded: frame.count), &block)
  put(size, &block)
  put(UInt32(0), &block)
  return sealed(block + frame)
}

private func checksum(_ bytes: [UInt8]) -> UInt32 {
  bytes.withUnsafeBytes {
    raudal_crc32c(0, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!, $0.count)
  }
}

private func sealed(_ bytes: [UInt8]) -> [UInt8] {
  var result = bytes
  withUnsafeBytes(of: checksum(bytes).littleEndian) { result.append(contentsOf: $0) }
  return result
}

func put(_ number: some FixedWidthInteger, _ bytes: inout [UInt8]) {
  withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
}

@_cdecl("FuzzCheckpoint_main")
public func entry(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt { drive(count, arguments, testOneInput) }
