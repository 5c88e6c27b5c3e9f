/// Snappy's form of packed bytes: texts as they are, and copies of what came before.
///
/// Source: `format_description.txt` of google/snappy.
enum Snappy {
  static func unpack(_ packed: ArraySlice<UInt8>, size: Int) throws(ParquetFault) -> [UInt8] {
    var input = Input(bytes: packed, at: packed.startIndex)
    guard try input.length() == UInt64(size) else {
      throw ParquetFault("its packed bytes are of another length than it says")
    }
    var output: [UInt8] = []
    // What is claimed is believed as far as packed bytes can make it true: a copy of 64 bytes takes
    // two of them.
    output.reserveCapacity(min(size, packed.count * 32))
    while input.at < packed.endIndex {
      let tag = try input.byte()
      if tag & 3 == 0 {
        try literal(tag, &input, &output, size)
      } else {
        try copy(tag, &input, &output, size)
      }
    }
    return output
  }

  private struct Input {
    let bytes: ArraySlice<UInt8>
    var at: Int

    mutating func byte() throws(ParquetFault) -> UInt8 {
      guard at < bytes.endIndex else { throw .ended }
      at += 1
      return bytes[at - 1]
    }

    /// A number of so many bytes, the least first.
    mutating func number(_ count: Int) throws(ParquetFault) -> Int {
      var value = 0
      for place in 0..<count { value |= Int(try byte()) << (8 * place) }
      return value
    }

    mutating func length() throws(ParquetFault) -> UInt64 {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 35, by: 7) {
        let byte = try byte()
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
      }
      throw ParquetFault("its packed bytes begin with no length")
    }
  }

  private static func literal(
    _ tag: UInt8, _ input: inout Input, _ output: inout [UInt8], _ size: Int
  ) throws(ParquetFault) {
    let short = Int(tag >> 2)
    let length = short < 60 ? short + 1 : try input.number(short - 59) + 1
    guard length <= input.bytes.endIndex - input.at, length <= size - output.count else {
      throw .ended
    }
    output += input.bytes[input.at..<(input.at + length)]
    input.at += length
  }

  private static func copy(
    _ tag: UInt8, _ input: inout Input, _ output: inout [UInt8], _ size: Int
  ) throws(ParquetFault) {
    let length: Int
    let back: Int
    switch tag & 3 {
    case 1:
      length = 4 + Int(tag >> 2 & 7)
      back = Int(tag >> 5) << 8 | Int(try input.byte())
    case 2:
      length = 1 + Int(tag >> 2)
      back = try input.number(2)
    default:
      length = 1 + Int(tag >> 2)
      back = try input.number(4)
    }
    guard back > 0, back <= output.count, length <= size - output.count else {
      throw ParquetFault("its packed bytes copy what is not there")
    }
    // It may reach into what it writes.
    let from = output.count - back
    for place in 0..<length { output.append(output[from + place]) }
  }
}
