import Columns
import KeyedState
import Platform
import Schemas
import TestKit
import Testing

@testable import Checkpoints

/// Bytes that carry right checksums and say nonsense: the readers answer, whatever they are.
struct HostileBytesTests {
  /// Changes, cuts and repeats bytes of a right file.
  private func mutate(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
      case 2: bytes.removeSubrange(place...)
      case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
      default:
        let end = min(bytes.count, place + 4)
        bytes.replaceSubrange(place..<end, with: [0xFF, 0xFF, 0xFF, 0xFF].prefix(end - place))
      }
    }
    return bytes
  }

  private func seal(_ bytes: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.put(raw: bytes)
    writer.putChecksum(from: 0)
    return writer.take()
  }

  @Test func `manifests`() throws {
    var generator = SeededGenerator(seed: 1)
    let store = CheckpointStore(pipeline: "p", files: MemoryFiles())
    let plain = try PartTests.sample(store)
    var (moved, ended) = (plain, plain)
    moved.stateFrom = CheckpointID(epoch: Epoch(1), incarnation: 2)
    ended.ended = ["orders", "views"]
    var both = ended
    both.stateFrom = moved.stateFrom
    var (pinned, whole) = (plain, both)
    pinned.models = ["churn.v1": "the file 8d1c", "churn.v2": "the file 0f33"]
    whole.models = pinned.models
    let all = [plain, moved, ended, both, pinned, whole]
    for manifest in all {
      #expect(try Manifest(decoding: manifest.encoded(), file: "m") == manifest)
    }
    let right = all.map { Array($0.encoded().dropLast(4)) }
    var refused = 0
    for turn in 0..<20_000 {
      let bytes = seal(mutate(right[turn % right.count], &generator))
      do {
        let manifest = try Manifest(decoding: bytes, file: "m")
        // What was accepted is written as it was read.
        #expect(manifest.encoded() == bytes)
        _ = (manifest.size, DeltaPolicy.needsFull(after: manifest.parts))
      } catch { refused += 1 }
    }
    #expect(refused > 10_000)
  }

  @Test func `indexes`() throws {
    var generator = SeededGenerator(seed: 2)
    let files = MemoryFiles()
    let manifest = try PartTests.sample(CheckpointStore(pipeline: "p", files: files))
    let reader = try PartReader(manifest.parts[1].path, files: files)
    let blocks = PartFormat.headerSize..<reader.index.entries.reduce(8) { $0 + $1.size }
    var refused = 0
    for _ in 0..<20_000 {
      let bytes = mutate(reader.index.encoded(), &generator)
      var body = ByteReader(bytes, file: "i")
      do {
        let index = try PartIndex(&body, blocks: blocks)
        #expect(index.encoded() == bytes)
      } catch { refused += 1 }
    }
    #expect(refused > 10_000)
  }

  @Test func `blocks`() throws {
    var generator = SeededGenerator(seed: 3)
    let schema = PartTests.everyType.schema
    let batch = Batch(
      schema,
      [
        [true, 1, 1.5, "3.1400", "some text", "x", 5, -3, 7, "{}"],
        [false, nil, -0.0, nil, "", nil, 1, 0, 2, "[1]"],
      ])
    batch.hidden.rowKinds = Column(.int, [0, 3])
    let right = BlockCodec.encode(batch)
    var refused = 0
    for _ in 0..<20_000 {
      var reader = ByteReader(mutate(right, &generator), file: "b")
      do {
        // Every accepted cell can be looked at.
        _ = try BlockCodec.decode(&reader, schema: schema).cells
      } catch { refused += 1 }
    }
    #expect(refused > 2_000)
  }

  @Test func `compressed bytes`() {
    var generator = SeededGenerator(seed: 4)
    let plain = [UInt8](repeating: 7, count: 1_000)
    let right = Compressor().compress(plain) ?? []
    #expect(decompress(right, in: 0..<right.count, size: 1_000) == plain)
    #expect(decompress(right, in: 0..<right.count, size: 999) == nil)
    #expect(decompress(right, in: 0..<right.count, size: 1_001) == nil)
    for _ in 0..<5_000 {
      let bytes = mutate(right, &generator)
      _ = decompress(bytes, in: 0..<bytes.count, size: 1_000)
    }
  }
}
