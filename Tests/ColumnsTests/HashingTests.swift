import Columns
import Schemas
import TestKit
import Testing

@Suite("Hashing of keys")
struct HashingTests {
  /// The specification's test bytes: the top byte of a multiplicative generator.
  static let input: [UInt8] = {
    var state: UInt64 = 2_654_435_761
    return (0..<5000).map { _ in
      defer { state = state &* 11_400_714_785_074_694_797 }
      return UInt8(state >> 56)
    }
  }()

  @Test("XXH3 agrees with the reference implementation at every kind of length")
  func vectors() {
    for (length, expected) in Self.vectors {
      let hash = Self.input.withUnsafeBufferPointer {
        XXH3.hash($0.baseAddress!, count: length)
      }
      #expect(hash == expected, "length \(length)")
    }
    #expect(XXH3.ofNothing == Self.vectors[0].1)
  }

  private func hashes(_ columns: [Column], selecting: [Int]? = nil) -> [UInt64] {
    let count = columns.first?.rowCount ?? 3
    var result = [UInt64](repeating: 0, count: count)
    KeyHasher.hash(
      columns: columns, rowCount: count, selection: selecting.map { Selection(rows: $0) },
      into: &result)
    return result
  }

  private func reference(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBufferPointer { KeyHasher.hash(text: $0) }
  }

