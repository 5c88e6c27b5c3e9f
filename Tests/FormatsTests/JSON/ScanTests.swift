import CPlatform
import Columns
import Formats
import Schemas
import TestKit
import Testing

/// The searches that the processor's vectors do, held against plain ones.
struct ScanTests {
  /// Bytes of which so many in 256 are special, with the slack that a search may read.
  private func bytes(_ count: Int, specials: Int, _ random: inout SeededRandom) -> [UInt8] {
    let found = [UInt8](#""\"#.utf8) + [0x00, 0x0A, 0x1F, 0x7F, 0x80, 0xFF]
    return (0..<count + 64).map { _ in
      Int(random.next() % 256) < specials
        ? found[Int(random.next() % UInt64(found.count))]
        : 0x20 + UInt8(random.next() % 0x5E)
    }
  }

  @Test(arguments: [0, 3, 40, 128, 256])
  func `an index lists what stands in its range`(specials: Int) {
    var random = SeededRandom(seed: UInt64(specials))
    for length in Array(0...200) + [1000, 4096] {
      let text = bytes(length, specials: specials, &random)
      let from = Int(random.next() % UInt64(length + 1))
      let expected = (from..<length).filter { i in
        text[i] == 0x22 || text[i] == 0x5C || text[i] < 0x20
      }
      var found = [UInt32](repeating: 0, count: length + 16)
      for search in [raudal_json_index, raudal_json_index_portable] {
        var nonASCII: Int32 = 0
        let count = search(text, from, length, &found, &nonASCII)
        #expect(found[..<count].map { Int($0) } == expected)
        #expect(nonASCII != 0 || text[from..<length].allSatisfy { $0 < 0x80 })
      }
    }
  }

  @Test(arguments: [0, 3, 40, 256], [1, 2, 63, 5000])
  func `the first lines end where newlines stand`(specials: Int, limit: Int) {
    var random = SeededRandom(seed: UInt64(specials))
    for length in Array(0...200) + [1000, 4096] {
      let text = bytes(length, specials: specials, &random)
      let from = Int(random.next() % UInt64(length + 1))
      let expected = (from..<length).filter { text[$0] == 0x0A }.prefix(limit)
      var found = [UInt32](repeating: 0, count: limit + 64)
      for search in [raudal_lines, raudal_lines_portable] {
        let count = search(text, from, length, &found, limit)
        #expect(found[..<count].map { Int($0) } == Array(expected))
      }
    }
  }

  @Test func `a usual timestamp is read as every other`() throws {
    var random = SeededRandom(seed: 7)
    let forms = ["2026-01-01T00:00:00Z", "2026-12-31T23:59:59.5Z", "1969-02-28T12:34:56.123456Z"]
    let pieces = Array("0123456789:.-TZ/ ;".utf8)
    var texts: [String] = []
    for _ in 0..<4000 {
      var text = Array(forms[Int(random.next() % 3)].utf8)
      for _ in 0..<(random.next() % 3) {
        let piece = pieces[Int(random.next() % UInt64(pieces.count))]
        let at = Int(random.next() % UInt64(text.count))
        switch random.next() % 4 {
        case 0: text.remove(at: at)
        case 1: text.insert(piece, at: at)
        default: text[at] = piece
        }
      }
      texts.append(String(decoding: text, as: UTF8.self))
    }
    let decoded = try decode(
      [column("t", .timestamp)], texts.map { #"{"t":""# + $0 + #""}"# })
    let failed = Set(decoded.failures.map(\.row))
    for (row, text) in texts.enumerated() {
      let expected = Array(text.utf8).withUnsafeBufferPointer { TimestampText.parse($0) }
      #expect(failed.contains(row) == (expected == nil), "\(text)")
      if let expected { #expect(decoded.batch.columns[0].ints[row] == expected, "\(text)") }
    }
  }
}
