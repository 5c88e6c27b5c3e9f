import CPlatform

/// The form of a journal's entries in a file: length and CRC-32C (both 32 bits, little-endian),
/// then the bytes. A crash can leave the last entry torn; it was never reported as durable and is
/// left out.
package enum JournalFile {
  static let headerSize = 8

  /// Appends an entry, with `head` in front of its bytes, to what is to be written.
  package static func append(
    _ entry: [UInt8], behind head: [UInt8] = [], to bytes: inout [UInt8]
  ) {
    let start = bytes.count
    put(UInt32(truncatingIfNeeded: head.count + entry.count), &bytes)
    put(0, &bytes)
    bytes += head
    bytes += entry
    let sum = checksum(bytes[(start + headerSize)...])
    for place in 0..<4 { bytes[start + 4 + place] = octet(sum, place) }
  }

  /// The entries of a file, in order, up to the first that is torn.
  package static func entries(in bytes: [UInt8]) -> [[UInt8]] {
    var entries: [[UInt8]] = []
    var position = 0
    while bytes.count - position >= headerSize {
      let length = Int(word(bytes, position))
      let start = position + headerSize
      guard length <= bytes.count - start else { break }
      let entry = bytes[start..<(start + length)]
      guard checksum(entry) == word(bytes, position + 4) else { break }
      entries.append(Array(entry))
      position = start + length
    }
    return entries
  }

  private static func put(_ word: UInt32, _ bytes: inout [UInt8]) {
    for place in 0..<4 { bytes.append(octet(word, place)) }
  }

  private static func octet(_ word: UInt32, _ place: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: word >> UInt32(8 * place))
  }

  private static func word(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
  }

  /// Of the length too, so that a run of zeros is no entry.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes {
      raudal_crc32c(UInt32(truncatingIfNeeded: $0.count) &+ 1, $0.baseAddress, $0.count)
    }
  }
}
