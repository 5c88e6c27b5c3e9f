import FormatOracles
import Foundation
import Parquet
import TestKit
import Testing

/// Files that are broken anywhere: rows or a reason, and never an end of the process.
struct HostileParquetTests {
  private static let files = ["none_v1", "snappy_v2", "gzip_v2", "zstd_v2", "lz4_v2"]
  private static let seeds =
    UInt64(ProcessInfo.processInfo.environment["RAUDAL_SEEDS"] ?? "") ?? 20
  private static let large = ["types_dictionary", "types_delta", "types_plain"]

  private static func broken(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = bytes
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      let range = Int.random(in: 0..<bytes.count, using: &random)
      bytes.removeSubrange(range..<min(bytes.count, range + Int.random(in: 1..<9, using: &random)))
    case 1:
      // In the footer, where all sizes and places are.
      let start = bytes.count * 2 / 3
      for _ in 0..<3 {
        let place = Int.random(in: start..<(bytes.count - 8), using: &random)
        bytes[place] = UInt8.random(in: 0...255, using: &random)
      }
    default:
      for _ in 0..<Int.random(in: 1..<6, using: &random) {
        let place = Int.random(in: 4..<bytes.count, using: &random)
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
    }
    return bytes
  }

  @Test func `bytes that were changed anywhere do no harm`() throws {
    for name in Self.files {
      let bytes = try ParquetFileTests.bytes(name)
      #expect(ParquetInvariants.complaint(about: bytes) == nil)
      for seed in 0..<Self.seeds {
        var random = SeededRandom(seed: seed)
        let complaint = ParquetInvariants.complaint(about: Self.broken(bytes, &random))
        #expect(complaint == nil, "\(name), seed \(seed)")
      }
    }
  }

  @Test func `nor do they where there are columns of all types`() throws {
    for name in Self.large {
      let bytes = try ParquetFileTests.bytes(name)
      for seed in 0..<(Self.seeds / 5) {
        var random = SeededRandom(seed: seed)
        let complaint = ParquetInvariants.complaint(about: Self.broken(bytes, &random))
        #expect(complaint == nil, "\(name), seed \(seed)")
      }
    }
  }

  /// A footer alone, of Thrift's bytes, between the marks of a file.
  private static func file(_ footer: [UInt8]) -> [UInt8] {
    let size = (0..<4).map { UInt8(truncatingIfNeeded: footer.count >> (8 * $0)) }
    return Array("PAR1".utf8) + footer + size + Array("PAR1".utf8)
  }

  @Test(
    arguments: [
      [],  // nothing
      [0x29, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],  // a list of four billion columns
      [0x29, 0x1C, 0x48, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],  // a name of four billion bytes
      [0x09, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],  // the greatest number
      [0x1C] + [UInt8](repeating: 0x1C, count: 200),  // structures within each other
      [0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x55],  // a map of four billion
      [0x1D], [0x1F, 0x00],  // types that there are not
    ] as [[UInt8]])
  func `a footer that claims what is not there is refused`(_ footer: [UInt8]) {
    #expect(throws: ParquetError.self) {
      _ = try ParquetFile(ParquetInput(Self.file(footer)), name: "f", wanted: ["a"])
    }
  }
}
