import Columns
import Foundation
import Testing

/// Lines of a fixture under `Tests/Golden`, split at tabs.
func fixture(_ name: String, file: StaticString = #filePath) throws -> [[String]] {
  let path = URL(fileURLWithPath: "\(file)").deletingLastPathComponent()
    .appendingPathComponent("../Golden/\(name)")
  return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map {
    $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
  }
}

func bytes<T>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> T) -> T {
  var text = text
  return text.withUTF8(body)
}

func written(_ body: (ByteBuffer) -> Void) -> String {
  let buffer = ByteBuffer(capacity: 1)
  body(buffer)
  return buffer.string
}

@Suite("Numbers as text")
struct NumberTextTests {
  @Test("Decimals are read as Python's decimal module reads and rounds them")
  func decimals() throws {
    for line in try fixture("Values/decimals.tsv") {
      let (precision, scale) = (Int(line[1])!, Int(line[2])!)
      let value = bytes(line[0]) { DecimalText.parse($0, precision: precision, scale: scale) }
      #expect(value == Int128(line[3]), "\(line)")
      guard let value else { continue }
      let text = written { DecimalText.write(value, scale: scale, to: $0) }
      #expect(bytes(text) { DecimalText.parse($0, scale: scale) } == value, "\(text)")
      #expect(Decimal(string: text) == Decimal(string: "\(line[3])e-\(scale)"))
      #expect(!text.contains(".") == (scale == 0))
    }
  }

  @Test("The widest decimals are written whole")
  func extremes() {
    let most = PowersOfTen.power(38) - 1
    #expect(written { DecimalText.write(most, scale: 0, to: $0) } == "\(most)")
    #expect(written { DecimalText.write(-most, scale: 38, to: $0) } == "-0.\(most)")
    #expect(written { DecimalText.write(-5, scale: 2, to: $0) } == "-0.05")
    #expect(written { DecimalText.write(0, scale: 0, to: $0) } == "0")
  }

  @Test("What needs no rounding is exact")
  func exactness() {
    for (text, scale, exact) in [
      ("1.50", 1, true), ("1.55", 1, false), ("150e-2", 1, true), ("1e-3", 2, false),
      ("0.000", 0, true), ("5", 0, true), ("x", 0, false), ("100", 0, true), ("1.05", 0, false),
    ] {
      #expect(bytes(text) { DecimalText.isExact($0, scale: scale) } == exact, "\(text)")
    }
  }

  @Test("What is no number is refused")
  func refusals() {
    for text in ["", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "1 ", " 1", "١", "--1"] {
      #expect(bytes(text) { DecimalText.parse($0, scale: 2) } == nil, "\(text)")
      #expect(bytes(text) { FloatText.parse($0) } == nil, "\(text)")
      #expect(bytes(text) { IntegerText.parse($0) } == nil, "\(text)")
    }
    for text in [
      "1.0", "1e3", "9223372036854775808", "-9223372036854775809", "99999999999999999999999",
    ] {
      #expect(bytes(text) { IntegerText.parse($0) } == nil, "\(text)")
    }
    #expect(bytes("1e400") { FloatText.parse($0) } == nil)
    #expect(bytes("NaN") { FloatText.parse($0) } == nil)
    #expect(bytes("-infinity") { FloatText.parse($0, special: true) } == -.infinity)
    #expect(bytes("NaN") { FloatText.parse($0, special: true)!.isNaN })
  }

  @Test("Integers read back what was written")
  func integers() {
    var random = SeededGenerator(state: 7)
    var values: [Int64] = [0, 1, -1, 9, 10, .min, .max, .min + 1]
    for shift in 0..<64 { values.append(Int64(truncatingIfNeeded: random.next() >> shift)) }
    for value in values {
      let text = written { IntegerText.write(value, to: $0) }
      #expect(text == "\(value)")
      #expect(bytes(text) { IntegerText.parse($0) } == value)
    }
  }

  @Test("Floats are written in the fewest digits and read back the same")
  func floats() {
    var random = SeededGenerator(state: 8)
    var values: [Double] = [
      0, 1, 0.1, 0.01, 12.34, 1e15, 1e16, 1e22, 1e23, Double.leastNonzeroMagnitude,
      .greatestFiniteMagnitude, 0.3,
      123456789.12, 9007199254740992, 99999999999.995,
    ]
    for _ in 0..<3000 {
      let bits = random.next()
      values.append(Double(bitPattern: bits))
      values.append(Double(bits % 1_000_000) / 1000)
      values.append(Double(bits % 10_000_000) / 100)
      values.append((Double(bits % 1000) / 100) * 3)
    }
    for value in values where value.isFinite {
      for signed in [value, -value] {
        let text = written { FloatText.write(signed, to: $0) }
        #expect(bytes(text) { FloatText.parse($0) } == signed, "\(text)")
        #expect(text.count <= signed.description.count + (text.contains("e") ? 0 : 6))
        if abs(signed) < 1e13, signed != 0 || signed.sign == .plus {
          #expect(text == signed.description)
        }
      }
    }
    #expect(written { FloatText.write(-0.0, to: $0) } == "-0.0")
    #expect(written { FloatText.write(.nan, to: $0) } == "NaN")
    #expect(written { FloatText.write(-.infinity, to: $0) } == "-Infinity")
  }

  @Test("Decimal digits become the nearest float")
  func nearest() {
    var random = SeededGenerator(state: 9)
    for _ in 0..<3000 {
      let text =
        "\(random.next() >> (random.next() % 60)).\(random.next() % 100_000)"
        + "e\(Int(random.next() % 60) - 30)"
      #expect(bytes(text) { FloatText.parse($0) } == Double(text), "\(text)")
    }
  }
}

@Suite("Bytes as text")
struct BytesTextTests {
  @Test("Base64 and hexadecimal agree with Foundation and read back")
  func roundTrip() {
    var random = SeededGenerator(state: 10)
    for length in 0..<60 {
      let data = Data((0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) })
      let array = Array(data)
      let base64 = written { out in
        array.withUnsafeBufferPointer { Base64.write($0, to: out) }
      }
      #expect(base64 == data.base64EncodedString())
      let hex = written { out in array.withUnsafeBufferPointer { Hex.write($0, to: out) } }
      #expect(hex == array.map { String(format: "%02x", $0) }.joined())
      let back = ByteBuffer()
      #expect(bytes(base64) { Base64.parse($0, to: back) })
      #expect(Array(back.bytes) == array)
      back.removeAll()
      #expect(bytes(hex.uppercased()) { Hex.parse($0, to: back) })
      #expect(Array(back.bytes) == array)
    }
  }

  @Test("What is no base64 or hexadecimal is refused and adds nothing")
  func refusals() {
    let buffer = ByteBuffer()
    for text in ["A", "A===", "AB*=", "ABCDE"] {
      #expect(!bytes(text) { Base64.parse($0, to: buffer) }, "\(text)")
    }
    for text in ["a", "0g", "abc"] {
      #expect(!bytes(text) { Hex.parse($0, to: buffer) }, "\(text)")
    }
    #expect(buffer.count == 0)
  }
}

/// A small seeded generator (SplitMix64), so that a failing run repeats.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