  @Test("A value hashes as its canonical encoding")
  func encodings() {
    #expect(hashes([Column(.string, ["ad-1"])]) == [reference(Array("ad-1".utf8))])
    #expect(hashes([Column(.bool, [true])]) == [reference([1, 1, 1])])
    #expect(
      hashes([Column(.int, [-2])]) == [reference([2, 1, 254] + Array(repeating: 255, count: 7))])
    #expect(hashes([Column(.timestamp, [1])]) == [reference([7, 1, 1, 0, 0, 0, 0, 0, 0, 0])])
    #expect(hashes([Column(.float, [1.0])]) == [reference([3, 1, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F])])
    let decimal = Column(.decimal(precision: 9, scale: 2), ["1.50"])
    #expect(hashes([decimal]) == [reference([4, 1, 150] + Array(repeating: 0, count: 15))])
    for type in [DataType.string, .int, .bool, .float, .date] {
      #expect(hashes([Column(type, [nil])]) == [reference([type.keyTag, 0])])
    }
  }

  @Test("Minus zero hashes as zero, and every NaN as one")
  func floats() {
    let zero = hashes([Column(.float, [.float(0.0), .float(-0.0)])])
    #expect(zero[0] == zero[1])
    let nan = hashes([
      Column(.float, [.float(.nan), .float(-.nan), .float(Double(nan: 5, signaling: false))])
    ])
    #expect(Set(nan).count == 1)
  }

  @Test("A key of several columns is the hash of its values' hashes, nulls apart")
  func several() {
    let a = Column(.string, ["x", nil, "xy", ""])
    let b = Column(.string, ["yz", "yz", "z", nil])
    let both = hashes([a, b])
    let (ha, hb) = (hashes([a]), hashes([b]))
    for row in 0..<4 {
      let bytes = [ha[row], hb[row]].flatMap { hash in
        (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) }
      }
      #expect(both[row] == reference(bytes))
    }
    #expect(Set(both).count == 4)
    #expect(hashes([]) == Array(repeating: XXH3.ofNothing, count: 3))
  }

  @Test("A dictionary's codes never show in the hash")
  func dictionaries() {
    let cells: [Cell] = ["view", "click", nil, "view", "purchase"]
    let plain = hashes([Column(.string, cells)])
    #expect(hashes([Column.dictionary(.string, cells)]) == plain)
    let reversed = Column.dictionary(.string, cells.reversed())
    #expect(hashes([reversed]) == plain.reversed())
    let other = Column(.int, [1, 2, 3, 4, 5])
    #expect(
      hashes([Column.dictionary(.string, cells), other]) == hashes([Column(.string, cells), other]))
  }

  @Test("Only rows that count are written")
  func selections() {
    let column = Column(.string, ["a", nil, "c", "d"])
    let all = hashes([column])
    let some = hashes([column], selecting: [1, 3])
    #expect(some == [0, all[1], 0, all[3]])
    let two = hashes([column, column], selecting: [0, 2])
    #expect(two[1] == 0 && two[3] == 0 && two[0] == hashes([column, column])[0])
  }

  /// Made with libxxhash 0.8.1 (`XXH3_64bits`).
  static let vectors: [(Int, UInt64)] = [
    (0, 0x2D06800538D394C2),
    (1, 0xC44BDFF4074EECDB),
    (2, 0x7A9978044CB8A8BB),
    (3, 0x54247382A8D6B94D),
    (4, 0xE5DC74BC51848A51),
    (5, 0xE4243F00720306BB),
    (6, 0x27B56A84CD2D7325),
    (7, 0x9941E0007F555E50),
    (8, 0x24CCC9ACAA9F65E4),
    (9, 0x14D5001C15DD3F2B),
    (10, 0x1C117F233FBC3C14),
    (11, 0x889839B4C796DDD6),
    (12, 0xA713DAF0DFBB77E7),
    (13, 0x2EB03C6E66BA6524),
    (14, 0x1AC0BBDA2B9FCF03),
    (15, 0x45556D4D6E1798BC),
    (16, 0x981B17D36C7498C9),
    (17, 0x796F5ACD3A60F862),
    (18, 0x6CFEAA845E6EBCD1),
    (24, 0xA3FE70BF9D3510EB),
    (31, 0x5D516692CA764C50),
    (32, 0x9FEADDBDBF57EED3),
    (33, 0xABFB2D081B400A10),
    (48, 0x397DA259ECBA1F11),
    (63, 0x83D74A75F2C2577A),
    (64, 0x9CB48487720EC49D),
    (65, 0xFD81AAC4BEBC3883),
    (80, 0xBCDEFBBB2C47C90A),
    (95, 0xC0DD460B48116CDA),
    (96, 0x935A769A7F94776F),
    (97, 0xCA4CA268FD3C3A6C),
    (112, 0xD13D8F57931EEF19),
    (127, 0x2408ED71323D6096),
    (128, 0xFCFF24126754D861),
    (129, 0x98F1B0A679A2CA29),
    (130, 0x7F6C531CF53EEB30),
    (144, 0xC440D47E5F03FE58),
    (159, 0x7CB32A6ECDEBAF1C),
    (160, 0x9D03A319ED4CBD2B),
    (161, 0x7F8A89C6BE63F006),
    (176, 0x6A79C99804538253),
    (192, 0xAF9F58E78B8D3587),
    (200, 0xBDDCA58935D7C038),
    (223, 0x6E495316B983036E),
    (224, 0x3F3250C7E92C871A),
    (225, 0x1E93DC9165079888),
    (239, 0x16CE2B9D3B28805D),
    (240, 0x81C3C2B67F568CCF),
    (241, 0xC5A639ECD2030E5E),
    (242, 0x967344E78CB4B723),
    (255, 0xE98F979F4ED8A197),
    (256, 0x55DE574AD89D0AC5),
    (257, 0xB17FD5A8AE75BB0B),
    (300, 0x7F371220466C4A1A),
    (384, 0xBFA4BA14B8819D81),
    (511, 0x8089715B163E7FC0),
    (512, 0x617E49599013CB6B),
    (513, 0xF7037D3B6722AEEC),
    (576, 0x9C875962CB39ACF8),
    (1000, 0xACA2DDE0F1951B9A),
    (1023, 0x87A8F7B2F2E22496),
    (1024, 0xDD85C9B5C1109C5C),
    (1025, 0xD870C0FA13211C6A),
    (1087, 0x047F181E7C8A41B9),
    (1088, 0xCC1450EA6B52A8F4),
    (1089, 0xEF727B2EFFC4CC8C),
    (1500, 0xE81D866A4E684A3B),
    (2047, 0xB36ECE19FCA2197F),
    (2048, 0xDD59E2C3A5F038E0),
    (2049, 0xD3AFA4329779B921),
    (3000, 0x120A15F4CBD5A736),
    (4096, 0xE91206429D1F48F9),
    (4999, 0xF92A85A6EA06D646),
  ]
}
