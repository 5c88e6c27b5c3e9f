/// A hash of 128 bits, the same on every machine and for ever: an id of what has none. Two XXH3,
/// the second over the bytes behind a mark. Not for bytes that somebody would choose to collide.
package struct WideHash: Hashable, Comparable, Sendable {
  package var bits: UInt128

  package init(bits: UInt128) { self.bits = bits }

  package init(_ bytes: UnsafeBufferPointer<UInt8>) {
    let marked = ByteBuffer(capacity: Self.mark.utf8CodeUnitCount + bytes.count)
    marked.append(Self.mark)
    marked.append(bytes)
    let start = UnsafePointer(marked.base)
    let low = XXH3.hash(start + Self.mark.utf8CodeUnitCount, count: bytes.count)
    let high = XXH3.hash(start, count: marked.count)
    bits = UInt128(high) << 64 | UInt128(low)
  }

  package init(_ text: String) {
    var text = text
    self = text.withUTF8 { WideHash($0) }
  }

  private static let mark: StaticString = "raudal.1"

  package static func < (a: WideHash, b: WideHash) -> Bool { a.bits < b.bits }
}

extension WideHash: CustomStringConvertible {
  /// 32 hexadecimal digits.
  package var description: String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }
}
