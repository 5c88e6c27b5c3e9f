import CPlatform
import Checkpoints
import FuzzDriver
import KeyedState
import Platform
import Schemas
import TestKit

/// Any bytes behind right checksums give a checkpoint or a `CheckpointError`: never a crash, nor
/// more memory than the file could fill. The first byte chooses a manifest of some version, or a part.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  let body = Array(UnsafeBufferPointer(start: data + 1, count: count - 1))
  let files = MemoryFiles()
  let store = CheckpointStore(pipeline: "p", files: files)
  if data[0] % 2 == 0 {
    let version = 1 + data[0] / 2 % 3
    let bytes = sealed(Array("RAUDMAN".utf8) + [version] + body)
    files["checkpoints/0000000001-0000000001.manifest"] = bytes
    _ = try? Manifest(decoding: bytes, file: "fuzzed")
    _ = try? store.summaries()
    _ = try? store.contents(of: Epoch(1)).verify()
  } else {
    read(part: body, store, files)
  }
  return 0
}

/// A part whose index holds these bytes, as checkpoint 1 names it.
private func read(part body: [UInt8], _ store: CheckpointStore, _ files: MemoryFiles) {
  let index = sealed(body)
  var footer: [UInt8] = []
  put(8, &footer)
  put(UInt64(index.count), &footer)
  let bytes =
    Array("RAUDPRT".utf8) + [1] + index + sealed(footer) + Array("RAUDEND1".utf8)
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
  _ = contents.rowCounts
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

private func put(_ number: UInt64, _ bytes: inout [UInt8]) {
  withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
}

@_cdecl("FuzzCheckpoint_main")
public func entry(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt { drive(count, arguments, testOneInput) }
